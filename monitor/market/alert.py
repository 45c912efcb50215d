"""Price alerts: what a person wants to hear of, and what was told when a price crossed a line."""

from enum import StrEnum

from msgspec import Struct

from monitor.market.quote import Number


class Direction(StrEnum):
    """Which way the last price has to cross the line; the values are those in the database."""

    UP = "up"
    DOWN = "down"
    ANY = "any"


class Alert(Struct, frozen=True):
    """A line at a price of one symbol; a change of it is another struct with the same ``id``.

    One that does not fire ``again`` is no longer ``active`` once it has fired. ``rearm`` is how far from the line, in
    price, the last price has to go before one that fires again does so the same way. ``seen_price`` is the last price
    that it was held against, at ``seen_ms``: what crossed the line since is still to be found. The ways it has fired,
    and is not ready for again, are ``spent``. Times are ms UTC.
    """

    id: str
    symbol: str
    price: float
    direction: Direction = Direction.ANY
    again: bool = False
    rearm: float = 0.0
    note: str = ""
    active: bool = True
    created_ms: int = 0
    fired_ms: int | None = None
    seen_ms: int | None = None
    seen_price: Number | None = None
    spent: frozenset[Direction] = frozenset()


class Firing(Struct, frozen=True):
    """An alert that fired: on which way its line was crossed, and at which last ``price``.

    ``missed`` is whether the crossing was found afterwards in minute bars; ``at_ms`` is then the start of its minute.
    """

    alert: str
    symbol: str
    at_ms: int
    direction: Direction
    line: float
    price: Number
    missed: bool = False
    note: str = ""

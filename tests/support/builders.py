"""Market values with sensible defaults, so that a test names only what it is about.

Times may be given as New York wall clock (``at="09:30"`` on DAY) or as milliseconds UTC.
"""

from datetime import date, time
from typing import Any

from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.book import Book, Level, Maker
from monitor.market.calendar import at_new_york
from monitor.market.quote import Number, Quote
from monitor.market.trade import Side, Trade

#: Wednesday 21 May 2025, an ordinary trading day: the day of the captures.
DAY = date(2025, 5, 21)


def ms(at: str | int, day: date = DAY) -> int:
    """Milliseconds UTC of a New York wall clock reading such as ``09:30`` or ``09:30:00.250``."""
    return at if isinstance(at, int) else at_new_york(day, time.fromisoformat(at))


def a_quote(symbol: str = "AAPL", **fields: Any) -> Quote:
    """One Level 1 change that sets only ``fields``; a field that ends in ``_time`` may be a wall clock reading."""
    told = {name: ms(value) if name.endswith("_time") else value for name, value in fields.items()}
    return Quote(symbol=symbol, **told)


def a_trade(
    symbol: str = "AAPL",
    *,
    at: str | int = "09:30",
    price: Number = 100.0,
    size: Number = 100,
    volume: Number | None = None,
    unseen: Number = 0,
    side: Side = Side.BETWEEN,
) -> Trade:
    """A print."""
    return Trade(symbol, ms(at), price, size, volume, unseen, side)


def a_bar(
    symbol: str = "AAPL",
    *,
    at: str | int = "09:30",
    day: date = DAY,
    interval: Interval = Interval.M1,
    close: Number = 100.0,
    open: Number | None = None,  # noqa: A002  the field's own name
    high: Number | None = None,
    low: Number | None = None,
    volume: Number = 1000,
    source: BarSource = BarSource.REST,
) -> Bar:
    """A bar that closes at ``close``; it opens there too, and spans no more than it must, unless told."""
    first = close if open is None else open
    top = max(first, close) if high is None else high
    bottom = min(first, close) if low is None else low
    return Bar(symbol, interval, ms(at, day), first, top, bottom, close, volume, source)


def a_book(
    symbol: str = "AAPL",
    *,
    at: str | int = "09:30",
    bids: tuple[tuple[Number, Number], ...] = ((99.99, 200), (99.98, 300)),
    asks: tuple[tuple[Number, Number], ...] = ((100.01, 100), (100.02, 400)),
    venue: str = "NSDQ",
) -> Book:
    """A snapshot from (price, size) pairs, best first, all on one venue."""

    def levels(pairs: tuple[tuple[Number, Number], ...]) -> tuple[Level, ...]:
        return tuple(Level(price, size, 1, (Maker(venue, size),)) for price, size in pairs)

    return Book(symbol, ms(at), levels(bids), levels(asks))

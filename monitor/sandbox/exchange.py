"""What the sandbox's server needs from a market, simulated or replayed: one truth behind REST and streamer.

Everything is a function of the symbol and the time: the same question about the same moment has the same answer,
whether REST or the streamer asks, and whenever it asks.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.market.calendar import Session
from monitor.sandbox.venue import Venue

Value = int | float | str | bool
#: Level 1 by the streamer's field numbers, for example ``{"1": 585.33, "2": 585.94, "8": 1238}``.
LevelOne = dict[str, Value]


class Listing(NamedTuple):
    """One instrument of the sandbox's universe, with what REST and streamer say of it."""

    symbol: str
    description: str
    exchange: str  # letter: Q Nasdaq, N NYSE, P Arca, 0 index
    exchange_name: str
    mic: str
    asset_type: str  # EQUITY or INDEX
    asset_subtype: str  # COE, ETF or ""
    cusip: str
    book_service: BookService | None


class Candle(NamedTuple):
    """One bar of history; ``start`` in ms UTC (daily and longer: midnight US Central, as Schwab stamps them)."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: int | float


class Exchange(Protocol):
    """The market behind the server."""

    def now_ms(self) -> int:
        """The market's present, ms UTC."""

    def listings(self) -> Sequence[Listing]: ...

    def listing(self, symbol: str) -> Listing | None: ...

    def level_one(self, symbol: str, at_ms: int) -> LevelOne:
        """The complete Level 1 state at a moment (every field the symbol has)."""

    def book(self, symbol: str, service: BookService, at_ms: int) -> dict[str, Any] | None:
        """The book item as the streamer sends it (key, 1, 2, 3), or None where ``service`` does not carry it."""

    def candle(self, symbol: str, start_ms: int) -> Candle | None:
        """The finished minute that began at ``start_ms``; None when nothing traded."""

    def candles(self, symbol: str, interval: Interval, start_ms: int, end_ms: int, extended: bool) -> list[Candle]:
        """Bars that start in [start_ms, end_ms) and have begun by now; the running one included."""

    def contracts(self, symbol: str, at_ms: int) -> list[dict[str, Any]]:
        """Every option contract on ``symbol``, in the shape /chains gives a contract; empty when it has none."""

    def sessions(self, day: str) -> tuple[Session, ...]:
        """The sessions of a day (YYYY-MM-DD) as this market keeps them; empty when it stays closed."""

    @property
    def venues(self) -> Mapping[str, Venue]:
        """What the streamer tells beside shares, by service."""

"""Market data on request: bars, instruments and hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from monitor.market.bar import Bar, Interval
from monitor.market.instrument import Instrument


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """What a source has of a stretch: ``bars`` ascending and clipped to it.

    ``is_empty`` is true where the source itself says that it has nothing; no bars without it only means that none
    begins in the stretch. ``rejected`` counts the bars that cannot be, by kind of fault (see BarFault), and ``lost``
    are the stretches (start, end) in which bars are missing for that reason: another answer may have them.
    """

    bars: tuple[Bar, ...]
    is_empty: bool = False
    rejected: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[tuple[int, int], ...] = ()


class PriceHistory(Protocol):
    """Bars and facts on request. Every call raises Transient, Refused, BadData or SignInNeeded."""

    async def bars(self, symbol: str, interval: Interval, start_ms: int, end_ms: int) -> HistoryAnswer:
        """Bars that begin in [start_ms, end_ms); intraday ones with extended hours.

        Daily bars start at midnight New York of their trading day, weekly and monthly ones at that of the first day of
        their week or month. Refused for an interval that the source does not have.
        """

    async def find_instruments(self, text: str) -> list[Instrument]:
        """Instruments whose symbol is ``text`` exactly (several with commas); empty when there is none."""

    async def search_instruments(self, text: str) -> list[Instrument]:
        """Instruments whose symbol begins with, or description holds, ``text``."""

    async def market_hours(self, day: str = "") -> "MarketHours":
        """The equity market's sessions of ``day`` (YYYY-MM-DD, New York; today when empty)."""


class QuoteTimes(Protocol):
    """When Schwab's own newest quotes and trades happened, to tell a silent stream from a quiet market."""

    async def quote_times(self, symbols: Sequence[str]) -> Mapping[str, int]:
        """The time of each symbol's newest quote or trade, ms UTC; symbols that Schwab does not know are missing.

        Raises Transient, Refused, BadData or SignInNeeded.
        """


@dataclass(frozen=True, slots=True)
class MarketHours:
    """The equity market's day as Schwab tells it: stretches as (start, end) ms UTC; empty on closed days."""

    day: str
    is_open: bool
    pre: tuple[tuple[int, int], ...] = ()
    regular: tuple[tuple[int, int], ...] = ()
    post: tuple[tuple[int, int], ...] = ()


class HistoryLoader(Protocol):
    """Fetches what a symbol's charts need and is not on disk yet; progress comes as HistoryProgress events."""

    def ensure(self, symbol: str) -> None:
        """Queue days and minutes of ``symbol`` unless they were fetched lately; returns at once."""

    def cancel(self, symbol: str) -> None: ...

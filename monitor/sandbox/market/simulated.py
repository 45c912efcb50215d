"""The simulated market as the sandbox's server sees it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.market.calendar import Session, from_ms
from monitor.sandbox.exchange import Candle, LevelOne, Listing
from monitor.sandbox.market.bars import Bars
from monitor.sandbox.market.book import book
from monitor.sandbox.market.level_one import level_one
from monitor.sandbox.market.minutes import MinuteMarket
from monitor.sandbox.market.options import OptionMarket
from monitor.sandbox.market.sessions import MINUTE_MS, kept_sessions
from monitor.sandbox.market.standing import Standings
from monitor.sandbox.market.ticks import minute_at
from monitor.sandbox.market.universe import universe
from monitor.sandbox.market.venues import venues
from monitor.sandbox.venue import Venue


class SimulatedExchange:
    """A market that is a function of seed, symbol and time alone; ``clock`` gives its present, ms UTC.

    It trades around the clock unless ``real_hours`` asks for the exchange's own calendar. Unknown symbols raise
    KeyError wherever a symbol is taken, except in ``listing``.
    """

    def __init__(self, seed: int, clock: Callable[[], int], real_hours: bool = False) -> None:
        self._clock = clock
        self._real_hours = real_hours
        self._seed = seed
        self._minutes = MinuteMarket(seed)
        self._standings = Standings(self._minutes, real_hours)
        self._bars = Bars(self._minutes, self._standings, real_hours)
        self._options = OptionMarket(seed, self._minutes.daily)
        self._venues = venues(seed, real_hours, self._options, self.level_one, self.candle)

    def now_ms(self) -> int:
        """The market's present, ms UTC."""
        return self._clock()

    def listings(self) -> Sequence[Listing]:
        return [company.listing for company in universe().values()]

    def listing(self, symbol: str) -> Listing | None:
        company = universe().get(symbol)
        return company.listing if company else None

    def level_one(self, symbol: str, at_ms: int) -> LevelOne:
        """The complete Level 1 state at a moment (every field the symbol has)."""
        return level_one(*self._standings.at(symbol, at_ms))

    def book(self, symbol: str, service: BookService, at_ms: int) -> dict[str, Any] | None:
        """The book item as the streamer sends it, or None where ``service`` does not carry the symbol."""
        if universe()[symbol].listing.book_service is not service:
            return None
        return book(self._seed, *self._standings.at(symbol, at_ms))

    def candle(self, symbol: str, start_ms: int) -> Candle | None:
        """The finished minute that began at ``start_ms``; None when nothing traded or it is still running."""
        if start_ms + MINUTE_MS > self.now_ms():
            return None
        minutes = self._minutes.of_day(symbol, from_ms(start_ms).date(), not self._real_hours)
        minute = minute_at(minutes, start_ms)
        return Candle(*minute[:6]) if minute else None

    def candles(self, symbol: str, interval: Interval, start_ms: int, end_ms: int, extended: bool) -> list[Candle]:
        """Bars that start in [start_ms, end_ms) and have begun by now; the running one included."""
        now = self.now_ms()
        if interval in (Interval.WEEK, Interval.MONTH):
            return self._bars.longer(symbol, interval, start_ms, end_ms, now)
        if interval == Interval.DAY:
            return self._bars.daily(symbol, start_ms, end_ms, now)
        return self._bars.intraday(symbol, int(interval), start_ms, end_ms, extended, now)

    def contracts(self, symbol: str, at_ms: int) -> list[dict[str, Any]]:
        """Every option contract on ``symbol``, in the shape /chains gives a contract; empty when it has none."""
        return self._options.contracts(universe()[symbol], self.level_one(symbol, at_ms), at_ms)

    @property
    def venues(self) -> Mapping[str, Venue]:
        """What the streamer tells beside shares, by service."""
        return self._venues

    def sessions(self, day: str) -> tuple[Session, ...]:
        """The sessions of a day (YYYY-MM-DD); the stretches that real hours would not have are regular ones."""
        return kept_sessions(date.fromisoformat(day), self._real_hours)

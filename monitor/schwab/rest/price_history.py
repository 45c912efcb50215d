"""GET /pricehistory: bars at every interval that Schwab gives."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import time, timedelta
from typing import NamedTuple

from monitor.analysis.bars import interval_start
from monitor.analysis.ranges import Range
from monitor.errors import Refused
from monitor.market.bar import Bar, Interval
from monitor.market.bar_fault import EARLIEST_MS, LATEST_MS
from monitor.market.calendar import at_new_york, from_ms
from monitor.ports import HistoryAnswer
from monitor.schwab.rest.candles import Candles, Sifted, read_candles, sift
from monitor.schwab.rest.client import Asking

_log = logging.getLogger(__name__)
_PERIOD_DAYS = 10


class Combination(NamedTuple):
    """What may be asked with one periodType: how many of them, and how often by each frequencyType."""

    periods: tuple[int, ...]
    frequencies: dict[str, tuple[int, ...]]


# Schwab's own specification of the market data API, GET /pricehistory (PROTOCOL 4.2); anything else gets a 400.
COMBINATIONS = {
    "day": Combination((1, 2, 3, 4, 5, 10), {"minute": (1, 5, 10, 15, 30)}),
    "month": Combination((1, 2, 3, 6), {"daily": (1,), "weekly": (1,)}),
    "year": Combination((1, 2, 3, 5, 10, 15, 20), {"daily": (1,), "weekly": (1,), "monthly": (1,)}),
    "ytd": Combination((1,), {"daily": (1,), "weekly": (1,)}),
}
_FREQUENCY_TYPES = {Interval.DAY: "daily", Interval.WEEK: "weekly", Interval.MONTH: "monthly"}


class Frequency(NamedTuple):
    """An interval in Schwab's words."""

    period_type: str
    frequency_type: str
    frequency: int


def frequency_of(interval: Interval) -> Frequency:
    """How to ask for bars of ``interval``. Raises Refused when Schwab has none."""
    period_type = "day" if interval.intraday else "year"
    kind, count = ("minute", interval // Interval.M1) if interval.intraday else (_FREQUENCY_TYPES[interval], 1)
    if count not in COMBINATIONS[period_type].frequencies[kind]:
        raise Refused(f"Schwab has no history in bars of {interval.label}; shorter ones make them.")
    return Frequency(period_type, kind, count)


class SchwabHistory(Asking):
    """Implements the bars of the port PriceHistory."""

    async def bars(self, symbol: str, interval: Interval, start_ms: int, end_ms: int) -> HistoryAnswer:
        bars: list[Bar] = []
        rejected: Counter[str] = Counter()
        lost: list[Range] = []
        answers = []
        for start, end in _pieces(interval, max(start_ms, EARLIEST_MS), min(end_ms, LATEST_MS)):
            candles = await self._ask_candles(symbol, interval, start, end)
            sifted = _sifted(symbol, interval, candles, start, end)
            bars += sifted.bars
            rejected.update(sifted.rejected)
            lost += sifted.lost
            answers.append(candles)
        is_empty = bool(answers) and all(answer.empty and not answer.candles for answer in answers)
        return HistoryAnswer(tuple(bars), is_empty, rejected, tuple(lost))

    async def _ask_candles(self, symbol: str, interval: Interval, start_ms: int, end_ms: int) -> Candles:
        """The candles of a stretch; of days, and of what is longer, those that begin anywhere in it."""
        if not interval.intraday:
            start_ms, end_ms = interval_start(start_ms, interval), _midnight_after(end_ms)
        kinds, asked = self._client.PriceHistory, frequency_of(interval)
        response = await self._client.get_price_history(
            symbol,
            period_type=kinds.PeriodType(asked.period_type),
            frequency_type=kinds.FrequencyType(asked.frequency_type),
            frequency=kinds.Frequency(asked.frequency),
            start_datetime=from_ms(start_ms),
            end_datetime=from_ms(end_ms),
            need_extended_hours_data=interval.intraday,
        )
        return read_candles(response.content)


def _sifted(symbol: str, interval: Interval, candles: Candles, start_ms: int, end_ms: int) -> Sifted:
    """The bars of a stretch in an answer; the log tells of those that were left out."""
    sifted = sift(symbol, interval, candles.candles, start_ms, end_ms)
    if sifted.rejected:
        _log.warning("history of %s (%s): left out %s", symbol, interval.label, _counts(sifted.rejected))
    return sifted


def _counts(rejected: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(rejected.items()))


def _pieces(interval: Interval, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """A stretch cut so that no answer is longer than ten New York days of minutes; years of days come at once."""
    while start_ms < end_ms:
        end = end_ms
        if interval.intraday:
            days = timedelta(days=_PERIOD_DAYS * (interval // Interval.M1))
            end = min(end_ms, at_new_york(from_ms(start_ms).date() + days, time(0)))
        yield start_ms, end
        start_ms = end


def _midnight_after(ms: int) -> int:
    """The first midnight of New York at or after ``ms``."""
    return at_new_york(from_ms(ms - 1).date() + timedelta(days=1), time(0))

"""Candles of price history: read, clipped to what was asked, and sifted into bars."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import time, timedelta

import msgspec
from msgspec import Struct

from monitor.analysis.bars import interval_start
from monitor.analysis.ranges import Range
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.bar_fault import EARLIEST_MS, LATEST_MS, BarFault, fault_of
from monitor.market.calendar import CHICAGO, NEW_YORK, at_new_york, from_ms
from monitor.market.instrument import Kind, kind_of
from monitor.schwab.rest.reading import UNREADABLE, Value, as_list, as_struct, mapping, unreadable


class Candle(Struct, frozen=True, gc=False):
    """One candle as sent; ``datetime`` is its start, ms UTC."""

    open: Value
    high: Value
    low: Value
    close: Value
    datetime: int
    volume: Value = 0


class Unfit(Candle, frozen=True, gc=False):
    """One that could not be read, in its place among the others; ``datetime`` is -1 where not even that was told."""

    fault: BarFault = BarFault.UNREADABLE


class Candles(Struct, gc=False):
    """One answer of price history; ``empty`` is what the answer itself says."""

    candles: list[Candle]
    empty: bool = False


class Sifted(Struct):
    """Bars that can be, ascending, each start once; how many could not be, by kind of fault; where some are missing.

    ``lost`` are stretches (start, end): where a bar that was left out begins, or where it stood if its time was absurd.
    """

    bars: list[Bar]
    rejected: Counter[str]
    lost: list[Range]


_DECODER = msgspec.json.Decoder(Candles)
_NUMBERS = ("open", "high", "low", "close", "volume")


def read_candles(content: bytes, where: str = "pricehistory") -> Candles:
    """What an answer holds; candles that could not be read are Unfit. Raises BadData."""
    try:
        return _DECODER.decode(content)
    except UNREADABLE:
        return _read_patiently(content, where)


def _read_patiently(content: bytes, where: str) -> Candles:
    body = mapping(content, where)
    empty = body.get("empty") is True
    raw = body.get("candles")
    if not isinstance(raw, list) and not empty:
        raise unreadable(where, "no candles")
    return Candles([_candle(item) for item in as_list(raw)], empty)


def _candle(raw: object) -> Candle:
    if not _is_no_number(raw) and (candle := as_struct(Candle, raw)) is not None:
        return candle
    stamp = raw.get("datetime") if isinstance(raw, dict) else None
    stamp = stamp if isinstance(stamp, int) and not isinstance(stamp, bool) else -1
    fault = BarFault.NOT_A_NUMBER if _is_no_number(raw) else BarFault.UNREADABLE
    return Unfit(math.nan, math.nan, math.nan, math.nan, stamp, math.nan, fault)


def _is_no_number(raw: object) -> bool:
    """Whether a number of a candle is NaN, bare or in quotes."""
    values = [raw.get(name) for name in _NUMBERS] if isinstance(raw, dict) else []
    return any(value == "NaN" or value != value for value in values)


def sift(symbol: str, interval: Interval, candles: Iterable[Candle], start_ms: int, end_ms: int) -> Sifted:
    """The bars of [start_ms, end_ms) among ``candles``: whole days come whatever was asked for.

    Of two candles with one start the later one is taken.
    """
    start_of = _starts(interval)
    start_ms, end_ms = max(start_ms, EARLIEST_MS), min(end_ms, LATEST_MS)
    # A future can cost less than nothing: crude oil did on 20 April 2020.
    floor = -math.inf if kind_of(symbol) is Kind.FUTURE else 0
    bars: list[Bar] = []
    rejected: Counter[str] = Counter()
    lost: list[Range] = []
    astray: list[int] = []  # before which of the bars a candle stood that does not tell its time
    newest, ascending = -1, True
    for c in candles:
        start = start_of(c.datetime)
        if not start_ms <= start < end_ms:
            if (fault := _fault_of_time(c, start, start_ms, end_ms)) is not None:
                rejected[fault] += 1
                astray.append(len(bars))
            continue
        if not (floor <= c.low <= c.open <= c.high and c.low <= c.close <= c.high and c.volume >= 0):
            rejected[_fault_of_numbers(c, floor)] += 1
            lost.append((start, _end_of(start, interval)))
            continue
        if start <= newest:
            ascending = False
        newest = start
        bars.append(Bar(symbol, interval, start, c.open, c.high, c.low, c.close, c.volume, BarSource.REST))
    if astray and not ascending:
        lost = [(start_ms, end_ms)]
    else:
        places = (_between(bars, place, interval, start_ms, end_ms) for place in dict.fromkeys(astray))
        lost += [place for place in places if place[0] < place[1]]
    return Sifted(bars if ascending else _in_order(bars, rejected), rejected, sorted(lost))


def _fault_of_time(candle: Candle, start: int, start_ms: int, end_ms: int) -> BarFault | None:
    """Why a candle outside the stretch belongs nowhere at all; None where it only was not asked for."""
    if not EARLIEST_MS <= candle.datetime < LATEST_MS:
        return candle.fault if isinstance(candle, Unfit) and candle.datetime == -1 else BarFault.TIME
    return BarFault.OFF_GRID if start == _OFF_GRID and start_ms <= candle.datetime < end_ms else None


def _fault_of_numbers(candle: Candle, floor: float) -> BarFault:
    if isinstance(candle, Unfit):
        return candle.fault
    values = candle.open, candle.high, candle.low, candle.close, candle.volume
    return fault_of(*values, floor) or BarFault.UNREADABLE


def _between(bars: list[Bar], place: int, interval: Interval, start_ms: int, end_ms: int) -> Range:
    """The stretch in which whatever stood before bar number ``place`` must have begun."""
    start = _end_of(bars[place - 1].start, interval) if place else start_ms
    return start, bars[place].start if place < len(bars) else end_ms


def _end_of(start: int, interval: Interval) -> int:
    """The end of a bar; of those longer than a day, of their first day."""
    if interval.intraday:
        return start + interval.milliseconds
    return at_new_york(from_ms(start).date() + timedelta(days=1), time(0))


_OFF_GRID = -1


def _starts(interval: Interval) -> Callable[[int], int]:
    """How the start of a bar follows from the stamp of its candle; _OFF_GRID where no bar begins there."""
    if not interval.intraday:
        return lambda stamp: _first_day(stamp, interval)
    step = interval.milliseconds
    # Sessions begin on the half hour, so the grid of every length that Schwab gives is that of UTC.
    return lambda stamp: _OFF_GRID if stamp % step else stamp


def _first_day(stamp_ms: int, interval: Interval) -> int:
    """Daily candles and longer ones are stamped midnight in Chicago, and taken with midnight in New York too; ours
    begin at the latter, the longer ones at that of the first day of their week or month, as the charts' own do."""
    if not EARLIEST_MS <= stamp_ms < LATEST_MS:
        return _OFF_GRID
    stamps = (from_ms(stamp_ms, zone) for zone in (CHICAGO, NEW_YORK))
    day = next((stamped.date() for stamped in stamps if stamped.time() == time(0)), None)
    if day is None:
        return _OFF_GRID
    start = at_new_york(day, time(0))
    return start if interval is Interval.DAY else interval_start(start, interval)


def _in_order(bars: list[Bar], rejected: Counter[str]) -> list[Bar]:
    once = {bar.start: bar for bar in bars}
    if len(once) < len(bars):
        rejected[BarFault.DUPLICATE] += len(bars) - len(once)
    return [once[start] for start in sorted(once)]

"""Candles of price history: read, clipped to what was asked, and sifted into bars."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import time

import msgspec
from msgspec import Struct

from monitor.analysis.bars import interval_start
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.bar_fault import EARLIEST_MS, LATEST_MS, BarFault, fault_of
from monitor.market.calendar import CHICAGO, at_new_york, from_ms
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


class Candles(Struct, gc=False):
    """One answer of price history; ``empty`` is what the answer itself says."""

    candles: list[Candle]
    empty: bool = False


class Sifted(Struct):
    """Bars that can be, ascending, each start once; and how many could not be, by kind of fault."""

    bars: list[Bar]
    rejected: Counter[str]


_DECODER = msgspec.json.Decoder(Candles)
_NUMBERS = ("open", "high", "low", "close", "volume")


def read_candles(content: bytes, where: str = "pricehistory") -> tuple[Candles, Counter[str]]:
    """What an answer holds, and the candles in it that could not be read, by kind. Raises BadData."""
    try:
        return _DECODER.decode(content), Counter()
    except UNREADABLE:
        return _read_patiently(content, where)


def _read_patiently(content: bytes, where: str) -> tuple[Candles, Counter[str]]:
    body = mapping(content, where)
    empty = body.get("empty") is True
    raw = body.get("candles")
    if not isinstance(raw, list) and not empty:
        raise unreadable(where, "no candles")
    rejected: Counter[str] = Counter()
    candles = []
    for item in as_list(raw):
        candle = None if _is_no_number(item) else as_struct(Candle, item)
        if candle is not None:
            candles.append(candle)
        else:
            rejected[BarFault.NOT_A_NUMBER if _is_no_number(item) else BarFault.UNREADABLE] += 1
    return Candles(candles, empty), rejected


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
    newest, ascending = -1, True
    for c in candles:
        start = start_of(c.datetime)
        if not start_ms <= start < end_ms:
            if not EARLIEST_MS <= c.datetime < LATEST_MS:
                rejected[BarFault.TIME] += 1
            elif start == _OFF_GRID and start_ms <= c.datetime < end_ms:
                rejected[BarFault.OFF_GRID] += 1
            continue
        if not (floor <= c.low <= c.open <= c.high and c.low <= c.close <= c.high and c.volume >= 0):
            rejected[fault_of(c.open, c.high, c.low, c.close, c.volume, floor) or BarFault.UNREADABLE] += 1
            continue
        if start <= newest:
            ascending = False
        newest = start
        bars.append(Bar(symbol, interval, start, c.open, c.high, c.low, c.close, c.volume, BarSource.REST))
    return Sifted(bars if ascending else _in_order(bars, rejected), rejected)


_OFF_GRID = -1


def _starts(interval: Interval) -> Callable[[int], int]:
    """How the start of a bar follows from the stamp of its candle; _OFF_GRID where no bar begins there."""
    if not interval.intraday:
        return lambda stamp: _first_day(stamp, interval)
    step = interval.milliseconds
    # Sessions begin on the half hour, so the grid of every length that Schwab gives is that of UTC.
    return lambda stamp: _OFF_GRID if stamp % step else stamp


def _first_day(stamp_ms: int, interval: Interval) -> int:
    """Daily candles and longer ones are stamped midnight in Chicago; ours begin at midnight in New York, the longer
    ones of the first day of their week or month, as the charts' own do."""
    if not EARLIEST_MS <= stamp_ms < LATEST_MS:
        return _OFF_GRID
    stamped = from_ms(stamp_ms, CHICAGO)
    if stamped.time() != time(0):
        return _OFF_GRID
    start = at_new_york(stamped.date(), time(0))
    return start if interval is Interval.DAY else interval_start(start, interval)


def _in_order(bars: list[Bar], rejected: Counter[str]) -> list[Bar]:
    once = {bar.start: bar for bar in bars}
    if len(once) < len(bars):
        rejected[BarFault.DUPLICATE] += len(bars) - len(once)
    return [once[start] for start in sorted(once)]

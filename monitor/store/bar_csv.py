"""Bars read from a CSV, our own or anybody's: columns by their names, times in the usual forms, and faults by line."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from itertools import chain, pairwise
from math import inf
from typing import Any, TextIO

from monitor.errors import BadData
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.bar_fault import EARLIEST_MS, LATEST_MS, BarFault, fault_of
from monitor.market.calendar import at_new_york, from_ms, to_ms
from monitor.market.instrument import Kind, kind_of, parse_symbol
from monitor.market.quote import Number
from monitor.ports import ImportRequest, RejectedLine
from monitor.store.csv_text import tz

#: The intervals that are stored; the longer ones are built from them.
IMPORTABLE = (Interval.M1, Interval.DAY)
_NAMES = {
    "time": ("start", "timestamp", "datetime", "date time", "date_time", "time", "date", "begin", "t"),
    "symbol": ("symbol", "ticker", "instrument"),
    "interval": ("interval", "timeframe"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "last", "c"),
    "volume": ("volume", "vol", "v"),
}
_NEEDED = ("time", "open", "high", "low", "close")
_LONGEST_HEADER = 65_536
_WHOLE = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_SHAPES = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M", "%Y.%m.%d")
#: Digits of seconds, milliseconds and microseconds since 1970, and what makes milliseconds of them.
_EPOCHS: dict[int, Callable[[int], int]] = {10: lambda n: n * 1000, 13: lambda n: n, 16: lambda n: n // 1000}
_INT64 = range(-(2**63), 2**63)
#: Lines looked at to find the interval.
_LOOKED_AT = 500

_WHY = {
    BarFault.UNREADABLE: "is no number",
    BarFault.NOT_A_NUMBER: "one of its numbers is none",
    BarFault.NEGATIVE: "a price or the volume is negative",
    BarFault.HIGH_BELOW_LOW: "the high is below the low",
    BarFault.OUTSIDE: "open or close lie outside of low and high",
    BarFault.TIME: "is no time of a bar",
    BarFault.OFF_GRID: "a 1m bar begins on a whole minute",
    BarFault.DUPLICATE: "the same bar as the line before",
}


class _Fault(Exception):
    """Why a line is not taken."""


@dataclass(slots=True)
class BarCsv:
    """The bars of an open file, line by line. Raises BadData where its first line names no columns of bars.

    ``naive`` becomes true once a time without an offset was read.
    """

    file: TextIO
    request: ImportRequest
    naive: bool = field(default=False, init=False)
    _rows: Iterator[tuple[int, list[str]]] = field(init=False)
    _places: dict[str, int] = field(init=False)
    _clock: int | None = field(default=None, init=False)  # the column of the time, where the date has its own
    _comma: bool = field(default=False, init=False)
    _interval: Interval = field(default=Interval.M1, init=False)
    _symbol: str = field(default="", init=False)
    _zone: tzinfo | None = field(init=False)

    def __post_init__(self) -> None:
        first = self.file.readline(_LONGEST_HEADER)
        if not first:
            raise BadData("The file is empty.")
        if "\0" in first or first.startswith("PK"):
            raise BadData("The file is no CSV: a sheet of Excel or another program has to be saved as one first.")
        separator = max(",;\t", key=first.count)
        self._comma = separator == ";"
        header = next(csv.reader([first], delimiter=separator), [])
        self._find_columns([cell.strip(" \"'<>\r\n").lower() for cell in header])
        reader = csv.reader(self.file, delimiter=separator)
        self._rows = _numbered(reader)
        self._zone = tz(self.request.zone)
        self._symbol = parse_symbol(self.request.symbol) if self.request.symbol else ""
        if not self._symbol and "symbol" not in self._places:
            raise BadData("No column of the file tells the symbol: say whose bars these are.")
        if self.request.interval is not None and self.request.interval not in IMPORTABLE:
            raise BadData(_not_importable(self.request.interval))
        if self.request.interval is None and "interval" not in self._places:
            self._interval = self._found_interval()
        elif self.request.interval is not None:
            self._interval = self.request.interval

    def __iter__(self) -> Iterator[Bar | RejectedLine]:
        """Each line's bar, or why there is none; empty lines are passed over."""
        before: tuple[str, Interval, int] | None = None
        for line, cells in self._rows:
            if not any(cells):
                continue
            try:
                bar = self._bar(cells)
            except _Fault as fault:
                yield RejectedLine(line, str(fault))
                continue
            key = bar.symbol, bar.interval, bar.start
            yield RejectedLine(line, _WHY[BarFault.DUPLICATE]) if key == before else bar
            before = key

    def _find_columns(self, header: Sequence[str]) -> None:
        self._places = {
            what: header.index(found)
            for what, known in _NAMES.items()
            if (found := next((name for name in known if name in header), None)) is not None
        }
        missing = [what for what in _NEEDED if what not in self._places]
        if missing:
            raise BadData(f"The first line of the file names no column for {_listed(missing)}.")
        if "date" in header and "time" in header:
            self._places["time"], self._clock = header.index("date"), header.index("time")

    def _found_interval(self) -> Interval:
        """From the smallest step between the times of the first lines."""
        looked, times = [], dict[str, list[int]]()
        with_clock = False
        for line, cells in self._rows:
            looked.append((line, cells))
            try:
                moment = self._moment(cells)
                times.setdefault(self._whose(cells), []).append(moment)
                told = self._cell(cells, "time")
                with_clock = (
                    with_clock or self._clock is not None or len(told) > 10 or (told.isdigit() and len(told) == 10)
                )
            except _Fault:
                continue
            if len(looked) >= _LOOKED_AT:
                break
        self._rows, self.naive = chain(looked, self._rows), False
        steps = {abs(b - a) for found in times.values() for a, b in pairwise(found)} - {0}
        if not steps:
            return Interval.M1 if with_clock else Interval.DAY
        step = min(steps)
        if step >= Interval.DAY.milliseconds * 0.9:
            return Interval.DAY
        fitting = [interval for interval in Interval if interval.intraday and step % interval.milliseconds == 0]
        found = fitting[-1] if fitting else Interval.M1
        if found not in IMPORTABLE and step == found.milliseconds:
            raise BadData(_not_importable(found))
        return Interval.M1

    def _bar(self, cells: list[str]) -> Bar:
        if len(cells) <= max(self._places[what] for what in _NEEDED):
            raise _Fault(f"it has only {len(cells)} {'column' if len(cells) == 1 else 'columns'}")
        symbol, interval = self._whose(cells), self._which(cells)
        start = self._start(cells, interval)
        open_, high, low, close = (self._number(cells, what) for what in ("open", "high", "low", "close"))
        volume = self._number(cells, "volume") if self._cell(cells, "volume") else 0
        floor = -inf if kind_of(symbol) is Kind.FUTURE else 0
        fault = fault_of(open_, high, low, close, volume, floor)
        if fault is not None:
            raise _Fault(_WHY[fault])
        return Bar(symbol, interval, start, open_, high, low, close, volume, BarSource.IMPORT)

    def _whose(self, cells: list[str]) -> str:
        if self._symbol:
            return self._symbol
        try:
            return parse_symbol(self._cell(cells, "symbol"))
        except BadData as error:
            raise _Fault(error.sentence.rstrip(".")) from None

    def _which(self, cells: list[str]) -> Interval:
        text = self._cell(cells, "interval")
        if self.request.interval is not None or not text:
            return self._interval
        try:
            interval = Interval.parse(text)
        except BadData:
            raise _Fault(f"“{text[:20]}” is no interval") from None
        if interval not in IMPORTABLE:
            raise _Fault(_not_importable(interval).rstrip("."))
        return interval

    def _start(self, cells: list[str], interval: Interval) -> int:
        start = self._moment(cells, daily=interval is Interval.DAY)
        if not EARLIEST_MS <= start < LATEST_MS:
            raise _Fault(f"“{self._cell(cells, 'time')[:40]}” {_WHY[BarFault.TIME]}")
        if interval.intraday and start % interval.milliseconds:
            raise _Fault(_WHY[BarFault.OFF_GRID])
        return start

    def _moment(self, cells: list[str], daily: bool = False) -> int:
        """The time of a line, ms UTC; of a day its midnight in New York, whatever zone it is told in."""
        text = self._cell(cells, "time")
        if self._clock is not None and self._clock < len(cells):
            text = f"{text} {cells[self._clock].strip()}"
        epoch = _EPOCHS.get(len(text)) if text.isascii() and text.isdigit() else None
        if epoch:
            ms = epoch(int(text))
            return at_new_york(from_ms(ms).date(), time(0)) if daily else ms
        moment = _parsed(text)
        if moment is None:
            raise _Fault(f"“{text[:40]}” {_WHY[BarFault.TIME]}")
        if moment.tzinfo is None and not daily:
            self.naive = True
            moment = moment.replace(tzinfo=self._zone) if self._zone else moment.astimezone()
        try:
            if not daily:
                return to_ms(moment)
            # Midnight anywhere stands for its day.
            here = moment if moment.tzinfo is None or moment.time() == time(0) else from_ms(to_ms(moment))
            return at_new_york(here.date(), time(0))
        except (OverflowError, ValueError, OSError):
            raise _Fault(f"“{text[:40]}” {_WHY[BarFault.TIME]}") from None

    def _number(self, cells: list[str], what: str) -> Number:
        text = self._cell(cells, what)
        plain = text.replace(".", "").replace(",", ".") if self._comma and "," in text else text
        if not self._comma and "," in plain:
            plain = plain.replace(",", "")  # of thousands
        if _WHOLE.fullmatch(plain) and len(plain) < 20 and int(plain) in _INT64:
            return int(plain)
        if not _DECIMAL.fullmatch(plain) or float(plain) in {inf, -inf}:
            raise _Fault(f"{what} “{text[:20]}” {_WHY[BarFault.UNREADABLE]}")
        return float(plain)

    def _cell(self, cells: list[str], what: str) -> str:
        place = self._places.get(what)
        return cells[place].strip().removeprefix("'") if place is not None and place < len(cells) else ""


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for shape in _SHAPES:
        try:
            return datetime.strptime(text, shape)  # noqa: DTZ007  the zone comes later
        except ValueError:
            continue
    return None


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line of the file in which each ends; the header is line 1."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = ["unreadable"]
        yield reader.line_num + 1, cells


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _not_importable(interval: Interval) -> str:
    base = "minutes" if interval.intraday else "days"
    return f"Bars of {interval.label} are built from {base}: import those, 1m or D."

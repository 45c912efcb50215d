"""The gap map as arrays: a row a symbol, a column a trading day, a code a cell; and what is selected of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.analysis.coverage import DayCoverage, DayState, is_over, trading_of
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms


class Code(IntEnum):
    """How a cell looks: the state of its day, or that the market is closed, or that the day is under way."""

    CLOSED = 0
    COMPLETE = 1
    PARTIAL = 2
    MISSING = 3
    FAILED = 4
    EMPTY = 5
    OUT_OF_REACH = 6
    TODAY = 7


_CODES = {
    DayState.COMPLETE: Code.COMPLETE,
    DayState.PARTIAL: Code.PARTIAL,
    DayState.MISSING: Code.MISSING,
    DayState.FAILED: Code.FAILED,
    DayState.EMPTY: Code.EMPTY,
    DayState.OUT_OF_REACH: Code.OUT_OF_REACH,
}
#: What there is, and what could be had: the two sides of the percentage.
_WHOLE = (Code.COMPLETE, Code.EMPTY)
_COUNTED = (*_WHOLE, Code.PARTIAL, Code.MISSING, Code.FAILED)
#: Days of which bars may be missing.
_LACKING = (Code.PARTIAL, Code.MISSING, Code.FAILED, Code.TODAY)


class Cell(NamedTuple):
    """A place on the map that stays the same when rows and columns come and go."""

    symbol: str
    day: date


class Area(NamedTuple):
    """A rectangle of rows and columns, all four included."""

    top: int
    left: int
    bottom: int
    right: int


class Picked(NamedTuple):
    """Chosen symbols and days, the last included. ``missing`` counts bars that are not on disk but may be had."""

    symbols: tuple[str, ...]
    first: date
    last: date
    days: int
    missing: int

    @property
    def span(self) -> tuple[int, int]:
        """From the first day's midnight in New York to the one after the last day, ms UTC."""
        return at_new_york(self.first, time(0)), at_new_york(self.last + timedelta(days=1), time(0))


class GapMap:
    """What the ports told of the days, ready to be painted; ``filter`` narrows its rows."""

    def __init__(self) -> None:
        self.interval = Interval.M1
        self.symbols: list[str] = []  # those that are shown, from the top down
        self.days: list[date] = []
        self._all: list[str] = []
        self._place: dict[str, int] = {}
        self._column: dict[date, int] = {}
        self._cells: list[list[DayCoverage | None]] = []  # beside the arrays, for whoever asks about one day
        self._codes = np.zeros((0, 0), np.uint8)
        self._expected = np.zeros((0, 0), np.int64)
        self._missing = np.zeros((0, 0), np.int64)
        self._shown = np.zeros(0, np.intp)
        self._words = ""
        self._percents: list[int | None] | None = None

    def load(
        self,
        interval: Interval,
        symbols: Sequence[str],
        found: Mapping[str, Sequence[DayCoverage]],
        now_ms: int,
    ) -> None:
        """Begin anew with ``symbols`` in this order; the columns are the days that any of them has."""
        self.interval = interval
        self._all = list(symbols)
        self._place = {symbol: row for row, symbol in enumerate(symbols)}
        self.days = sorted({each.day for days in found.values() for each in days})
        self._column = {day: column for column, day in enumerate(self.days)}
        shape = len(symbols), len(self.days)
        self._cells = [[None] * shape[1] for _ in symbols]
        self._codes = np.zeros(shape, np.uint8)
        self._expected, self._missing = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.put(found, now_ms)
        self.filter(self._words)

    def put(self, found: Mapping[str, Sequence[DayCoverage]], now_ms: int) -> bool:
        """Take over how some days stand now; False where one of them has no place here."""
        today = from_ms(now_ms).date()
        complete, self._percents = True, None
        for symbol, days in found.items():
            row = self._place.get(symbol)
            columns = [self._column.get(each.day, -1) for each in days]
            if row is None or -1 in columns:
                complete = False
                continue
            if not columns:
                continue
            codes = [_CODES[each.state] for each in days]
            if days[-1].day == today and not is_over(today, now_ms, trading_of(symbol)):
                codes[-1] = Code.TODAY
            self._codes[row, columns] = codes
            self._expected[row, columns] = [each.expected for each in days]
            self._missing[row, columns] = [each.missing for each in days]
            cells = self._cells[row]
            for column, each in zip(columns, days, strict=True):
                cells[column] = each
        return complete

    def filter(self, words: str) -> None:
        """Show the symbols that hold one of ``words``; all of them where there is none."""
        self._words = words
        wanted = words.upper().replace(",", " ").split()
        kept = [s for s in self._all if not wanted or any(word in s for word in wanted)]
        self.symbols = kept
        self._shown = np.array([self._place[symbol] for symbol in kept], np.intp)
        self._percents = None

    # ------------------------------------------------------------------------------------------ what is there

    @property
    def known(self) -> list[str]:
        """All symbols, those that the filter hides among them."""
        return list(self._all)

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """The codes of what is shown: rows by days."""
        return self._codes[self._shown]

    @property
    def percents(self) -> list[int | None]:
        """How complete each shown row is, of the days that are over and that the source has; 100 is whole."""
        if self._percents is None:
            self._percents = self._reckon()
        return self._percents

    def _reckon(self) -> list[int | None]:
        codes = self.codes
        counted = np.isin(codes, _COUNTED).sum(axis=1)
        share = np.isin(codes, _WHOLE).sum(axis=1).astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.minimum(1 - self._missing[self._shown] / self._expected[self._shown], 0.99)
            share += np.where(codes == Code.PARTIAL, parts, 0).sum(axis=1)
            percents = np.floor(share / counted * 100)
        return [int(value) if days else None for value, days in zip(percents, counted.tolist(), strict=True)]

    def cell(self, row: int, column: int) -> DayCoverage | None:
        """What is known of a place; None where the market was closed, or outside the map."""
        if not (0 <= row < len(self.symbols) and 0 <= column < len(self.days)):
            return None
        return self._cells[int(self._shown[row])][column]

    def code(self, row: int, column: int) -> Code:
        return Code(int(self._codes[self._shown[row], column]))

    def under_way(self) -> date | None:
        """The day that is not over yet for some row; None when all are."""
        columns = np.flatnonzero((self._codes == Code.TODAY).any(axis=0))
        return self.days[int(columns[0])] if len(columns) else None

    # ------------------------------------------------------------------------------------------ what is chosen

    def place(self, cell: Cell) -> tuple[int, int] | None:
        """Row and column of a cell, if it is shown."""
        if cell.day not in self._column or cell.symbol not in self.symbols:
            return None
        return self.symbols.index(cell.symbol), self._column[cell.day]

    def at(self, row: int, column: int) -> Cell:
        return Cell(self.symbols[row], self.days[column])

    def pick(self, area: Area) -> Picked:
        """What a rectangle of the shown map holds."""
        rows = self._shown[area.top : area.bottom + 1]
        columns = slice(area.left, area.right + 1)
        codes = self._codes[rows, columns]
        missing = self._missing[rows, columns]
        return Picked(
            tuple(self.symbols[area.top : area.bottom + 1]),
            self.days[area.left],
            self.days[area.right],
            area.right - area.left + 1,
            int(missing[np.isin(codes, _LACKING)].sum()),
        )

    def everything(self) -> Picked | None:
        """All that is shown and over: what repairing all of it is about. None where there is nothing."""
        under_way = self.under_way()
        columns = len(self.days) - (under_way is not None and self.days[-1] == under_way)
        if not self.symbols or not columns:
            return None
        return self.pick(Area(0, 0, len(self.symbols) - 1, columns - 1))


def shown_days(interval: Interval, now_ms: int) -> tuple[date, date]:
    """The first and the last day that the map is about: a year, or five of daily bars."""
    today = from_ms(now_ms).date()
    return today - timedelta(days=366 if interval.intraday else 5 * 366), today


def in_order(watched: Iterable[str], kept: Iterable[str]) -> list[str]:
    """The rows: the watched symbols as they stand in their list, then the others of which history is kept."""
    watched = dict.fromkeys(watched)
    return [*watched, *sorted(set(kept) - watched.keys())]

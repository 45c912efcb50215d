"""TA-Lib's functions, carried from bar to bar by its own handles.

A handle has taken in all bars but the last, which is only looked at, as it changes with every tick. Copies of the
handle from some bars before serve for bars that are revised; only what lies further back means a new run over
all bars. TA-Lib promises that handles give bit for bit what its functions give for the whole series.
"""

from collections import deque
from itertools import islice
from typing import Any

import numpy as np

from monitor.analysis.indicators.calculation import Bars
from monitor.analysis.indicators.description import Kind
from monitor.analysis.indicators.settings import Settings
from monitor.analysis.indicators.source import Floats
from monitor.errors import BadData

#: Bars from one kept copy of the handle to the next, and how many copies are kept.
_EVERY, _COPIES = 64, 9
#: So many bars are sooner computed anew, all of them, than handed over one by one, if they are a tenth of the whole.
_MANY = 5_000


class Streamed:
    """The calculation of one of TA-Lib's functions."""

    def __init__(self, settings: Settings) -> None:
        self._function = _Function(settings)
        self._title = settings.description.title
        self._inputs = settings.inputs
        self.rows = len(settings.description.outputs)
        self._taken = 0  # bars that the handle has taken in
        self._handle: Any = None  # None while bars are too few
        #: Copies of the handle, never fed, and how many bars they have taken in; the oldest first.
        self._copies: deque[tuple[int, Any]] = deque(maxlen=_COPIES)

    def cheap_from(self) -> int:
        return self._copies[0][0] if self._copies else 0

    def update(self, bars: Bars, first: int, values: Floats) -> int:
        count = len(bars)
        self._go_back(min(first, count - 1))
        if self._handle is None or count - self._taken > max(_MANY, count // 10):
            self._begin(bars, values)
            return 0
        begin = self._taken
        rows = bars.rows(begin)
        self._go_on([source.of(rows).tolist() for source in self._inputs], values)
        return begin

    def _go_back(self, first: int) -> None:
        """To a handle that has not taken in bar ``first``."""
        if self._taken <= first:
            return
        while self._copies and self._copies[-1][0] > first:
            self._copies.pop()
        self._taken, self._handle = self._copies[-1] if self._copies else (0, None)
        if self._handle is not None:
            self._handle = self._handle.copy()

    def _begin(self, bars: Bars, values: Floats) -> None:
        """All bars anew; the handle is opened some bars before the end, so that those may be revised."""
        self._copies.clear()
        self._taken, self._handle = 0, None
        count, rows = len(bars), bars.rows()
        columns = [source.of(rows) for source in self._inputs]
        for taken in (count - 1 - _EVERY * (_COPIES - 1), count - 1):
            if taken > 0 and (handle := self._open(columns, taken, values)) is not None:
                self._taken, self._handle = taken, handle
                self._copies.append((taken, handle.copy()))
                self._go_on([column[taken:].tolist() for column in columns], values)
                return
        if self._open(columns, count, values) is None:
            values[:, :count] = np.nan

    def _open(self, columns: list[Floats], count: int, values: Floats) -> Any:
        """A handle that has taken in the first ``count`` bars, whose values are filled in; None if they are too few."""
        try:
            opened = self._function.open([column[:count] for column in columns])
        except Exception as error:  # TA-Lib raises nothing narrower
            raise BadData(f"{self._title} cannot be computed with these settings.", str(error)) from error
        if opened is None:
            return None
        handle, found = opened
        begin = handle.out_range.begidx
        for row, output in zip(values, found if isinstance(found, tuple) else (found,), strict=True):
            row[:begin], row[begin:count] = np.nan, output[begin:]
        return handle

    def _go_on(self, columns: list[list[float]], values: Floats) -> None:
        """Take in the bars that the handle has not, but for the last, which it looks at."""
        handle, taken, found = self._handle, self._taken, []
        for row in islice(zip(*columns, strict=True), len(columns[0]) - 1):
            found.append(handle.update(*row))
            taken += 1
            if taken - self._copies[-1][0] >= _EVERY:
                self._copies.append((taken, handle.copy()))
        found.append(handle.peek(*(column[-1] for column in columns)))
        values[:, self._taken : taken + 1] = np.array(found, np.float64).reshape(len(found), -1).T
        self._taken = taken


class _Function:
    """One of TA-Lib's functions with its parameters; the first one loads TA-Lib."""

    def __init__(self, settings: Settings) -> None:
        import talib.abstract

        library: Any = talib  # its stubs leave out much
        values: dict[str, Any] = settings.values
        for parameter in settings.description.parameters:
            value = values[parameter.name]
            if parameter.kind is Kind.CHOICE:
                values[parameter.name] = getattr(library.MA_Type, value)
            else:
                values[parameter.name] = int(value) if parameter.kind is Kind.WHOLE else float(value)
        self._kind = getattr(library.stream, settings.name)
        self._parameters = list(values.values())
        self._insufficient = library.InsufficientHistory
        self._lookback: int = library.abstract.Function(settings.name, **values).lookback

    def open(self, columns: list[Floats]) -> tuple[Any, Any] | None:
        """A handle that has taken in the columns, and what the function gives for them; None if they are too short."""
        # Asked with too few bars TA-Lib compares the address of its output, the lookback added, with that of the
        # input. They lie in two blocks of memory, but may be equal by chance, and it says that a parameter is bad.
        if len(columns[0]) <= self._lookback:
            return None
        try:
            return self._kind.open_and_fill(*columns, *self._parameters)  # type: ignore[no-any-return]
        except self._insufficient:
            return None

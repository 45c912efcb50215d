"""What keeps the values of an indicator up to date, and the bars that it reads."""

from typing import Protocol

from monitor.analysis.indicators.source import Floats
from monitor.market.bar import BarSeries


class Bars(Protocol):
    """A series that changes at its end, as the chart's bars do; ascending by start, every number finite."""

    def __len__(self) -> int: ...

    def rows(self, first: int = 0, last: int | None = None) -> BarSeries:
        """The bars from index ``first`` up to but without ``last``."""
        ...

    def place(self, start_ms: int) -> int:
        """Index of the first bar that starts at ``start_ms`` or later."""
        ...


class Calculation(Protocol):
    """One way to compute; it may keep what spares it to look at older bars again."""

    #: Rows of values that it fills: the outputs, and after them what it carries from bar to bar.
    rows: int

    def cheap_from(self) -> int:
        """Index of the bar from which on changes do not mean to begin with bar 0."""
        ...

    def update(self, bars: Bars, first: int, values: Floats) -> int:
        """Fill ``values``, a column a bar, for the bars from ``first`` on, which were changed or appended.

        Those before are as the last call left them, the others may hold anything. Returns the index of the first
        column that was written.
        """
        ...

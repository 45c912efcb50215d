"""The layouts of several charts: rows of them, or columns."""

from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import Qt


class Lines(NamedTuple):
    """How many charts stand in each row, or with ``columns`` in each column."""

    counts: tuple[int, ...]
    columns: bool = False


class GridLayout(Enum):
    """The value is the name by which it is kept."""

    ONE = "one"
    BESIDE = "beside"
    ABOVE = "above"
    THREE = "three"
    FOUR = "four"
    SIX = "six"
    NINE = "nine"

    @property
    def title(self) -> str:
        """The words of the menu."""
        return _TITLES[self]

    @property
    def icon(self) -> str:
        return f"grid-{self.value}"

    @property
    def lines(self) -> Lines:
        return _LINES[self]

    @property
    def count(self) -> int:
        """How many charts it has."""
        return sum(self.lines.counts)

    @property
    def outer(self) -> Qt.Orientation:
        """The direction in which its rows or columns follow each other."""
        return Qt.Orientation.Horizontal if self.lines.columns else Qt.Orientation.Vertical

    @property
    def inner(self) -> Qt.Orientation:
        """The direction in which the charts of a row or column follow each other."""
        return Qt.Orientation.Vertical if self.lines.columns else Qt.Orientation.Horizontal


_LINES = {
    GridLayout.ONE: Lines((1,)),
    GridLayout.BESIDE: Lines((2,)),
    GridLayout.ABOVE: Lines((1, 1)),
    GridLayout.THREE: Lines((1, 2), columns=True),
    GridLayout.FOUR: Lines((2, 2)),
    GridLayout.SIX: Lines((3, 3)),
    GridLayout.NINE: Lines((3, 3, 3)),
}
_TITLES = {
    GridLayout.ONE: "&One chart",
    GridLayout.BESIDE: "Two &beside each other",
    GridLayout.ABOVE: "Two &above each other",
    GridLayout.THREE: "&Three",
    GridLayout.FOUR: "&Four",
    GridLayout.SIX: "&Six",
    GridLayout.NINE: "&Nine",
}

"""Groups of facts in as many columns as there is room for."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from monitor.ui.details.facts import Fact, Group, Span
from monitor.ui.fitting import FittingLabel
from monitor.ui.format import DASH
from monitor.ui.panel import named
from monitor.ui.theme import Theme, data_font

#: A column is at least so wide, in pixels.
COLUMN_WIDTH = 216
_BAR_WIDTH = 56


class RangeBar(QWidget):
    """A line from the low to the high, and a mark where the last price is; nothing where that is not known."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.at: float | None = None
        theme.changed.connect(self.update)

    def show_at(self, at: float | None) -> None:
        """Put the mark between 0, the low, and 1, the high."""
        if at != self.at:
            self.at = at
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(_BAR_WIDTH, 12)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002  Qt's signature
        if self.at is None:
            return
        painter, colours = QPainter(self), self._theme.colours
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("dim", 110))
        painter.drawRect(QRectF(0, middle - 1, self.width(), 2))
        painter.setBrush(colours.colour("accent"))
        painter.drawRect(QRectF(self.at * (self.width() - 4), middle - 5, 4, 10))


class _SpanRow(QWidget):
    """The low, the bar and the high."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.low, self.bar, self.high = QLabel(), RangeBar(theme), QLabel()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for label in (self.low, self.high):
            label.setFont(data_font())
        line.addStretch(1)
        line.addWidget(self.low)
        line.addWidget(self.bar)
        line.addWidget(self.high)

    def show_span(self, span: Span) -> None:
        nothing = span.low == span.high == DASH
        self.low.setText("" if nothing else span.low)
        self.high.setText(span.high)
        self.bar.show_at(span.at)
        self.setAccessibleName(f"{span.name}: {words(span)}")


class Sheet(QScrollArea):
    """Keeps its labels while the same facts are shown, so that a reader of the screen does not lose its place."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("detailsSheet")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Details")
        self._theme = theme
        self._groups: list[Group] = []
        self._boxes: list[QWidget] = []
        self._values: list[list[FittingLabel | _SpanRow]] = []
        self._lines: list[QVBoxLayout] = []
        self._inside = named(QWidget(), "detailsColumns")
        self._line = QHBoxLayout(self._inside)
        self._line.setContentsMargins(12, 8, 12, 8)
        self._line.setSpacing(28)
        self.setWidget(self._inside)

    def show_groups(self, groups: Sequence[Group]) -> None:
        """Say these; only what has changed is touched."""
        if _structure(groups) != _structure(self._groups):
            self._begin(groups)
        for group, values in zip(groups, self._values, strict=True):
            for fact, value in zip(group.facts, values, strict=True):
                _say(value, fact)
        self._groups = list(groups)

    def said(self) -> dict[str, str]:
        """What is said, by its name; a range as “low – high”."""
        return {fact.name: words(fact) for group in self._groups for fact in group.facts}

    def column_count(self) -> int:
        """Into how many columns the groups are dealt now."""
        return len(self._lines)

    def _begin(self, groups: Sequence[Group]) -> None:
        for box in self._boxes:
            box.setParent(None)
            box.deleteLater()
        made = [self._box(group) for group in groups]
        self._boxes = [box for box, _ in made]
        self._values = [values for _, values in made]
        self._groups = list(groups)
        self._deal(self._fitting())

    def _box(self, group: Group) -> tuple[QWidget, list[FittingLabel | _SpanRow]]:
        box, values = QWidget(), list[FittingLabel | _SpanRow]()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.addWidget(named(QLabel(group.heading), "detailsHeading"), 0, 0, 1, 2)
        for row, fact in enumerate(group.facts, start=1):
            value = _SpanRow(self._theme) if isinstance(fact, Span) else _value()
            grid.addWidget(named(QLabel(fact.name), "hint"), row, 0)
            grid.addWidget(value, row, 1)
            values.append(value)
        return box, values

    def _fitting(self) -> int:
        room = self.viewport().width() - 24
        return max(1, min(len(self._boxes) or 1, (room + 28) // (COLUMN_WIDTH + 28)))

    def _deal(self, count: int) -> None:
        """Put each group into the column that is shortest so far."""
        for old in self._lines:
            self._line.removeItem(old)
            while old.takeAt(0) is not None:
                pass
            old.deleteLater()
        columns, heights = [QVBoxLayout() for _ in range(count)], [0] * count
        for column in columns:
            column.setSpacing(12)
            self._line.addLayout(column, 1)
        self._lines = columns
        for group, box in zip(self._groups, self._boxes, strict=True):
            shortest = heights.index(min(heights))
            columns[shortest].addWidget(box)
            heights[shortest] += len(group.facts) + 2
        for column in columns:
            column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._boxes and self._fitting() != len(self._lines):
            self._deal(self._fitting())


def words(fact: Fact | Span) -> str:
    """A fact as text."""
    if isinstance(fact, Fact):
        return fact.text
    return DASH if fact.low == fact.high == DASH else f"{fact.low} – {fact.high}"


def _value() -> FittingLabel:
    label = FittingLabel()
    label.setFont(data_font())
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label


def _say(value: FittingLabel | _SpanRow, fact: Fact | Span) -> None:
    if isinstance(value, _SpanRow):
        assert isinstance(fact, Span)  # noqa: S101  built for it
        value.show_span(fact)
    elif isinstance(fact, Fact) and (fact.text, fact.tip) != (value.text(), value.toolTip()):
        value.setText(fact.text)
        value.setToolTip(fact.tip)
        value.setAccessibleName(f"{fact.name}: {fact.text}")


def _structure(groups: Sequence[Group]) -> list[tuple[str, tuple[str, ...]]]:
    return [(group.heading, tuple(fact.name for fact in group.facts)) for group in groups]

"""The lines beside the table: a name, and under it what there is to say."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QWidget

from monitor.ui.health.phrases import Line
from monitor.ui.panel import named
from monitor.ui.status.phrases import Phrase

WIDTH = 400


class Aside(QScrollArea):
    """Keeps its labels while the same lines are shown, so that a reader of the screen does not lose its place."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("healthAside")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._labels: dict[str, tuple[QLabel, QLabel]] = {}
        self._shown: dict[str, Phrase] = {}
        inside = named(QWidget(), "healthLines")
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(12, 6, 12, 6)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.setWidget(inside)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Say these, in this order."""
        names = [line.name for line in lines]
        if names != list(self._labels):
            self._begin(names)
        for name, phrase in lines:
            if self._shown.get(name) != phrase:
                self._shown[name] = phrase
                _say(self._labels[name][1], name, phrase)

    def words(self) -> dict[str, str]:
        """What is said, by the name beside it."""
        return {name: value.text() for name, (_, value) in self._labels.items()}

    def _begin(self, names: Sequence[str]) -> None:
        for pair in self._labels.values():
            for label in pair:
                self._grid.removeWidget(label)
                label.deleteLater()
        self._grid.setRowStretch(len(self._labels), 0)
        self._labels, self._shown = {}, {}
        for row, name in enumerate(names):
            self._labels[name] = named(QLabel(name), "hint"), named(QLabel(), "healthValue")
            for column, label in enumerate(self._labels[name]):
                label.setTextFormat(Qt.TextFormat.PlainText)
                self._grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignTop)
            self._labels[name][1].setWordWrap(True)
        self._grid.setRowStretch(len(names), 1)


def _say(label: QLabel, name: str, phrase: Phrase) -> None:
    label.setText(phrase.text)
    label.setToolTip(phrase.tip)
    label.setAccessibleName(f"{name}: {phrase.text}")
    if label.property("tone") != phrase.tone.value:
        label.setProperty("tone", phrase.tone.value)
        label.style().unpolish(label)
        label.style().polish(label)

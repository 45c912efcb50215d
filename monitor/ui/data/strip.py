"""The line above the map: legend, what is selected and what it costs, how far a repair is, and the one button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from monitor.ui.data.legend import Legend
from monitor.ui.data.running import Running
from monitor.ui.fitting import FittingLabel
from monitor.ui.panel import named, rename
from monitor.ui.theme import Theme

_PROGRESS_PX = 140


class Strip(QWidget):
    """``repair_wanted`` and ``cancel_wanted`` come from the same place: there is one thing to press at a time."""

    repair_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "dataStrip").setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.legend = Legend(theme)
        self.line = named(FittingLabel(), "hint")
        self.progress = QProgressBar()
        self.repair = QPushButton("Repair all")
        self.cancel = QPushButton("Cancel")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 8, 2)
        row.setSpacing(8)
        row.addWidget(self.legend)
        row.addWidget(self.line, 1)
        for widget in (self.progress, self.repair, self.cancel):
            row.addWidget(widget)
        self.progress.setFixedWidth(_PROGRESS_PX)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the repair")
        self.cancel.setToolTip("Stop; what has come so far is kept")
        self.repair.clicked.connect(self.repair_wanted)
        self.cancel.clicked.connect(self.cancel_wanted)
        self.show_running(None)

    def say(self, words: str, *shorter: str, tone: str = "hint") -> None:
        """Words beside the legend, or the first ``shorter`` form that fits."""
        self.line.show_words(words, *shorter)
        self.line.setToolTip(words)
        self.line.setAccessibleName(words)
        rename(self.line, tone)

    def offer(self, words: str, *, enabled: bool, tip: str = "") -> None:
        """What the button does, in its own words."""
        self.repair.setText(words)
        self.repair.setEnabled(enabled)
        self.repair.setToolTip(tip)

    def show_running(self, running: Running | None) -> None:
        """A bar with Cancel while something runs, the button otherwise."""
        self.progress.setVisible(running is not None)
        self.cancel.setVisible(running is not None)
        self.repair.setVisible(running is None)
        if running is not None:
            self.progress.setRange(0, running.total)
            self.progress.setValue(running.done)

"""What stands in the panel's header: the interval, the filter, and the buttons that open a dialog each."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from monitor.analysis.coverage import DEPTHS
from monitor.market.bar import Interval
from monitor.ports import Preferences

_INTERVAL = "data/interval"


class Controls(QWidget):
    """``interval_chosen`` carries an Interval, which is remembered; ``filter_changed`` the words."""

    interval_chosen = Signal(object)
    filter_changed = Signal(str)

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.intervals, self.filter = QComboBox(), QLineEdit()
        self.download, self.delete, self.report = QToolButton(), QToolButton(), QToolButton()
        for interval in DEPTHS:
            self.intervals.addItem(interval.label, int(interval))
        self.intervals.setAccessibleName("Interval of the bars")
        self.intervals.setToolTip("Interval of the bars")
        self.intervals.setCurrentIndex(max(0, self.intervals.findText(preferences.get(_INTERVAL))))
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the symbols")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(120)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.intervals, self.filter):
            row.addWidget(widget)
        for button, words, tip in (
            (self.download, "Download…", "Fetch chosen symbols and days"),
            (self.delete, "Delete…", "Delete the bars of the selected symbols and days (Del)"),
            (self.report, "Reconcile…", "How streamed minutes compare with history, and longer bars with Schwab's own"),
        ):
            button.setText(words)
            button.setToolTip(tip)
            button.setAccessibleName(words)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.intervals.currentIndexChanged.connect(self._take_interval)
        self.filter.textChanged.connect(self.filter_changed)
        clear = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.filter, self.filter.clear)
        clear.setContext(Qt.ShortcutContext.WidgetShortcut)

    @property
    def interval(self) -> Interval:
        return Interval(int(self.intervals.currentData()))

    def show_interval(self, interval: Interval) -> None:
        """Choose ``interval`` as a person would."""
        self.intervals.setCurrentIndex(list(DEPTHS).index(interval))

    def _take_interval(self) -> None:
        self._preferences.set(_INTERVAL, self.interval.label)
        self.interval_chosen.emit(self.interval)

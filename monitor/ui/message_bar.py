"""One slim line above the status bar for what a person should notice now; never a box in the way."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.ui.icons import icon, wear
from monitor.ui.panel import named
from monitor.ui.theme import Theme

#: Warnings leave by themselves; errors stay until they are dismissed.
WARNING_MS = 12_000
_COLOURS = {Level.INFO: "dim", Level.WARNING: "amber", Level.ERROR: "down"}


class MessageBar(QWidget):
    """Shows the newest notice from WARNING on, and counts its repeats."""

    details_wanted = Signal()

    def __init__(self, bus: Bus, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._notice: Notice | None = None
        self._times = 0
        self._mark = QLabel()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._details = named(QToolButton(), "quiet")
        self._dismiss = named(QToolButton(), "quiet")
        self._leave = QTimer(self)
        self._leave.setSingleShot(True)
        self._leave.timeout.connect(self.dismiss)
        self._lay_out()
        theme.changed.connect(self._draw_mark)
        self._stop = bus.listen(Notice, self._hear)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    @property
    def leaves_by_itself(self) -> bool:
        """Whether the message goes away without being dismissed."""
        return self._leave.isActive()

    def close_panel(self) -> None:
        """Stop listening."""
        self._leave.stop()
        self._stop()

    def dismiss(self) -> None:
        """Take the message away."""
        self._leave.stop()
        self._notice = None
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 4, 2)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._text)
        row.addWidget(self._details)
        row.addStretch(1)
        row.addWidget(self._dismiss)
        wear(self._dismiss, "close", self._theme)
        self._details.setText("Details")
        self._details.setToolTip("Show the log")
        self._dismiss.setToolTip("Dismiss")
        self._dismiss.setAccessibleName("Dismiss the message")
        self._dismiss.clicked.connect(self.dismiss)
        self._details.clicked.connect(self.details_wanted)

    def _hear(self, notice: Notice) -> None:
        if notice.level is Level.INFO:
            return
        same = self._notice is not None and self._notice.sentence == notice.sentence
        self._times = self._times + 1 if same else 1
        self._notice = notice
        text = notice.sentence if self._times == 1 else f"{notice.sentence} (×{self._times})"
        self._text.setText(text)
        self.setAccessibleName(text)
        self._draw_mark()
        self.show()
        self._leave.stop()
        if notice.level is Level.WARNING:
            self._leave.start(WARNING_MS)

    def _draw_mark(self) -> None:
        if self._notice is not None:
            level = self._notice.level
            self._mark.setPixmap(icon(level.value, getattr(self._theme.colours, _COLOURS[level])).pixmap(16))

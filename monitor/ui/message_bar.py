"""One slim line above the status bar for what a person should notice now; never a box in the way."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from monitor.live.bus import Bus
from monitor.live.events import Level, Notice, Offer, SignInChanged
from monitor.ports import SignInState
from monitor.ui.fitting import FittingLabel
from monitor.ui.icons import icon, wear
from monitor.ui.panel import named
from monitor.ui.theme import Theme

#: Warnings leave by themselves; errors, what stays, and what offers something, wait until they are dismissed.
WARNING_MS = 12_000
_COLOURS = {Level.INFO: "dim", Level.WARNING: "amber", Level.ERROR: "bad"}
_OFFERS = {Offer.RENEW: "Renew now", Offer.SIGN_IN: "Sign in again"}


class MessageBar(QWidget):
    """Shows the newest notice from WARNING on, or that stays, and counts its repeats.

    One that stays, or that has an offer, gives way to newer ones and comes back when they have left, until it is
    dismissed itself; an offer also when a new sign-in has settled it.
    """

    details_wanted = Signal()
    sign_in_wanted = Signal()
    moving = Signal()  # it is about to come or to go

    def __init__(self, bus: Bus, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._notice: Notice | None = None
        self._standing: list[Notice] = []
        self._times = 0
        self._mark = QLabel()
        self._text = FittingLabel()
        self.offer = named(QPushButton(), "offer")
        self._details = named(QToolButton(), "quiet")
        self._dismiss = named(QToolButton(), "quiet")
        self._leave = QTimer(self)
        self._leave.setSingleShot(True)
        self._leave.timeout.connect(self.dismiss)
        self._lay_out()
        theme.changed.connect(self._draw_mark)
        self._stops = (bus.listen(Notice, self._hear), bus.listen(SignInChanged, self._hear_sign_in))
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def close_panel(self) -> None:
        """Stop listening."""
        self._leave.stop()
        for stop in self._stops:
            stop()

    def dismiss(self) -> None:
        """Take the message away; one that it covered and that stands is there again."""
        self._standing = [notice for notice in self._standing if notice is not self._notice]
        self._leave.stop()
        self._notice = self._standing[-1] if self._standing else None
        self._times = 1
        self._show()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 4, 2)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self._text)
        row.addWidget(self.offer)
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
        self.offer.clicked.connect(self.sign_in_wanted)

    def _hear(self, notice: Notice) -> None:
        if notice.level is Level.INFO and not notice.stays:
            return
        same = self._notice is not None and self._notice.sentence == notice.sentence
        self._times = self._times + 1 if same else 1
        self._notice = notice
        if notice.offer is not None or notice.stays:
            # One offer at a time: a newer one says the same with less time left.
            self._standing = [other for other in self._standing if other.offer is None or notice.offer is None]
            self._standing = [other for other in self._standing if other.sentence != notice.sentence] + [notice]
        self._leave.stop()
        if notice.level is Level.WARNING and notice.offer is None and not notice.stays:
            self._leave.start(WARNING_MS)
        self._show()

    def _hear_sign_in(self, event: SignInChanged) -> None:
        """The offer is settled; what is shown over it stays."""
        if event.state is SignInState.ENDED:
            return
        settled = [notice for notice in self._standing if notice.offer is not None]
        self._standing = [notice for notice in self._standing if notice.offer is None]
        if any(notice is self._notice for notice in settled):
            self.dismiss()

    def _show(self) -> None:
        notice = self._notice
        if self.isHidden() == (notice is not None):
            self.moving.emit()
        self.setVisible(notice is not None)
        if notice is None:
            return
        text = notice.sentence if self._times == 1 else f"{notice.sentence} (×{self._times})"
        self._text.setText(text)
        self._text.setToolTip(text)
        self.setAccessibleName(text)
        self.offer.setVisible(notice.offer is not None)
        if notice.offer is not None:
            self.offer.setText(_OFFERS[notice.offer])
        self._draw_mark()

    def _draw_mark(self) -> None:
        if self._notice is not None:
            level = self._notice.level
            self._mark.setPixmap(icon(level.value, getattr(self._theme.colours, _COLOURS[level])).pixmap(16))

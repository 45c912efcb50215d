"""The small window that tells what is being done to the database, where that takes long."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from monitor.ports import OpeningStep
from monitor.ui.panel import named
from monitor.ui.theme import Theme

_WIDTH = 560
_BANNER_HEIGHT = 28
#: The bar has as many places as anybody can see; the pages of a database are more than it can count.
_PLACES = 1_000


class OpeningWindow(QDialog):
    """One sentence, a bar, the time it has lasted, and a button that says what stopping does.

    ``left`` tells that the person does not want to wait; the window stays until its owner closes it. ``back`` names
    the world that leaving leads to, when that is not out of the program.
    """

    left = Signal()

    def __init__(self, theme: Theme, sandbox: bool, back: str = "") -> None:
        super().__init__()
        self.setWindowTitle("Market Monitor — SANDBOX" if sandbox else "Market Monitor")
        self.theme = theme
        self._leaving = False
        self._sentence = QLabel()
        self._progress = QProgressBar()
        self._detail, self._lasted = named(QLabel(), "hint"), named(QLabel(), "hint")
        self.button = QPushButton("&Back" if back else "&Quit")
        self._stopping = named(QLabel(), "hint")
        self._back = f"You are then back in {back}." if back else ""
        self._lay_out(sandbox)

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def tell(self, step: OpeningStep, seconds: float) -> None:
        """Show what is being done, and that the whole has lasted so long."""
        self._sentence.setText(step.sentence)
        if step.total:
            self._progress.setRange(0, _PLACES)
            self._progress.setValue(_PLACES * step.done // step.total)
        else:
            self._progress.setRange(0, 0)
        self._detail.setText(step.detail)
        self._lasted.setText(_clock(int(seconds)))
        if not self._leaving:
            self._stopping.setText(f"{step.stopping} {self._back}".strip())

    def ready(self) -> None:
        """The database is open, and the main window takes this one's place soon."""
        self._sentence.setText("The database is ready; the window opens…")
        self._progress.setRange(0, _PLACES)
        self._progress.setValue(_PLACES)
        self._detail.clear()
        self._stopping.clear()
        self.button.setEnabled(False)

    def reject(self) -> None:
        """However it is closed: what is under way is stopped first."""
        if self._leaving or not self.button.isEnabled():
            return
        self._leaving = True
        self.button.setEnabled(False)
        self._stopping.setText("Stopping…")
        self.left.emit()

    def _lay_out(self, sandbox: bool) -> None:
        head = QHBoxLayout()
        head.addWidget(named(QLabel("Opening the database"), "heading"))
        head.addStretch(1)
        if sandbox:
            banner = named(QLabel("SANDBOX"), "sandboxBanner")
            banner.setMinimumHeight(_BANNER_HEIGHT)
            head.addWidget(banner)
        figures = QHBoxLayout()
        figures.addWidget(self._detail, 1)
        figures.addWidget(self._lasted)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        foot.addWidget(self._stopping, 1)
        for label in (self._sentence, self._detail, self._stopping):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._stopping.setWordWrap(True)
        self._stopping.setMinimumHeight(2 * self._stopping.fontMetrics().lineSpacing())  # nothing moves with a step
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 0)
        self._lasted.setAccessibleName("Time it has lasted")
        self.button.setAutoDefault(False)  # Enter, meant for something else, does not stop it
        self.button.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._sentence)
        column.addWidget(self._progress)
        column.addLayout(figures)
        column.addSpacing(4)
        column.addLayout(foot)
        column.addStretch(1)
        self.setFixedWidth(_WIDTH)


def _clock(seconds: int) -> str:
    """1:15, or 1:02:05 after an hour."""
    hours, minutes = f"{seconds // 3600}:" if seconds >= 3600 else "", seconds // 60 % 60
    return f"{hours}{minutes:{'02' if hours else ''}}:{seconds % 60:02}"

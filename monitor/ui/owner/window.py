"""The small window in the place of the main one while another program holds the data folder."""

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from monitor.ports import Owner
from monitor.ui import format as fmt
from monitor.ui.panel import named
from monitor.ui.theme import Theme

_WIDTH = 560
_BANNER_HEIGHT = 28


class Choice(Enum):
    """What a person can do about another program that holds the data folder."""

    SHOW = auto()
    TAKE_OVER = auto()
    STAND_BY = auto()
    CANCEL = auto()
    LEAVE = auto()


class OwnerWindow(QDialog):
    """Says who holds the data folder, and what each button does; ``chosen`` tells what the person wants.

    Closing it is Choice.LEAVE. ``back`` names where leaving leads to, when that is not out of the program.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, sandbox: bool, back: str = "") -> None:
        super().__init__()
        self.setWindowTitle("Market Monitor — SANDBOX" if sandbox else "Market Monitor")
        self.theme = theme
        self._back = back
        self._heading = named(QLabel(), "heading")
        self._text = QLabel()
        self._failure = named(QLabel(), "failure")
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._rows = {choice: (QPushButton(), named(QLabel(), "hint")) for choice in Choice}
        self._lay_out(sandbox)

    @property
    def sentence(self) -> str:
        """What is said about the other program, and what went wrong when something did."""
        return f"{self._text.text()} {self._failure.text()}".strip()

    def button(self, choice: Choice) -> QPushButton:
        return self._rows[choice][0]

    def offer(self, owner: Owner, failure: str = "") -> None:
        """Ask what to do about ``owner``."""
        since = f" since {fmt.day_and_clock(owner.since_ms)}, New York time" if owner.since_ms else ""
        self._say(
            f"{_upper(owner.name)} is at work here",
            f"It has been using this data folder{since}. One program at a time holds the sign-in, the stream and the "
            "database: Schwab allows one stream a person.",
            failure,
        )
        is_window = owner.program == "window"
        rows = {
            Choice.TAKE_OVER: (
                "&Take over",
                f"{_upper(owner.name)} finishes what it is writing and logs out. {_after(owner)}",
            ),
            Choice.STAND_BY: ("&Stand by", f"Wait here; this window opens by itself once {owner.name} has ended."),
        }
        if is_window:
            rows = {Choice.SHOW: ("Show that &window", "Bring it to the front, and leave this one.")} | rows
        self._show_rows(rows | self._leaving(), Choice.SHOW if is_window else Choice.TAKE_OVER)

    def wait(self, owner: Owner, handed_over: bool = False, failure: str = "") -> None:
        """Stand by for the end of ``owner``, which may have taken over from this window."""
        went_on = "Everything recorded so far is on disk. " if handed_over else ""
        at = f" at {fmt.clock(owner.since_ms)}, New York time" if owner.since_ms else ""
        self._say(
            f"{_upper(owner.name)} took over" if handed_over else "Standing by",
            (f"It did so{at}. {went_on}" if handed_over else f"{_upper(owner.name)} is using this data folder. ")
            + f"This window {'comes back' if handed_over else 'opens'} by itself once {owner.name} has ended.",
            failure,
        )
        word = "&Take back" if handed_over else "&Take over"
        hint = f"{_upper(owner.name)} finishes what it is writing and logs out. {_after(owner)}"
        self._show_rows({Choice.TAKE_OVER: (word, hint)} | self._leaving(), None)

    def ask(self, owner: Owner, to_show: bool = False) -> None:
        """Wait until ``owner`` has done what it was asked to: to show itself, or to finish."""
        done = "It comes to the front" if to_show else "It finishes what it is writing and logs out"
        heading = f"Asking {owner.name}" if to_show else f"Taking over from {owner.name}"
        self._say(heading, f"{done}; that takes a moment.", busy=True)
        self._show_rows({Choice.CANCEL: ("&Cancel", "Leave it as it is.")}, None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()  # the style sheet has given every part its size by now

    def done(self, result: int) -> None:
        """However the window is closed, the person leaves."""
        super().done(result)
        self.chosen.emit(Choice.LEAVE)

    def _leaving(self) -> dict[Choice, tuple[str, str]]:
        if self._back:
            return {Choice.LEAVE: ("&Back", self._back)}
        return {Choice.LEAVE: ("&Quit", "Leave everything as it is.")}

    def _say(self, heading: str, text: str, failure: str = "", busy: bool = False) -> None:
        self._heading.setText(heading)
        self._text.setText(text)
        self._failure.setText(failure)
        self._failure.setVisible(bool(failure))
        self._progress.setVisible(busy)

    def _show_rows(self, rows: dict[Choice, tuple[str, str]], primary: Choice | None) -> None:
        for choice, (button, hint) in self._rows.items():
            word, meaning = rows.get(choice, ("", ""))
            button.setText(word)
            button.setAccessibleDescription(meaning)
            hint.setText(meaning)
            for part in (button, hint):
                part.setVisible(choice in rows)
            button.setAutoDefault(primary is not None)  # else Enter does nothing, whatever has the keyboard
            button.setDefault(choice is primary)
        first = self.button(primary or next(iter(rows)))
        first.setFocus()
        self._fit()

    def _fit(self) -> None:
        self._column.activate()
        self.resize(_WIDTH, self._column.totalHeightForWidth(_WIDTH))

    def _lay_out(self, sandbox: bool) -> None:
        head = QHBoxLayout()
        head.addWidget(self._heading)
        head.addStretch(1)
        if sandbox:
            banner = named(QLabel("SANDBOX"), "sandboxBanner")
            banner.setMinimumHeight(_BANNER_HEIGHT)
            head.addWidget(banner)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        for row, (choice, (button, hint)) in enumerate(self._rows.items()):
            hint.setWordWrap(True)
            button.clicked.connect(lambda _=False, choice=choice: self._choose(choice))
            grid.addWidget(button, row, 0)
            grid.addWidget(hint, row, 1)
        for label in (self._heading, self._text, self._failure):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._failure.setWordWrap(True)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._text)
        column.addWidget(self._failure)
        column.addWidget(self._progress)
        column.addSpacing(4)
        column.addLayout(grid)
        column.addStretch(1)
        self.setFixedWidth(_WIDTH)

    def _choose(self, choice: Choice) -> None:
        if choice is Choice.LEAVE:
            self.reject()
        else:
            self.chosen.emit(choice)


def _upper(name: str) -> str:
    return name[0].upper() + name[1:]


def _after(owner: Owner) -> str:
    """What becomes of the other program."""
    if owner.program == "collector":
        return "Started with --stand-by it goes on recording when this window is closed; otherwise it ends."
    return "It then stands by." if owner.program else ""

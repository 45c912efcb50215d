"""Where there is no password store: a passphrase that keeps the sign-in, asked for at each start."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtWidgets import QButtonGroup, QFormLayout, QLineEdit, QPushButton, QRadioButton, QWidget

from monitor.errors import MonitorError
from monitor.ports import SignIn
from monitor.ui.signin.sheet import Card, WordsSheet, explained, paragraph, show_tone, side_by_side
from monitor.ui.tasks import Tasks

KEEPING = "sign-in.keep"
_UNLOCK_WORDS = (
    "A sign-in is kept on this machine, encrypted with the passphrase that you chose. Enter it to go on with it."
)
_FORGOTTEN = (
    "Without the passphrase nobody can open what is kept, and neither can this program. Starting over sets it aside "
    "and asks for the developer key and a new sign-in. What was recorded of the market stays."
)
_KEEP_WORDS = (
    "This machine has no password store that could hold the key to your sign-in, which opens your account. Nothing is "
    "written before you choose."
)
_ENCRYPTED = (
    "Developer key and sign-in stay on disk, encrypted. The passphrase is asked for once at each start. Nobody can "
    "recover it: should you forget it, you enter the key and sign in anew, and lose nothing else."
)
_SESSION = (
    "Both are kept in memory and are gone when the program ends. The next start asks for the developer key and a "
    "sign-in again."
)


def strength(passphrase: str) -> tuple[str, str]:
    """How hard a passphrase is to guess, in words, by what matters most: its length. With the tone to say it in."""
    length = len(passphrase)
    if not length:
        return "Four or five unrelated words are hard to guess and easy to remember.", ""
    if length < 8:
        return "Very short: a computer guesses it at once.", "wrong"
    if length < 12:
        return "Short: a computer guesses it in time. A few more letters help most.", "unusual"
    return ("Good.", "fine") if length < 20 else ("Very good.", "fine")


class _PassphraseSheet(WordsSheet):
    """A sheet whose answer takes a moment, because a passphrase is turned into a key slowly on purpose."""

    def __init__(self, heading: str, words: str, tasks: Tasks, parent: QWidget | None) -> None:
        super().__init__(heading, words, parent)
        self._tasks = tasks
        self.passphrase = _secret_line("Passphrase")
        self.first = self.passphrase

    def leave(self) -> None:
        self._tasks.cancel(KEEPING)
        self._wait(False)
        self.fail("")
        for line in self.findChildren(QLineEdit):
            line.clear()

    def settle(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it while the sheet waits; then ``settled``, or what is wrong is said."""
        self._wait(True)
        self.fail("")
        self._tasks.start(KEEPING, self._settle(work))

    async def _settle(self, work: Coroutine[Any, Any, None]) -> None:
        # Closing the dialog cancels this: nothing below the await may touch widgets that are gone by then.
        try:
            await work
        except MonitorError as error:
            self._wait(False)
            self.fail(error.sentence)
            self.passphrase.setFocus()
            self.passphrase.selectAll()
        else:
            self._wait(False)
            self.settled.emit()

    def _wait(self, waiting: bool) -> None:
        for part in (self, *self.foot, *self.aside):
            part.setEnabled(not waiting)


class UnlockSheet(_PassphraseSheet):
    """The passphrase of a stored sign-in, or a new start without it."""

    def __init__(self, sign_in: SignIn, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("Unlock your sign-in", _UNLOCK_WORDS, tasks, parent)
        self._sign_in = sign_in
        fields = QFormLayout()
        fields.setHorizontalSpacing(12)
        fields.addRow("&Passphrase", self.passphrase)
        self.forgotten = Card("Start over?")
        self.forgotten.column.addWidget(paragraph(_FORGOTTEN, "body"))
        self.over = QPushButton("Yes, start &over")
        self.over.setAutoDefault(False)
        self.over.clicked.connect(lambda: self.settle(sign_in.start_over()))
        self.forgotten.column.addLayout(side_by_side(self.over))
        for widget in (self.failure, self.forgotten):
            self.column.addWidget(widget)
        self.column.insertLayout(2, fields)
        self.column.addStretch(1)
        self.forget = self.add_button("&Forgotten…", lambda: self.forgotten.setVisible(True), aside=True)
        self.unlock = self.add_button("&Unlock", self.submit, primary=True)

    def arrive(self) -> None:
        self.forgotten.hide()
        super().arrive()

    def submit(self) -> None:
        """Try the passphrase."""
        self.settle(self._sign_in.keep_with_passphrase(self.passphrase.text()))


class KeepSheet(_PassphraseSheet):
    """A passphrase, or this session only."""

    def __init__(self, sign_in: SignIn, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("Where should the sign-in be kept?", _KEEP_WORDS, tasks, parent)
        self._sign_in = sign_in
        self.encrypted = QRadioButton("On &disk, with a passphrase")
        self.session_only = QRadioButton("&This session only")
        self._ways = QButtonGroup(self)
        self.again = _secret_line("The passphrase once more")
        self.hint = paragraph("", "remark")
        self.fields = QWidget()
        self.keep = self.add_button("", self.submit, primary=True)
        self._lay_out()
        self.encrypted.toggled.connect(self._show_way)
        for line in (self.passphrase, self.again):
            line.textChanged.connect(self._look)
        self.encrypted.setChecked(True)
        self._look()

    def submit(self) -> None:
        """Take the passphrase when both fields agree, or go on without one."""
        if self.session_only.isChecked():
            self.settled.emit()
        elif self.passphrase.text() == self.again.text():
            self.settle(self._sign_in.keep_with_passphrase(self.passphrase.text()))
        else:
            self.fail("The two passphrases differ.")

    def _show_way(self, encrypted: bool) -> None:
        self.fields.setVisible(encrypted)
        self.fail("")
        self.keep.setText("&Encrypt and continue" if encrypted else "&Continue")
        self._look()

    def _look(self) -> None:
        sentence, tone = strength(self.passphrase.text())
        self.hint.setText(sentence)
        show_tone(self.hint, tone)
        typed = bool(self.passphrase.text() and self.again.text())
        self.keep.setEnabled(typed or self.session_only.isChecked())

    def _lay_out(self) -> None:
        rows = QFormLayout(self.fields)
        rows.setContentsMargins(22, 0, 0, 0)
        rows.setHorizontalSpacing(12)
        rows.setVerticalSpacing(8)
        rows.addRow("&Passphrase", self.passphrase)
        rows.addRow("Once &more", self.again)
        rows.addRow("", self.hint)
        for button, words in ((self.encrypted, _ENCRYPTED), (self.session_only, _SESSION)):
            self._ways.addButton(button)
            card = Card()
            card.column.addLayout(explained(button, words))
            self.column.addWidget(card)
            if button is self.encrypted:
                card.column.addWidget(self.fields)
        self.column.addWidget(self.failure)
        self.column.addStretch(1)


def _secret_line(name: str) -> QLineEdit:
    line = QLineEdit()
    line.setEchoMode(QLineEdit.EchoMode.Password)
    line.setAccessibleName(name)
    return line

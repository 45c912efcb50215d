"""What is asked before the page opens: the developer key, and the passphrase that keeps tokens without a keyring."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from monitor.errors import MonitorError
from monitor.ports import SignIn
from monitor.ui.panel import named
from monitor.ui.tasks import Tasks

KEEPING = "sign-in.keep"
_KEY_HINT = (
    "Register an app on developer.schwab.com, wait until it is “Ready For Use”, and copy its key and secret. "
    "The callback URL must be the registered one, character by character."
)
_UNLOCK_HINT = (
    "The sign-in of an earlier run is kept on disk, encrypted with a passphrase. Enter it to go on with that sign-in, "
    "or start over: the old one is then set aside, and the developer key is asked for again."
)
_KEEP_HINT = (
    "This machine has no password store that can be trusted with the sign-in. Choose a passphrase that encrypts it "
    "on disk, or keep it in memory until the program ends. Nothing is written before you choose."
)


class _Form(QWidget):
    """A heading, a hint, fields, a line for what is wrong, and buttons at the foot."""

    accepted = Signal()

    def __init__(self, heading: str, hint: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.failure = named(QLabel(), "failure")
        self._primary: QPushButton | None = None
        self.fields = QFormLayout()
        self.buttons = QHBoxLayout()
        explanation = named(QLabel(hint), "hint")
        for label in (explanation, self.failure):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons.addStretch(1)
        self.fields.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(64, 24, 64, 24)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(named(QLabel(heading), "heading"))
        column.addWidget(explanation)
        column.addSpacing(4)
        column.addLayout(self.fields)
        column.addWidget(self.failure)
        column.addLayout(self.buttons)
        column.addStretch(3)

    def add_button(self, text: str, act: Callable[[], object], primary: bool = False) -> QPushButton:
        """A button at the foot; Enter presses the primary one."""
        button = QPushButton(text)
        button.clicked.connect(lambda: act())
        button.setAutoDefault(primary)
        self.buttons.addWidget(button)
        if primary:
            self._primary = button
        return button

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._primary is not None:
            self._primary.setDefault(True)  # a dialog knows one default button, and only once it holds it

    def add_secret(self, label: str) -> QLineEdit:
        """A field whose text is hidden."""
        field = QLineEdit()
        field.setEchoMode(QLineEdit.EchoMode.Password)
        self.fields.addRow(label, field)
        return field


class _PassphraseForm(_Form):
    """A form whose answer takes a moment, because a passphrase is turned into a key slowly on purpose."""

    def __init__(self, heading: str, hint: str, tasks: Tasks, parent: QWidget | None) -> None:
        super().__init__(heading, hint, parent)
        self._tasks = tasks
        self.passphrase = self.add_secret("&Passphrase")

    def settle(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it while the form waits; then ``accepted``, or what is wrong is said."""
        self.setEnabled(False)
        self.failure.clear()
        self._tasks.start(KEEPING, self._settle(work))

    async def _settle(self, work: Coroutine[Any, Any, None]) -> None:
        # Closing the dialog cancels this: nothing below the await may touch widgets that are gone by then.
        try:
            await work
        except MonitorError as error:
            self.setEnabled(True)
            self.failure.setText(error.sentence)
            self.passphrase.setFocus()
            self.passphrase.selectAll()
        else:
            self.setEnabled(True)
            for field in self.findChildren(QLineEdit):
                field.clear()
            self.accepted.emit()


class UnlockForm(_PassphraseForm):
    """The passphrase of a stored sign-in, or a new start without it."""

    def __init__(self, sign_in: SignIn, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("Unlock the stored sign-in", _UNLOCK_HINT, tasks, parent)
        self._sign_in = sign_in
        self.over = self.add_button("&Start over", lambda: self.settle(self._sign_in.start_over()))
        self.unlock = self.add_button("&Unlock", self.submit, primary=True)

    def submit(self) -> None:
        """Try the passphrase."""
        self.settle(self._sign_in.keep_with_passphrase(self.passphrase.text()))


class KeyForm(_Form):
    """App key, secret and callback URL of the developer account."""

    def __init__(self, sign_in: SignIn, parent: QWidget | None = None) -> None:
        super().__init__("Connect your Schwab developer key", _KEY_HINT, parent)
        self._sign_in = sign_in
        self.client_id = QLineEdit()
        self.fields.addRow("App &key", self.client_id)
        self.secret = self.add_secret("App &secret")
        self.callback = QLineEdit("https://127.0.0.1:8182/")
        self.fields.addRow("&Callback URL", self.callback)
        self.go = self.add_button("&Continue", self.submit, primary=True)

    def submit(self) -> None:
        """Hand the key over; what is wrong with it is said in the form."""
        texts = (self.client_id.text().strip(), self.secret.text().strip(), self.callback.text().strip())
        try:
            self._sign_in.configure(*texts)
        except MonitorError as error:
            self.failure.setText(error.sentence)
            return
        self.secret.clear()
        self.failure.clear()
        self.accepted.emit()


class KeepForm(_PassphraseForm):
    """A passphrase, or this session only."""

    def __init__(self, sign_in: SignIn, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("Where should the sign-in be kept?", _KEEP_HINT, tasks, parent)
        self._sign_in = sign_in
        self.again = self.add_secret("Once &more")
        self.session_only = self.add_button("This session &only", self.accepted.emit)
        self.keep = self.add_button("&Encrypt with it", self.submit, primary=True)

    def submit(self) -> None:
        """Take the passphrase when both fields agree."""
        if self.passphrase.text() == self.again.text():
            self.settle(self._sign_in.keep_with_passphrase(self.passphrase.text()))
        else:
            self.failure.setText("The two passphrases differ.")

"""What is asked before the page opens: the developer key, and how the tokens are kept without a keyring."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from monitor.errors import MonitorError
from monitor.ports import SignIn
from monitor.ui.panel import named

_KEY_HINT = (
    "Register an app on developer.schwab.com, wait until it is “Ready For Use”, and copy its key and secret. "
    "The callback URL must be the registered one, character by character."
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
        self.fields = QFormLayout()
        self.buttons = QHBoxLayout()
        explanation = named(QLabel(hint), "hint")
        for label in (explanation, self.failure):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        column.addWidget(named(QLabel(heading), "heading"))
        column.addWidget(explanation)
        column.addSpacing(4)
        column.addLayout(self.fields)
        column.addWidget(self.failure)
        column.addLayout(self.buttons)
        column.addStretch(1)

    def add_secret(self, label: str) -> QLineEdit:
        """A field whose text is hidden."""
        field = QLineEdit()
        field.setEchoMode(QLineEdit.EchoMode.Password)
        self.fields.addRow(label, field)
        return field


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
        self.go = QPushButton("&Continue")
        self.go.setDefault(True)
        self.go.clicked.connect(self.submit)
        self.buttons.addWidget(self.go)

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


class KeepForm(_Form):
    """A passphrase, or this session only."""

    def __init__(self, sign_in: SignIn, parent: QWidget | None = None) -> None:
        super().__init__("Where should the sign-in be kept?", _KEEP_HINT, parent)
        self._sign_in = sign_in
        self.passphrase = self.add_secret("&Passphrase")
        self.again = self.add_secret("Once &more")
        self.session_only = QPushButton("This session &only")
        self.session_only.clicked.connect(self.accepted)
        self.keep = QPushButton("&Encrypt with it")
        self.keep.setDefault(True)
        self.keep.clicked.connect(self.submit)
        self.buttons.addWidget(self.session_only)
        self.buttons.addWidget(self.keep)

    def submit(self) -> None:
        """Take the passphrase when both fields agree."""
        passphrase = self.passphrase.text()
        if passphrase != self.again.text():
            self.failure.setText("The two passphrases differ.")
            return
        try:
            self._sign_in.keep_with_passphrase(passphrase)
        except MonitorError as error:
            self.failure.setText(error.sentence)
            return
        self.passphrase.clear()
        self.again.clear()
        self.accepted.emit()

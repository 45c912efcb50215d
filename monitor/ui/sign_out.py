"""Signing out is asked about first: it erases more than a person may expect, and less than they may fear."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from monitor.ui.panel import named
from monitor.ui.view_ports import ViewPorts

TASK = "sign-out"
_ERASED = {
    "keyring": "the key in the system's password store that they are encrypted with",
    "passphrase": "the file they are encrypted in; its passphrase opens nothing then",
    "session": "nothing else: they were kept in memory only",
}
_SANDBOX_WORDS = "This erases the tokens that the sandbox gave. No account is touched."
_STAYS = "Everything recorded stays: quotes, prints, books, bars and lists, and the audit of what was done."
_AGAIN = "To come back you need the app key and its secret from developer.schwab.com again."


class SignOutDialog(QDialog):
    """Opened with ``open()``; says what is erased and what stays, then signs out."""

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self.setWindowTitle("Sign out — SANDBOX" if ports.profile.sandbox else "Sign out")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.words = QLabel(_words(ports))
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setMinimumWidth(440)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.sign_out = buttons.addButton("Sign &out", QDialogButtonBox.ButtonRole.DestructiveRole)
        self.cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.cancel.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(16)
        column.addWidget(named(QLabel("Sign out?"), "heading"))
        column.addWidget(self.words)
        column.addWidget(buttons)
        self.cancel.setFocus()
        buttons.rejected.connect(self.reject)
        self.sign_out.clicked.connect(self._sign_out)

    def _sign_out(self) -> None:
        self._ports.tasks.start(TASK, self._ports.sign_in.sign_out())
        self.accept()


def _words(ports: ViewPorts) -> str:
    if ports.profile.sandbox:
        return f"{_SANDBOX_WORDS}\n\n{_STAYS}"
    erased = (
        "the tokens of this sign-in",
        "the app key, its secret and the callback address",
        _ERASED.get(ports.sign_in.kept_by, _ERASED["keyring"]),
    )
    listed = "\n".join(f"  •  {what}" for what in erased)
    return f"This erases from this machine:\n{listed}\n\n{_STAYS}\n\n{_AGAIN}"

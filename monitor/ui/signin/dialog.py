"""The sign-in from start to end: what is locked or not settled yet, then the page."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from monitor.ui.panel import named
from monitor.ui.signin.browser import TASK, SignInBrowser
from monitor.ui.signin.forms import KEEPING, KeepForm, KeyForm, UnlockForm
from monitor.ui.signin.hosts import AllowedHosts
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

_SANDBOX_WORDS = "This is the SANDBOX on this machine; no account is touched."
_LIVE_WORDS = "The page is Schwab's own; the program never sees what you type into it."


class SignInDialog(QDialog):
    """Opened with ``start()``; ``sign_in_finished`` says whether an attempt worked, ``page_loaded`` how far it is."""

    sign_in_finished = Signal(bool)
    page_loaded = Signal(str)

    def __init__(self, ports: ViewPorts, theme: Theme, hosts: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        world = " — SANDBOX" if ports.profile.sandbox else ""
        self.setWindowTitle(f"Sign in{world}")
        self.resize(640, 720)
        self._ports = ports
        self._kept = ports.profile.sandbox
        self.stack = QStackedWidget()
        self.key_form = KeyForm(ports.sign_in)
        self.unlock_form = UnlockForm(ports.sign_in, ports.tasks)
        self.keep_form = KeepForm(ports.sign_in, ports.tasks)
        self.browser = SignInBrowser(ports, theme, AllowedHosts(hosts))
        for page in (self.unlock_form, self.key_form, self.keep_form, self.browser):
            self.stack.addWidget(page)
        self.cancel = QPushButton("Cancel")
        self.cancel.setAutoDefault(False)
        self._lay_out()
        self.cancel.clicked.connect(self.reject)
        self.unlock_form.accepted.connect(self._take_unlocking)
        self.key_form.accepted.connect(self._go_on)
        self.keep_form.accepted.connect(self._take_keeping)
        self.browser.finished.connect(self._take_end)
        self.browser.page_loaded.connect(self.page_loaded)

    def start(self) -> None:
        """Open the dialog at the first step that is not settled."""
        self.open()
        self._go_on()

    def press_enter(self) -> None:
        """Press Enter on the page, for tours without a person."""
        self.browser.press_enter()

    def done(self, result: int) -> None:
        for task in (TASK, KEEPING):
            self._ports.tasks.cancel(task)
        self.browser.let_go()
        super().done(result)

    def _go_on(self) -> None:
        sign_in = self._ports.sign_in
        if sign_in.locked and not self._ports.profile.sandbox:
            self.stack.setCurrentWidget(self.unlock_form)
            self.unlock_form.passphrase.setFocus()
        elif not sign_in.configured:
            self.stack.setCurrentWidget(self.key_form)
            self.key_form.client_id.setFocus()
        elif not self._kept and sign_in.kept_by == "session":
            self.stack.setCurrentWidget(self.keep_form)
            self.keep_form.passphrase.setFocus()
        else:
            self.stack.setCurrentWidget(self.browser)
            self.browser.begin()
        self._words.setVisible(self.stack.currentWidget() is self.browser)

    def _take_unlocking(self) -> None:
        if self._ports.sign_in.signed_in:
            self._take_end(True)
        else:
            self._go_on()

    def _take_keeping(self) -> None:
        self._kept = True
        self._go_on()

    def _take_end(self, ok: bool) -> None:
        self.sign_in_finished.emit(ok)
        if ok:
            self.accept()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 8)
        words = _SANDBOX_WORDS if self._ports.profile.sandbox else _LIVE_WORDS
        self._words = named(QLabel(words), "hint")
        foot.addWidget(self._words)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stack, 1)
        column.addLayout(foot)

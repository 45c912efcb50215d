"""Signing in without the embedded page: in the system's browser, or by pasting the address it ends on."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QWidget

from monitor.errors import MonitorError
from monitor.ui.panel import named
from monitor.ui.signin.outside import copy, forget_copied
from monitor.ui.signin.sheet import Card, WordsSheet, numbered, paragraph, side_by_side
from monitor.ui.view_ports import ViewPorts

BROWSER, PASTE = "sign-in.browser", "sign-in.paste"
_WORDS = "Both use the browser that you know, with its passwords and keys. Whichever is done first signs you in."
_WARNING = (
    "Your browser will warn about a certificate first. It is this program's own, made on this machine a moment ago, so "
    "that {callback} can be answered at all: go on past the warning to Schwab's page. Pasting the address avoids it."
)
_STEPS = (
    "Open the sign-in page in your browser, and sign in.",
    "The browser ends on a page that it cannot show. That is as it should be.",
    "Copy the whole address of that page and paste it here within 30 seconds; it is worth nothing after that.",
)
_NO_BROWSER = "No browser could be opened. Copy the address of the sign-in page and open it yourself."


class OtherWaysSheet(WordsSheet):
    """``finished(True)`` when one of the two ways has led to a sign-in; both are ways through one attempt."""

    finished = Signal(bool)

    def __init__(self, ports: ViewPorts, open_page: Callable[[str], bool], parent: QWidget | None = None) -> None:
        super().__init__("Other ways to sign in", _WORDS, parent)
        self._ports = ports
        self._open_outside = open_page
        self._address = ""  # of the attempt that runs
        self._finished = False
        self.use = QPushButton("&Use my browser")
        self.stop = QPushButton("&Stop waiting")
        self.waiting = paragraph("", "body")
        self.progress = QProgressBar()
        self.warning = paragraph("")
        self.open = QPushButton("&Open the sign-in page")
        self.copy = QPushButton("Copy &its address")
        self.opened = named(QLabel(), "failure")
        self.pasted = QLineEdit()
        self.finish = QPushButton("Si&gn in")
        self.paste_failure = paragraph("", "failure")
        self.first = self.use
        self._lay_out()
        self._connect()

    def arrive(self) -> None:
        self._address, self._finished = "", False
        self._show_waiting(False)
        for label in (self.failure, self.paste_failure, self.opened):
            _say(label, "")
        callback = self._ports.sign_in.callback_url
        self.warning.setText(_WARNING.format(callback=callback))
        # The certificate matters only where the callback is https.
        self.warning.setVisible(callback.startswith("https:"))
        self.pasted.setPlaceholderText(f"{callback}?code=…")
        super().arrive()

    def leave(self) -> None:
        for task in (BROWSER, PASTE):
            self._ports.tasks.cancel(task)
        self._show_waiting(False)
        self._forget_pasted()

    # ------------------------------------------------------------------ the system's browser

    def wait_for_browser(self) -> None:
        """Open the sign-in page in the system's browser and wait until that comes back."""
        _say(self.failure, "")
        self._show_waiting(True)
        self.stop.setFocus()
        self._ports.tasks.start(BROWSER, self._wait())

    def stop_waiting(self) -> None:
        """Listen no longer for the browser."""
        self._ports.tasks.cancel(BROWSER)
        self._address = ""
        self._show_waiting(False)

    async def _wait(self) -> None:
        # Leaving cancels this: nothing below the await may touch widgets that are gone by then.
        try:
            await self._ports.sign_in.finish_in_browser(self._open_attempt)
        except MonitorError as error:
            self._show_waiting(False)
            self._address = ""
            _say(self.failure, error.sentence)
        else:
            self._succeed(PASTE)

    def _open_attempt(self, address: str) -> None:
        self._address = address
        if not self._open_outside(address):
            _say(self.failure, _NO_BROWSER)

    # ------------------------------------------------------------------ pasting

    def submit(self) -> None:
        """Sign in with the address that was pasted."""
        address = self._forget_pasted()
        if address:
            _say(self.paste_failure, "")
            self._show_finishing(True)
            self._ports.tasks.start(PASTE, self._finish(address))

    async def _finish(self, redirected: str) -> None:
        # Leaving cancels this: nothing below the await may touch widgets that are gone by then.
        try:
            await self._ports.sign_in.finish(redirected)
        except MonitorError as error:
            self._show_finishing(False)
            self.pasted.setFocus()
            _say(self.paste_failure, error.sentence)
            if not self.progress.isVisible():
                self._address = ""  # the attempt may be used up: the page is opened for a new one
        else:
            self._show_finishing(False)
            self._succeed(BROWSER)

    def _open_page(self) -> None:
        found = self._open_outside(self._begin())
        _say(self.opened, "" if found else _NO_BROWSER)
        self.pasted.setFocus()

    def _begin(self) -> str:
        """The address of the attempt that runs already, or of a new one."""
        if not self._address:
            self._address = self._ports.sign_in.begin()
        return self._address

    def _forget_pasted(self) -> str:
        """Take the address, which holds a code, out of the field and off the clipboard."""
        address = self.pasted.text().strip()
        self.pasted.clear()
        forget_copied(address)
        return address

    # ------------------------------------------------------------------ both

    def _succeed(self, other: str) -> None:
        if self._finished:
            return
        self._finished = True
        self._ports.tasks.cancel(other)
        self._show_waiting(False)
        self.finished.emit(True)

    def _show_waiting(self, waiting: bool) -> None:
        self.waiting.setText(f"Waiting for your browser to come back to {self._ports.sign_in.callback_url} …")
        for part in (self.waiting, self.progress, self.stop):
            part.setVisible(waiting)
        self.use.setVisible(not waiting)

    def _show_finishing(self, finishing: bool) -> None:
        self.pasted.setEnabled(not finishing)
        self.finish.setEnabled(not finishing and bool(self.pasted.text().strip()))

    def _connect(self) -> None:
        self.use.clicked.connect(self.wait_for_browser)
        self.stop.clicked.connect(self.stop_waiting)
        self.open.clicked.connect(self._open_page)
        self.copy.clicked.connect(lambda: copy(self._begin()))
        self.finish.clicked.connect(self.submit)
        self.pasted.returnPressed.connect(self.submit)
        self.pasted.textChanged.connect(lambda text: self.finish.setEnabled(bool(text.strip())))

    def _lay_out(self) -> None:
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(4)
        self.progress.setAccessibleName("Waiting for your browser")
        self.pasted.setAccessibleName("Address of the page that the browser ended on")
        self.finish.setEnabled(False)
        self.opened.setWordWrap(True)
        for button in (self.use, self.stop, self.open, self.copy, self.finish):
            button.setAutoDefault(False)
        browser = Card("In your own browser")
        for widget in (self.warning, self.waiting, self.progress, self.failure):
            browser.column.addWidget(widget)
        browser.column.addLayout(side_by_side(self.use, self.stop))
        paste = Card("By pasting the address")
        paste.column.addLayout(numbered(_STEPS))
        paste.column.addLayout(side_by_side(self.open, self.copy))
        paste.column.addWidget(self.opened)
        field = QHBoxLayout()
        field.setSpacing(8)
        field.addWidget(self.pasted, 1)
        field.addWidget(self.finish)
        paste.column.addLayout(field)
        paste.column.addWidget(self.paste_failure)
        self.column.addWidget(browser)
        self.column.addWidget(paste)
        self.column.addStretch(1)


def _say(label: QLabel, sentence: str) -> None:
    label.setText(sentence)
    label.setVisible(bool(sentence))

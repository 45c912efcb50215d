"""The embedded browser with its address line: opens the sign-in page and finishes with the redirect it catches."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from monitor.errors import MonitorError
from monitor.ui.icons import icon
from monitor.ui.panel import named
from monitor.ui.signin.hosts import AllowedHosts
from monitor.ui.signin.protection import refuse_unsafe_environment
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

if TYPE_CHECKING:
    from monitor.ui.signin.page import SignInView

TASK = "sign-in"


class SignInBrowser(QWidget):
    """One attempt at a time: ``finished(True)`` when the tokens are there; errors are shown and can be retried."""

    finished = Signal(bool)
    page_loaded = Signal(str)

    def __init__(self, ports: ViewPorts, theme: Theme, allowed: AllowedHosts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._theme = theme
        self._allowed = allowed
        self._taken = False
        self.view: SignInView | None = None
        self.lock = QLabel()
        self.address = QLineEdit()
        self.progress = QProgressBar()
        self.failure = named(QLabel(), "failure")
        self.reload = QPushButton("&Reload")
        self._page = QVBoxLayout()
        self._lay_out()

    def begin(self) -> None:
        """Open the sign-in page with a fresh state."""
        self._taken = False
        self._say("")
        if self.view is not None:
            self.view.show()
        try:
            self._make_view().load(QUrl(self._ports.sign_in.begin()))
        except MonitorError as error:
            self._say(error.sentence)

    def press_enter(self) -> None:
        """Press Enter on the page, for tours without a person."""
        if self.view is not None:
            self.view.press_enter()

    def let_go(self) -> None:
        """Take the page down, with all it remembers."""
        view, self.view = self.view, None
        if view is not None:
            view.let_go()
            view.deleteLater()

    def _make_view(self) -> "SignInView":
        if self.view is not None:
            return self.view
        refuse_unsafe_environment(self._ports.profile.sandbox)
        # QtWebEngine costs half a second and 200 MB: it is loaded only when somebody signs in.
        from monitor.ui.signin.page import SignInView

        view = SignInView(self._allowed, self._ports.sign_in.callback_url, self)
        # No white glare in a dark window while the first page is on its way; pages themselves expect white.
        view.sign_in_page.setBackgroundColor(self._theme.colours.colour("panel"))
        view.sign_in_page.redirected.connect(self._take_redirect)
        view.sign_in_page.refused.connect(self._say)
        view.urlChanged.connect(self._show_address)
        view.loadStarted.connect(lambda: self.progress.setVisible(True))
        view.loadProgress.connect(self.progress.setValue)
        view.loadFinished.connect(self._page_done)
        self._page.addWidget(view)
        self.view = view
        return view

    def _take_redirect(self, url: str) -> None:
        if self._taken:
            return
        self._taken = True
        self.progress.setRange(0, 0)
        self.progress.show()
        self._ports.tasks.start(TASK, self._finish(url))

    async def _finish(self, url: str) -> None:
        # Closing the dialog cancels this: nothing below the await may touch widgets that are gone by then.
        try:
            await self._ports.sign_in.finish(url)
        except MonitorError as error:
            self._end_progress()
            if self.view is not None:
                self.view.hide()  # what it still shows leads nowhere
            self._say(f"{error.sentence} Reload to try again.")
            self.finished.emit(False)
        else:
            self._end_progress()
            self.finished.emit(True)

    def _end_progress(self) -> None:
        self.progress.setRange(0, 100)
        self.progress.hide()

    def _page_done(self, loaded: bool) -> None:
        if self._taken:
            return
        self.progress.hide()
        if loaded and self.view is not None:
            self.view.sign_in_page.setBackgroundColor(Qt.GlobalColor.white)
            self.view.setFocus()
            self.page_loaded.emit(_without_query(self.view.url()))
        elif not self.failure.text():
            self._say("The page did not load. Check the connection, then reload.")

    def _show_address(self, url: QUrl) -> None:
        secure = url.scheme() == "https"
        c = self._theme.colours
        self.lock.setPixmap(icon("lock" if secure else "unlock", c.up if secure else c.amber).pixmap(16))
        self.lock.setToolTip("Encrypted" if secure else "Not encrypted: the sandbox on this machine")
        # The query holds the state and the key: only host and path are shown.
        self.address.setText(_without_query(url))
        self.address.setCursorPosition(0)

    def _say(self, sentence: str) -> None:
        self.failure.setText(sentence)
        self.failure.setVisible(bool(sentence))

    def _lay_out(self) -> None:
        self.address.setReadOnly(True)
        self.address.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.address.setAccessibleName("Address of the page")
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(4)
        self.progress.hide()
        self.failure.setWordWrap(True)
        self.failure.setTextFormat(Qt.TextFormat.PlainText)
        self.failure.setContentsMargins(12, 8, 12, 8)
        self.failure.hide()
        self.reload.setAutoDefault(False)  # Enter belongs to the page
        self.reload.clicked.connect(self.begin)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self.lock)
        row.addWidget(self.address, 1)
        row.addWidget(self.reload)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.progress)
        column.addWidget(self.failure)
        column.addLayout(self._page, 1)


def _without_query(url: QUrl) -> str:
    return f"{url.scheme()}://{url.authority()}{url.path()}"

"""The embedded browser with its address line: opens the sign-in page and finishes with the redirect it catches."""

import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from monitor.errors import MonitorError
from monitor.ui.signin import walls
from monitor.ui.signin.address_line import AddressLine
from monitor.ui.signin.hosts import AllowedHosts, host_of, place_of
from monitor.ui.signin.protection import refuse_unsafe_environment
from monitor.ui.signin.sheet import paragraph
from monitor.ui.signin.wall_card import WallCard
from monitor.ui.signin.walls import PageSeen, Wall, Way
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

if TYPE_CHECKING:
    from monitor.ui.signin.page import SignInView

TASK = "sign-in"
#: A page that has not come by then does not come.
PATIENCE_MS = 30_000
#: Pages draw themselves after they have loaded, so they are looked at again, a few times.
LOOK_MS = 1500
_LOOKS = 4
_ERROR_STATUS = 400
_OLD = "The page's browser lacks the fixes of the last 90 days: update the program, or sign in in the system's browser."


class SignInBrowser(QWidget):
    """One attempt at a time, each on a new page: ``finished(True)`` when the tokens are there.

    What stands in the way is shown on a card and can be tried again; ``other_way_wanted`` and ``key_wanted`` are its
    buttons that lead away from the page.
    """

    finished = Signal(bool)
    page_loaded = Signal(str)
    other_way_wanted = Signal()
    key_wanted = Signal()

    def __init__(self, ports: ViewPorts, theme: Theme, allowed: AllowedHosts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._theme = theme
        self._allowed = allowed
        self._taken = False
        self._seen = False
        self._given_up = False
        self._status = 0
        self._logins = 0
        self._refused: set[str] = set()
        self._looks_left = 0
        self.view: SignInView | None = None
        self.address = AddressLine(theme)
        self.progress = QProgressBar()
        self.reload = QPushButton("&Reload")
        self.card = WallCard(theme)
        self.note = paragraph("")
        self._stage = QWidget()  # keeps the page's place while it is hidden
        self._page = QVBoxLayout(self._stage)
        self._patience = QTimer(self)
        self._look_again = QTimer(self)
        self._lay_out()
        self._connect()

    def begin(self) -> None:
        """Open the sign-in page with a fresh state, on a page that knows nothing of the one before."""
        self.let_go()
        self._taken = self._seen = self._given_up = False
        self._status = self._logins = 0
        self._refused.clear()
        self._end_exchange()
        self.address.show_address(QUrl())
        self._stand_before(None)
        try:
            view = self._make_view()
            self._patience.start(PATIENCE_MS)
            view.load(QUrl(self._ports.sign_in.begin()))
        except MonitorError as error:
            self._patience.stop()
            self._stand_before(walls.not_opened(error.sentence))

    def press_enter(self) -> None:
        """Press Enter on the page, for tours without a person."""
        if self.view is not None:
            self.view.press_enter()

    def let_go(self) -> None:
        """Take the page down, with all it remembers."""
        self._patience.stop()
        self._look_again.stop()
        view, self.view = self.view, None
        if view is not None:
            view.hide()
            self._page.removeWidget(view)
            view.let_go()

    def _make_view(self) -> "SignInView":
        refuse_unsafe_environment(self._ports.profile.sandbox)
        # QtWebEngine costs half a second and 200 MB: it is loaded only when somebody signs in.
        from monitor.ui.signin.page import SignInView, browser_is_old

        view = SignInView(self._allowed, self._ports.sign_in.callback_url, self)
        page = view.sign_in_page
        # No white glare in a dark window while the first page is on its way; pages themselves expect white.
        page.setBackgroundColor(self._theme.colours.colour("panel"))
        page.redirected.connect(self._take_redirect)
        page.refused.connect(self._take_refusal)
        page.led_away.connect(self._take_leading_away)
        page.arrived.connect(self._take_page)
        page.failed.connect(lambda: self._give_up(walls.SILENT))
        page.untrusted.connect(lambda dates: self._give_up(walls.untrusted(dates)))
        page.renderProcessTerminated.connect(lambda *_: self._give_up(walls.CRASHED))
        view.urlChanged.connect(self._take_address)
        view.loadStarted.connect(self._start_progress)
        view.loadProgress.connect(self.progress.setValue)
        view.loadFinished.connect(self._end_loading)
        self._page.addWidget(view)
        view.show()
        self.view = view
        today = datetime.datetime.now(datetime.UTC).date()
        if not self._ports.profile.sandbox and browser_is_old(today):
            self._note(_OLD)
        return view

    # ------------------------------------------------------------------ the page

    def _take_page(self, status: int) -> None:
        """A page of a listed host is there, with this HTTP status."""
        view = self.view
        if view is None or self._taken:
            return
        self._seen = True
        self._status = status
        view.sign_in_page.setBackgroundColor(Qt.GlobalColor.white)
        self._read(new=True)
        self._looks_left = _LOOKS
        self._look_again.start(LOOK_MS)
        if status < _ERROR_STATUS:
            view.setFocus()
            self.page_loaded.emit(place_of(view.url()))

    def _look(self) -> None:
        self._looks_left -= 1
        if self._looks_left <= 0:
            self._look_again.stop()
        self._read(new=False)

    def _read(self, new: bool) -> None:
        """Hold the page's visible words against the walls; they are not kept."""
        view = self.view
        if view is not None:
            view.sign_in_page.toPlainText(lambda text: self._recognise(view, text, new))

    def _recognise(self, view: "SignInView", text: str, new: bool) -> None:
        if view is not self.view or self._taken:
            return
        seen = PageSeen(host_of(view.url()), self._status, view.title(), text, self._logins)
        if new and seen.asks_login and not seen.complains:
            self._logins += 1
            seen = PageSeen(seen.host, seen.status, seen.title, text, self._logins)
        self._stand_before(walls.recognise(seen, self._ports.sign_in.callback_url))

    def _take_leading_away(self) -> None:
        if not self._seen:
            self._give_up(walls.CAPTIVE)

    def _give_up(self, wall: Wall) -> None:
        """Nothing more comes of this page."""
        if self._taken:
            return
        self._given_up = True
        self._patience.stop()
        self._look_again.stop()
        self._end_progress()
        self.address.show_address(QUrl())
        self._stand_before(wall)

    def _run_out_of_patience(self) -> None:
        if self.view is not None:
            self.view.stop()
        self._give_up(walls.SILENT)

    def _stand_before(self, wall: Wall | None) -> None:
        """Show the wall above the page; a page that leads nowhere is hidden."""
        known = wall == self.card.wall
        self.card.show_wall(wall)
        if self.view is not None:
            self.view.setVisible(wall is None or wall.page_stays)
        if wall is not None and not wall.page_stays and not known:
            self.card.take_keyboard()

    # ------------------------------------------------------------------ the end

    def _take_redirect(self, url: str) -> None:
        if self._taken:
            return
        self._taken = True
        self._patience.stop()
        self._look_again.stop()
        self._stand_before(None)
        self._note("Signing in…")
        self.reload.setEnabled(False)
        if self.view is not None:
            self.view.setEnabled(False)  # the code is on its way: a second click on the page must not count
        self.progress.setRange(0, 0)
        self.progress.show()
        self._ports.tasks.start(TASK, self._finish(url))

    async def _finish(self, url: str) -> None:
        # Closing the dialog cancels this: nothing below the await may touch widgets that are gone by then.
        try:
            await self._ports.sign_in.finish(url)
        except MonitorError as error:
            self._end_exchange()
            self._stand_before(walls.not_finished(url, error.sentence))
            self.finished.emit(False)
        else:
            self._end_exchange()
            self.finished.emit(True)

    def _end_exchange(self) -> None:
        self._end_progress()
        self._note("")
        self.reload.setEnabled(True)

    # ------------------------------------------------------------------ what is said

    def _take_refusal(self, kind: str, sentence: str) -> None:
        """Say what the page was refused; the audit has each kind once an attempt."""
        if self._taken:
            return
        self._note(sentence)
        if kind not in self._refused:
            self._refused.add(kind)
            self._ports.recorder.record_audit("refusal", sentence)

    def _take_address(self, url: QUrl) -> None:
        if self._given_up:
            return  # the browser's own page about what failed: no lock belongs to it
        self.address.show_address(url)
        if self._seen and not self._taken:
            self._looks_left = _LOOKS
            self._look_again.start(LOOK_MS)

    def _note(self, words: str) -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def _start_progress(self) -> None:
        self.progress.show()
        self._patience.start(PATIENCE_MS)

    def _end_loading(self) -> None:
        self._patience.stop()
        if not self._taken:
            self._end_progress()

    def _end_progress(self) -> None:
        self.progress.setRange(0, 100)
        self.progress.hide()

    def _go(self, way: Way) -> None:
        match way:
            case Way.RELOAD:
                self.begin()
            case Way.KEY:
                self.key_wanted.emit()
            case Way.OTHER:
                self.other_way_wanted.emit()

    def _connect(self) -> None:
        self.reload.clicked.connect(self.begin)
        self.card.chosen.connect(self._go)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._run_out_of_patience)
        self._look_again.timeout.connect(self._look)

    def _lay_out(self) -> None:
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(4)
        self.progress.hide()
        self.note.setContentsMargins(16, 8, 16, 8)
        self.note.hide()
        self.reload.setAutoDefault(False)  # Enter belongs to the page
        row = QHBoxLayout()
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self.address, 1)
        row.addWidget(self.reload)
        around_card = QVBoxLayout()
        around_card.setContentsMargins(16, 8, 16, 8)
        around_card.addWidget(self.card)
        self._page.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.progress)
        column.addLayout(around_card)
        column.addWidget(self._stage, 1)
        column.addWidget(self.note)

"""The step with Schwab's own page: why one signs in now, the page, and the ways around it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from monitor.analysis.renewal import good_moment, moment_in_words
from monitor.ports import SignInState
from monitor.ui.format import both_clocks
from monitor.ui.panel import named
from monitor.ui.signin.browser import SignInBrowser
from monitor.ui.signin.sheet import Sheet, paragraph
from monitor.ui.view_ports import ViewPorts

_BROKERAGE = (
    "Use your brokerage login, as for schwab.com, not the developer portal's. The page is Schwab's own: the program "
    "never sees what you type into it."
)
_ENDED = (
    "Schwab has ended your sign-in, as it does after seven days at the latest. Your panels stay as they are, and new "
    "data come again as soon as you have signed in."
)
_SANDBOX = "This is the SANDBOX on this machine; no account is touched. Its page is filled in already: press Enter."


class EmbeddedSheet(Sheet):
    """``other_way_wanted`` and ``key_wanted`` are asked for at the foot, or by a card of the page itself."""

    other_way_wanted = Signal()
    key_wanted = Signal()

    def __init__(self, ports: ViewPorts, browser: SignInBrowser, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._ports = ports
        self.browser = browser
        self.heading = named(QLabel(), "heading")
        self.words = paragraph("")
        self.proposal = paragraph("")
        head = QVBoxLayout()
        head.setContentsMargins(16, 12, 16, 4)
        head.setSpacing(4)
        for label in (self.heading, self.words, self.proposal):
            head.addWidget(label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(browser, 1)
        self.other = self.add_button("&Other ways to sign in…", self.other_way_wanted.emit, aside=True)
        self.key = self.add_button("Change the developer &key…", self.key_wanted.emit, aside=True)
        if ports.profile.sandbox:
            self.aside.remove(self.key)  # it brings its own
        # The page's cards offer the same two where they help.
        browser.other_way_wanted.connect(self.other_way_wanted)
        browser.key_wanted.connect(self.key_wanted)

    def arrive(self) -> None:
        heading, words = self._why()
        self.heading.setText(heading)
        self.words.setText(words)
        proposal = self._proposal()
        self.proposal.setText(proposal)
        self.proposal.setVisible(bool(proposal))
        self.browser.begin()

    def leave(self) -> None:
        self.browser.let_go()

    def _why(self) -> tuple[str, str]:
        sign_in, sandbox = self._ports.sign_in, self._ports.profile.sandbox
        place = f" {_SANDBOX}" if sandbox else ""
        over = sign_in.expires_ms is not None and sign_in.expires_ms <= self._ports.meters.now_ms()
        if sign_in.state is SignInState.ENDED or over:
            return "Sign in again", f"{_ENDED}{place}"
        if sign_in.state is SignInState.SIGNED_IN and sign_in.expires_ms is not None:
            until = both_clocks(sign_in.expires_ms)
            return "Renew your sign-in", (
                f"Your sign-in holds until {until}. Signing in anew starts another seven days; the stream goes on "
                f"meanwhile.{place}"
            )
        return ("Sign in to the sandbox", _SANDBOX) if sandbox else ("Sign in at Schwab", _BROKERAGE)

    def _proposal(self) -> str:
        """When renewing would keep the next end out of the market's hours."""
        expires_ms, now_ms = self._ports.sign_in.expires_ms, self._ports.meters.now_ms()
        if not self._ports.sign_in.signed_in or expires_ms is None:
            return ""
        moment = good_moment(expires_ms, now_ms)
        if moment is None:
            return ""
        if moment <= now_ms:
            return "Now is a good moment: the market is closed, and it will be when the next seven days end."
        return (
            f"A good moment is {moment_in_words(moment, now_ms)} ET: then the next seven days end outside market hours "
            "too. Now works as well."
        )

"""The first page a person meets: the sandbox now, or an account, and what an account takes."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from monitor.ui.icons import icon
from monitor.ui.panel import named
from monitor.ui.signin.outside import copy
from monitor.ui.signin.sheet import Card, Choice, WordsSheet, numbered, paragraph, side_by_side
from monitor.ui.theme import Theme

PORTAL = "https://developer.schwab.com"
_WORDS = "Quotes, Level 2 books and charts, live, and everything kept on your own machine. How would you like to begin?"
_SANDBOX = "A simulated market on this machine. No account is needed, and nothing in it is real."
_ACCOUNT = "With your brokerage login, and an app key from Schwab's developer portal."
_DAYS = (
    "A new app is “Approved - Pending” at Schwab for some days, and nobody can sign in with it until it is "
    "“Ready For Use”. The sandbox is the way to pass that time: everything works in it as it will with your account."
)
_NEEDED = (
    "Register at developer.schwab.com as an individual developer. This login is apart from your brokerage login.",
    "Create an app there with the product “Market Data Production” and the callback address "
    "https://127.0.0.1:8182/, exactly so.",
    "Wait until the app's status is “Ready For Use”. It takes a few days.",
    "Come back with the app key and its secret.",
)


class WelcomeSheet(WordsSheet):
    """Two ways in: ``sandbox_wanted``, or ``settled`` to go on with an account."""

    sandbox_wanted = Signal()

    def __init__(self, theme: Theme, open_page: Callable[[str], bool], parent: QWidget | None = None) -> None:
        super().__init__("Welcome to Market Monitor", _WORDS, parent)
        self._theme = theme
        self._open = open_page
        self.sandbox = Choice("flask", "Try the sandbox now", _SANDBOX, theme)
        self.account = Choice("sign-in", "Connect a Schwab account", _ACCOUNT, theme)
        self.sandbox.clicked.connect(self.sandbox_wanted)
        self.account.clicked.connect(self.settled)
        self.primary = self.first = self.account
        self.what = named(QToolButton(), "link")
        self.what.setText("&What do I need?")
        self.what.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.what.setCheckable(True)
        self.what.toggled.connect(self._unfold)
        self.needed = Card()
        self.needed.column.addLayout(numbered(_NEEDED))
        self.needed.column.addLayout(self._portal_buttons())
        for widget in (self.sandbox, self.account, paragraph(_DAYS), self.what, self.needed):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self._unfold(False)

    def _portal_buttons(self) -> QHBoxLayout:
        self.portal = QPushButton("&Open developer.schwab.com")
        self.portal.clicked.connect(self._open_portal)
        self.copy = QPushButton("Co&py the address")
        self.copy.clicked.connect(lambda: copy(PORTAL))
        row = side_by_side(self.portal, self.copy)
        row.setContentsMargins(28, 4, 0, 0)
        self.needed.column.addWidget(self.failure)
        return row

    def _open_portal(self) -> None:
        found = self._open(PORTAL)
        self.fail("" if found else "No browser could be opened. Copy the address and open it in a browser yourself.")

    def _unfold(self, unfolded: bool) -> None:
        self.needed.setVisible(unfolded)
        self.updateGeometry()
        self.what.setIcon(icon("unfolded" if unfolded else "folded", self._theme.colours.accent))

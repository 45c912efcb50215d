"""The Level 2 panel: the book of its link group's symbol, with spread, imbalance and the age of what it shows."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from monitor.analysis.doubt import doubt_of_book
from monitor.live.events import BoardChanged, SignInChanged
from monitor.market.book import Book, BookService
from monitor.market.instrument import is_index
from monitor.ports import SignInState, Wanted
from monitor.ui import format as text
from monitor.ui.book.canvas import BookCanvas
from monitor.ui.book.model import imbalance, pick, spread
from monitor.ui.fitting import FittingLabel
from monitor.ui.link import Link, LinkGroup
from monitor.ui.panel import Panel, named
from monitor.ui.theme import Theme, data_font
from monitor.ui.view_ports import ViewPorts
from monitor.ui.wish import Wish

OWNER = "book"
#: A book that has not changed for so long is shaded.
STALE_MS = 10_000
_ROWS, _CUMULATIVE = "book.rows", "book.cumulative"
_IMBALANCE = "Imbalance: bid minus ask size of the rows in view, in percent of both together"
_DOUBTS = {"crossed": "crossed: the bid is above the ask", "below zero": "a price or size is below zero"}
_SERVICES = {BookService.NASDAQ: "NASDAQ_BOOK", BookService.NYSE: "NYSE_BOOK"}


class BookPanel(Panel):
    """Follows the link group; wants the symbol's book and quote from the stream while it shows them."""

    def __init__(self, ports: ViewPorts, link: Link | LinkGroup, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Level 2", link, parent)
        self._ports = ports
        self._symbol = ""
        self._service: BookService | None = None
        self._shown: tuple[BookService, Book] | None = None
        self._heard_ms = 0
        self._wish = Wish(self, ports.watching, OWNER)
        self.canvas = BookCanvas(theme, self)
        self._build_header()
        self._build_body()
        self.canvas.scrolled.connect(self._show_note)
        self._stops = (
            ports.bus.listen(BoardChanged, self._hear),
            ports.bus.listen(SignInChanged, lambda _: self._show_newest()),
        )
        self.link.symbol_changed.connect(self.show_symbol)
        self._age = QTimer(self, interval=1000)
        self._age.timeout.connect(self.look_at_age)
        self._age.start()
        self.show_symbol(self.link.symbol)

    def _build_header(self) -> None:
        more = named(QToolButton(), "panelMenu")
        more.setText("⋯")
        more.setAccessibleName("Level 2 options")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._options = QMenu(more)
        self._options.aboutToShow.connect(self._fill_options)
        more.setMenu(self._options)
        self.header_row.addWidget(more)

    def _build_body(self) -> None:
        body, foot = QWidget(), QWidget()
        self._footer = named(FittingLabel(), "hint")
        self._footer.setFont(data_font(8))
        self.rows_button = named(QToolButton(), "quiet")
        self.rows_button.setCheckable(True)
        self.rows_button.setAccessibleName("A row for each price instead of each venue")
        self.rows_button.toggled.connect(self._set_by_price)
        self._set_by_price(self._ports.preferences.get(_ROWS) == "prices")
        self.canvas.show_cumulative(self._ports.preferences.get(_CUMULATIVE) == "on")
        line = QHBoxLayout(foot)
        line.setContentsMargins(8, 0, 4, 0)
        line.addWidget(self._footer, 1)
        line.addWidget(self.rows_button)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(foot)
        self.set_body(body)
        self.setFocusProxy(self.canvas)

    @property
    def footer(self) -> str:
        """The stamp below the book: its service and time, and its age when it is old."""
        return self._footer.text()

    def close_panel(self) -> None:
        """Stop listening and want nothing more from the stream."""
        for stop in self._stops:
            stop()
        self._age.stop()
        self._wish.want(Wanted())

    # ------------------------------------------------------------------ which book

    def show_symbol(self, symbol: str) -> None:
        """Show the book of ``symbol`` from now on."""
        self._symbol, self._service, self._heard_ms = symbol, None, 0
        self.set_title(f"Level 2 · {symbol}" if symbol else "Level 2")
        self.canvas.setAccessibleName(f"Level 2 book of {symbol}")
        wanted = frozenset([symbol] if symbol else [])
        books = frozenset() if is_index(symbol) else wanted
        self._wish.want(Wanted(quotes=wanted, books=books))
        self._show_newest()

    def choose_service(self, service: BookService | None) -> None:
        """Show the book of one service, or with None the one that has more levels."""
        self._service = service
        self._show_newest()

    def _hear(self, changed: BoardChanged) -> None:
        if self._symbol in changed.books:
            self._heard_ms = self._ports.meters.now_ms()
            self._show_newest()

    def _show_newest(self) -> None:
        self._shown = pick(self._ports.board.books(self._symbol), self._service)
        if self._shown is None:
            self.canvas.show_sentence(self._why_none())
        else:
            self.canvas.show_book(self._shown[1])
        self._show_note()
        self.look_at_age()

    def _why_none(self) -> str:
        if not self._symbol:
            return "Choose a symbol in the watchlist to see its book."
        if is_index(self._symbol):
            return f"No Level 2 book for {self._symbol}: indices have none."
        refused = self._ports.watching.refused.get(self._symbol)
        if refused:
            return f"No Level 2 book for {self._symbol}: {refused}"
        if not self._ports.sign_in.signed_in and not self._still_streams():
            return f"Sign in to see the book of {self._symbol}."
        return f"Waiting for the book of {self._symbol}…"

    def _still_streams(self) -> bool:
        """A sign-in that has ended does not end the stream that it began."""
        ended = self._ports.sign_in.state is SignInState.ENDED
        return ended and self._ports.meters.stream_age_ms() is not None

    # ------------------------------------------------------------------ note and stamp

    def _show_note(self) -> None:
        if self._shown is None:
            self.set_note("")
            return
        book = self._shown[1]
        doubt = doubt_of_book(book)
        if doubt:
            self.set_note(_DOUBTS[doubt], doubt, doubtful=True)
            self._note.setToolTip(f"Shown as Schwab sent it: {_DOUBTS[doubt]}.\nNo spread or imbalance is worked out.")
            return
        wide, lean = spread(book), imbalance(*self.canvas.visible())
        note, *shorter = _notes(wide, lean)
        self.set_note(note, *shorter)
        self._note.setToolTip(f"{note}\n{_IMBALANCE}")
        if wide is not None:
            best = f"best bid {text.price(book.bids[0].price)}, best ask {text.price(book.asks[0].price)}"
            self.canvas.setAccessibleDescription(best)

    def look_at_age(self) -> None:
        """Stamp the book, and shade it when neither its own time nor its arrival is recent."""
        if self._shown is None:
            self._footer.show_words("")
            return
        service, book = self._shown
        age_ms = self._ports.meters.now_ms() - max(book.time, self._heard_ms)
        stale = age_ms > STALE_MS
        self.canvas.show_stale(stale)
        age = f" · {text.duration(age_ms / 1000)} old" if stale else ""
        stamp = f"{text.clock(book.time, milliseconds=True)} ET{age}"
        words = f"{_SERVICES[service]} · {stamp} · shares"
        self._footer.show_words(words, f"{_SERVICES[service]} · {stamp}", stamp)
        self._footer.setToolTip(words)

    # ------------------------------------------------------------------ choices

    def _set_by_price(self, prices: bool) -> None:
        self.rows_button.setChecked(prices)
        self.rows_button.setText("By price" if prices else "By venue")
        self.rows_button.setToolTip(
            "A row for each price. Click for a row for each venue"
            if prices
            else "A row for each venue. Click for a row for each price"
        )
        self._ports.preferences.set(_ROWS, "prices" if prices else "venues")
        self.canvas.show_venues(not prices)
        self._show_note()

    def _set_cumulative(self, on: bool) -> None:
        self._ports.preferences.set(_CUMULATIVE, "on" if on else "off")
        self.canvas.show_cumulative(on)

    def _fill_options(self) -> None:
        self._options.clear()
        sums = self._options.addAction("Cumulative bars")
        sums.setCheckable(True)
        sums.setChecked(self._ports.preferences.get(_CUMULATIVE) == "on")
        sums.toggled.connect(self._set_cumulative)
        self._options.addSeparator()
        services = QActionGroup(self._options)
        for service, words in ((None, "The fuller book"), *_SERVICES.items()):
            choice = self._options.addAction(words)
            choice.setCheckable(True)
            choice.setChecked(service == self._service)
            choice.setEnabled(service is None or service in self._ports.board.books(self._symbol))
            choice.triggered.connect(lambda _=False, service=service: self.choose_service(service))
            services.addAction(choice)


def _notes(wide: float | None, lean: float | None) -> list[str]:
    """Spread and imbalance in words, and in ever fewer of them."""
    share = "" if lean is None else f"{lean:+.0f} %"
    if wide is None:
        return [f"{share} imbalance" if share else "", share]
    if wide == 0:
        return [f"locked · {share} imbalance", f"locked · {share}", "locked"] if share else ["locked"]
    between = f"{wide:,.2f}" if wide >= 0.01 else f"{wide:.4f}"
    more = [f"spread {between} · {share} imbalance", f"spread {between} · {share}"] if share else []
    return [*more, f"spread {between}", between]

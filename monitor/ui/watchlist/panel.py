"""The watchlist panel: a named list of live quotes that drives its link group."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QLabel, QMenu, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from monitor.errors import MonitorError
from monitor.live.events import BoardChanged
from monitor.ports import Wanted
from monitor.ui.format import from_request
from monitor.ui.link import Link, LinkGroup
from monitor.ui.panel import Panel, named
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.entry import SymbolEntry, split_symbols
from monitor.ui.watchlist.lists import NamedLists
from monitor.ui.watchlist.model import WatchlistModel
from monitor.ui.watchlist.row import SHOWN_AT_FIRST, export_titles
from monitor.ui.watchlist.switcher import ListSwitcher
from monitor.ui.watchlist.table import WatchlistTable

OWNER = "watchlist"
#: Numbers are dimmed when no frame of any kind has come for so long.
STALE_MS = 30_000
_SYMBOL, _COLUMNS, _FLASH = "symbol", "watchlist.columns", "flash"
#: The columns of the mock-up fit into this many pixels.
_NARROWEST = 322
_EMPTY = "This list is empty.\nType a symbol below, or paste several, and press Enter."


class WatchlistPanel(Panel):
    """``export_requested`` asks for a file of the list as shown; ``table_as_shown`` is what to write."""

    export_requested = Signal()

    def __init__(self, ports: ViewPorts, link: Link | LinkGroup, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Watchlist", link, parent)
        self._ports = ports
        self.lists = NamedLists(ports, self)
        self.recipes: Callable[[QMenu], None] | None = None  # fills a menu with the exports that are kept by name
        self.model = WatchlistModel(ports.board, self)
        self.model.flashing = ports.preferences.get(_FLASH, "on") != "off"
        self.table = WatchlistTable(self.model, theme, self)
        self.entry = SymbolEntry(ports, self)
        self._build_header()
        self._build_body()
        self._connect()
        self.setMinimumWidth(_NARROWEST)
        self._stop = ports.bus.listen(BoardChanged, self._hear)
        self._age = QTimer(self, interval=1000)
        self._age.timeout.connect(self.look_at_age)
        self._age.start()
        self.setFocusProxy(self.table)
        self.lists.read()

    def _build_header(self) -> None:
        self.switcher = ListSwitcher(self.lists, self)
        more = named(QToolButton(), "panelMenu")
        more.setText("⋯")
        more.setAccessibleName("Watchlist options")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._options = QMenu(more)
        self._options.aboutToShow.connect(self._fill_options)
        more.setMenu(self._options)
        self.header_row.insertWidget(self.header_row.indexOf(self._note), self.switcher)
        self.header_row.addWidget(more)

    def _build_body(self) -> None:
        body, centre = QWidget(), QWidget()
        empty = named(QLabel(_EMPTY), "hint")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)
        self._stack = QStackedLayout(centre)
        self._stack.addWidget(self.table)
        self._stack.addWidget(empty)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(centre, 1)
        column.addWidget(self.entry)
        self.set_body(body)
        self.table.show_columns(SHOWN_AT_FIRST)
        arrangement = self._ports.preferences.get(_COLUMNS)
        if arrangement:
            self.table.arrange(arrangement)

    def _connect(self) -> None:
        self.lists.changed.connect(self._show_list)
        self.model.ordered.connect(self.lists.set_symbols)
        self.table.chosen.connect(self._choose)
        self.table.removal_wanted.connect(self.remove_symbol)
        self.table.menu_wanted.connect(self._open_menu)
        self.table.columns_changed.connect(self._keep_columns)
        self.entry.entered.connect(self.add_symbol)
        self.link.symbol_changed.connect(self.table.select)

    # ------------------------------------------------------------------ what others ask

    def symbols(self) -> list[str]:
        """The shown list's symbols, in the person's order."""
        return self.model.symbols

    def table_as_shown(self) -> tuple[list[str], list[list[str]]]:
        """Titles and rows of the visible columns in the order of the screen, each number digit for digit."""
        columns = self.table.shown_columns()
        header = [title for column in columns for title in export_titles(column)]
        rows = [[text for column in columns for text in row.written(column)] for row in self.model.shown_rows()]
        return header, rows

    def add_symbol(self, text: str) -> None:
        """Look up the symbols in ``text`` and add those that exist; the others are named below the field."""
        self._ports.tasks.start(f"watchlist.add.{text}", self._add(text))

    def put(self, symbols: Sequence[str]) -> None:
        """Add symbols that are known to exist to the shown list, without asking for their history."""
        self._show_added(self.lists.extend(self.lists.current, symbols))

    def remove_symbol(self, symbol: str) -> None:
        """Take ``symbol`` off the shown list; what was recorded of it stays."""
        self.model.remove(symbol)
        self.lists.set_symbols(self.model.symbols)
        self._list_shown()

    def close_panel(self) -> None:
        """Stop listening and want nothing more from the stream."""
        self._stop()
        self.lists.close()
        self._age.stop()
        self._ports.watching.want(OWNER, Wanted())

    # ------------------------------------------------------------------ adding

    async def _add(self, text: str) -> None:
        name = self.lists.current
        symbols, wrong = split_symbols(text)
        self.entry.say(f"Looking up {', '.join(symbols)}…" if symbols else "")
        try:
            known = await self._known(symbols)
        except MonitorError as error:
            self.entry.give_back(text)
            self.entry.say(f"{', '.join(symbols)} could not be looked up. {error.sentence}")
            return
        unknown = [symbol for symbol in symbols if symbol not in known] + wrong
        added = self.lists.extend(name, [symbol for symbol in symbols if symbol in known])
        for symbol in added:
            self._ports.loader.ensure(symbol)
        if self.lists.current == name:
            self._show_added(added)
        self.entry.say(_sentence(unknown, added, symbols))
        if len(symbols) == 1 and not unknown:
            self.table.select(symbols[0])

    async def _known(self, symbols: list[str]) -> set[str]:
        """Those that are in the list already, and those that Schwab knows."""
        known = set(symbols) & set(self.lists.symbols)
        new = [symbol for symbol in symbols if symbol not in known]
        if new:
            found = await self._ports.history.find_instruments(",".join(new))
            self._ports.recorder.record_instruments(found)
            known |= {instrument.symbol for instrument in found}
        return known

    def _show_added(self, symbols: list[str]) -> None:
        for symbol in symbols:
            self.model.add(symbol)
        self._list_shown()

    # ------------------------------------------------------------------ the list and the link group

    def _show_list(self) -> None:
        symbols = self.lists.symbols
        if symbols != self.model.symbols:
            self.model.set_symbols(symbols)
        self._list_shown()
        if not self.link.symbol:
            remembered = self._ports.preferences.get(_SYMBOL)
            self.link.choose(remembered or (symbols[0] if symbols else ""))
        self.table.select(self.link.symbol)

    def _list_shown(self) -> None:
        symbols = self.model.symbols
        self._stack.setCurrentIndex(0 if symbols else 1)
        self._ports.watching.want(OWNER, Wanted(quotes=frozenset(symbols), bars=frozenset(symbols)))

    def _choose(self, symbol: str) -> None:
        self.link.choose(symbol)

    def _hear(self, changed: BoardChanged) -> None:
        self.model.show(changed.quotes)

    def look_at_age(self) -> None:
        """Dim the numbers when nothing has come for too long, and say which are from a request; once a second."""
        age = self._ports.meters.stream_age_ms()
        self.model.set_stale(age is None or age > STALE_MS)
        told_ms = self.model.requested_ms()
        words = from_request(told_ms) if told_ms else ""
        at = words.removeprefix("From a request at ")
        self.set_note(words, f"request {at.removesuffix(' ET')}", at)
        self._note.setToolTip(
            f"The dim values: {words[:1].lower()}{words[1:]}, for the stream brings none" if words else ""
        )

    # ------------------------------------------------------------------ menus

    def _open_menu(self, symbol: str, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        clipboard = QGuiApplication.clipboard()
        menu.addAction("Copy symbol", lambda: clipboard.setText(symbol))
        menu.addAction("Copy row", lambda: clipboard.setText(self._row_text(symbol)))
        menu.addSeparator()
        menu.addAction("Download history", lambda: self._ports.loader.ensure(symbol))
        menu.addAction("Export this list…", self.export_requested.emit)
        if self.recipes is not None:
            self.recipes(menu.addMenu("Export recipes"))
        menu.addSeparator()
        menu.addAction("Remove", QKeySequence("Del"), lambda: self.remove_symbol(symbol))
        menu.popup(at)

    def _row_text(self, symbol: str) -> str:
        return "\t".join(self.table_as_shown()[1][self.model.row_of(symbol)])

    def _fill_options(self) -> None:
        self._options.clear()
        self._options.addMenu(self.table.columns_menu(self._options))
        flash = self._options.addAction("Flash on change")
        flash.setCheckable(True)
        flash.setChecked(self.model.flashing)
        flash.toggled.connect(self._set_flash)
        self._options.addSeparator()
        self._options.addAction("Export this list…", self.export_requested.emit)

    def _set_flash(self, on: bool) -> None:
        self.model.flashing = on
        self._ports.preferences.set(_FLASH, "on" if on else "off")

    def _keep_columns(self) -> None:
        self._ports.preferences.set(_COLUMNS, self.table.arrangement())


def _sentence(unknown: list[str], added: list[str], asked: list[str]) -> str:
    """What came of adding, for below the field; nothing where all went well."""
    if unknown:
        names = ", ".join(f"“{name[:24]}”" for name in unknown)
        verb = "is not a symbol" if len(unknown) == 1 else "are not symbols"
        return f"{names} {verb} that Schwab knows." + (f" Added: {', '.join(added)}." if added else "")
    if asked and not added:
        return f"{', '.join(asked)} {'is' if len(asked) == 1 else 'are'} in this list already."
    return ""

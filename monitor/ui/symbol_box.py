"""The tool bar's symbol field, with instruments to choose from while typing."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QWidget

from monitor.errors import MonitorError
from monitor.live.events import BoardChanged, Level, Notice
from monitor.market.instrument import Instrument, parse_symbol
from monitor.ui.icons import icon
from monitor.ui.offers import offers
from monitor.ui.panel import named
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

_SEARCH = "symbol search"
_WIDTH = 232
#: Where the text begins, behind the lens.
_TEXT_LEFT = 34
_BETWEEN = "    "


class SymbolBox(QLineEdit):
    """Shows the linked symbol; typing searches, Enter chooses, Esc gives the old symbol back.

    ``left`` tells that the keyboard is free for the panels again.
    """

    chosen = Signal(str)
    left = Signal()

    def __init__(self, ports: ViewPorts, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._theme = theme
        self._shown, self._description = "", ""
        self._names: dict[str, str] = {}
        self.setFixedWidth(_WIDTH)
        self.setPlaceholderText("Symbol")
        self.setAccessibleName("Symbol")
        self.setToolTip("Type a symbol or a name, then Enter. Letters typed anywhere else come here too.")
        self._lens = self.addAction(icon("search", theme.colours.dim), QLineEdit.ActionPosition.LeadingPosition)
        theme.changed.connect(lambda: self._lens.setIcon(icon("search", theme.colours.dim)))
        self._model = QStringListModel(self)
        self._list = named(QListView(), "completions")
        self._completer = self._make_completer()
        self.textEdited.connect(self._search)
        self.returnPressed.connect(self._enter)
        self._stop = ports.bus.listen(BoardChanged, self._hear_board)

    def close_panel(self) -> None:
        """Stop listening and searching."""
        self._ports.tasks.cancel(_SEARCH)
        self._stop()

    @property
    def offered(self) -> list[str]:
        """The symbols in the list below the field."""
        return list(self._names.values())

    def show_symbol(self, symbol: str) -> None:
        """The symbol of the link group, chosen here or elsewhere."""
        self._shown, self._description = symbol, ""
        if not self.hasFocus():
            self.setText(symbol)
        if symbol:
            self._ports.tasks.start("symbol name", self._describe(symbol))

    def begin(self, text: str) -> None:
        """Start a search with what was typed elsewhere in the window."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.setText(text)
        self.textEdited.emit(text)

    def offer(self, instruments: Sequence[Instrument]) -> None:
        """Put the instruments into the list below the field."""
        lines = {f"{i.symbol}{_BETWEEN}{i.description}".rstrip(): i.symbol for i in instruments}
        self._names = lines
        self._model.setStringList(list(lines))
        if lines and self.hasFocus():
            self._completer.complete()
            self._list.setCurrentIndex(QModelIndex())  # Enter takes what was typed unless one is picked

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() or not self._description:
            return
        metrics = self.fontMetrics()
        left = _TEXT_LEFT + metrics.horizontalAdvance(self._shown + "  ")
        area = self.rect().adjusted(left, 0, -8, 0)
        painter = QPainter(self)
        painter.setPen(self._theme.colours.colour("dim"))
        name = metrics.elidedText(self._description, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, name)
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, super().sizeHint().height())

    def _make_completer(self) -> QCompleter:
        completer = QCompleter(self._model, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setWidget(self)
        completer.setPopup(self._list)
        completer.activated.connect(self.take)
        self._list.setMinimumWidth(360)
        return completer

    def _search(self) -> None:
        text = self.text().strip()
        if text:
            self._ports.tasks.start(_SEARCH, self._find(text))
        else:
            self._ports.tasks.cancel(_SEARCH)
            self._list.hide()

    async def _find(self, text: str) -> None:
        async for instruments in offers(self._ports, text):
            self.offer(instruments)

    async def _describe(self, symbol: str) -> None:
        """Find the instrument's name; it stands behind the symbol in the field."""
        for instrument in await self._ports.archive.find_instruments(symbol):
            if instrument.symbol == symbol == self._shown:
                self._take_name(instrument.description)

    def _hear_board(self, changed: BoardChanged) -> None:
        """A new symbol's name comes with its first quote, before the archive has it."""
        if not self._description and self._shown in changed.quotes:
            quote = self._ports.board.quote(self._shown)
            self._take_name((quote.description if quote else None) or "")

    def _take_name(self, name: str) -> None:
        self._description = name
        self.setAccessibleDescription(name)
        self.update()

    def take(self, line: str) -> None:
        """Choose a line of the list."""
        self._choose(self._names.get(line, line))

    def _enter(self) -> None:
        if self._list.isVisible() and self._list.currentIndex().isValid():
            return  # the list takes this Enter
        self._choose(self.text())

    def _choose(self, text: str) -> None:
        self._ports.tasks.cancel(_SEARCH)
        self._list.hide()
        try:
            symbol = parse_symbol(text)
        except MonitorError as error:
            self._ports.bus.publish(Notice(Level.WARNING, error.sentence))
            return
        self._leave()
        self.chosen.emit(symbol)

    def _leave(self) -> None:
        self._ports.tasks.cancel(_SEARCH)
        self._list.hide()
        self.setText(self._shown)
        self.clearFocus()
        self.left.emit()

"""The field in which symbols are typed or pasted, with suggestions while typing and one sentence below it."""

import re

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLabel, QLineEdit, QListView, QToolButton, QVBoxLayout, QWidget

from monitor.analysis.budget import History, Plan, Sort, cost
from monitor.analysis.coverage import DEPTHS
from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.market.instrument import Instrument, parse_symbol
from monitor.ui.offers import offers
from monitor.ui.panel import named, rename
from monitor.ui.planner.phrases import list_costs, objections
from monitor.ui.planner.running import running_now
from monitor.ui.theme import data_font
from monitor.ui.view_ports import ViewPorts

#: What symbols of a list that is shown bring along, and the history that is fetched when they are added.
_BROUGHT = frozenset({Sort.QUOTES, Sort.BARS})
_HISTORY = History(DEPTHS[Interval.M1].days, 20)
_MANY = 20
_SYMBOL_ROLE = Qt.ItemDataRole.UserRole
# A single blank separates symbols, except before the date of an option: “GOOGL 250117C00190000”.
_SEPARATOR = re.compile(r"[,;\n\r\t\u2028\u2029]+|(?<! ) (?! |\d{6}[CP]\d{8})")


def split_symbols(text: str) -> tuple[list[str], list[str]]:
    """What was typed or pasted, as symbols and as pieces that cannot be symbols; each once, in order."""
    symbols: dict[str, None] = {}
    wrong: dict[str, None] = {}
    for piece in filter(str.strip, _SEPARATOR.split(text)):
        try:
            symbols[parse_symbol(piece)] = None
        except BadData:
            wrong[piece.strip()] = None
    return list(symbols), list(wrong)


class SymbolEntry(QWidget):
    """``entered`` carries what was typed once the person means it; the owner answers with ``say``.

    What several symbols cost is said before they are added; ``plan_wanted`` carries them to the planner.
    """

    entered = Signal(str)
    plan_wanted = Signal(object)

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self.field = named(QLineEdit(), "symbolEntry")
        self.field.setFont(data_font())
        self.field.setPlaceholderText("Add symbol")
        self.field.setAccessibleName("Add symbols to the watchlist")
        self.field.setToolTip("Type a symbol or a name, or paste several symbols; Enter adds them")
        self.field.returnPressed.connect(self._submit)
        self.field.textEdited.connect(self._edited)
        self._sentence = named(QLabel(), "hint")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.hide()
        self.planner = named(QToolButton(), "link")
        self.planner.setText("Planner…")
        self.planner.setToolTip("Look at what these symbols would cost, and what would fit")
        self.planner.clicked.connect(self._open_planner)
        self.planner.hide()
        self._suggestions = QStandardItemModel(self)
        self._list = named(QListView(), "completions")
        self._completer = self._complete_with(self._suggestions)
        self.field.setCompleter(self._completer)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self._sentence)
        column.addWidget(self.planner)

    @property
    def sentence(self) -> str:
        """What stands below the field; empty when there is nothing to say."""
        return self._sentence.text()

    def say(self, sentence: str) -> None:
        """Put a sentence below the field, or take it away."""
        rename(self._sentence, "hint")
        self.planner.hide()
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))

    def give_back(self, text: str) -> None:
        """Put what could not be dealt with into the field again, unless something new has been typed."""
        if not self.field.text():
            self.field.setText(text)

    def begin(self, text: str = "") -> None:
        """Take the keyboard and go on with the letters the person has typed elsewhere."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if text:
            self.field.setText(text)
            self._edited(text)

    def _complete_with(self, suggestions: QStandardItemModel) -> QCompleter:
        completer = QCompleter(suggestions, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCompletionRole(_SYMBOL_ROLE)
        completer.setMaxVisibleItems(8)
        completer.setPopup(self._list)
        # Queued: the completer first writes the symbol into the field, also over a field just cleared.
        completer.activated.connect(self._submit, Qt.ConnectionType.QueuedConnection)
        return completer

    def _submit(self) -> None:
        text = self.field.text().strip()
        self._ports.tasks.cancel("watchlist.complete")
        self._hide_suggestions()
        if text:
            self.field.clear()
            self.entered.emit(text)

    def _edited(self, text: str) -> None:
        self.say("")
        wanted = text.strip()
        if wanted and not _SEPARATOR.search(wanted):
            self._ports.tasks.start("watchlist.complete", self._complete(wanted))
        else:
            self._suggestions.clear()
            self._say_cost(split_symbols(wanted)[0])

    def _say_cost(self, symbols: list[str]) -> None:
        """Before many are added: what that costs, and what of it would fit."""
        running = running_now(self._ports)
        plan = Plan(tuple(symbols), _BROUGHT, history=_HISTORY)
        too_much = objections(plan, running)
        if too_much:
            self.say(" ".join([*too_much, "Enter adds them all the same."]))
            rename(self._sentence, "warning")
        elif len(symbols) >= _MANY:
            self.say(list_costs(cost(plan, running), len(symbols), running.limit))
        self.planner.setVisible(bool(too_much) or len(symbols) >= _MANY)

    def _open_planner(self) -> None:
        symbols = split_symbols(self.field.text())[0]
        self.field.clear()
        self.say("")
        self.plan_wanted.emit(symbols)

    async def _complete(self, wanted: str) -> None:
        async for instruments in offers(self._ports, wanted):
            self._suggest(instruments)

    def _suggest(self, instruments: list[Instrument]) -> None:
        self._suggestions.clear()
        for instrument in instruments:
            item = QStandardItem(f"{instrument.symbol}   {instrument.description}")
            item.setData(instrument.symbol, _SYMBOL_ROLE)
            self._suggestions.appendRow(item)
        if instruments and self.field.hasFocus():
            self._completer.complete()
            self._list.setCurrentIndex(QModelIndex())  # Enter takes what was typed unless one is picked
        else:
            self._hide_suggestions()

    def _hide_suggestions(self) -> None:
        self._list.hide()

"""What is asked for: symbols, what to record of them, snapshots of their chains, and history; a Plan at any moment."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from monitor.analysis.budget import USUAL_CONTRACTS, Fit, History, Plan, Sort
from monitor.analysis.coverage import DEPTHS
from monitor.market.bar import Interval
from monitor.market.chain_schedule import EVERY_MINUTES
from monitor.market.instrument import Kind, kind_of
from monitor.ui.chains.choices import choose, offer
from monitor.ui.panel import named
from monitor.ui.watchlist.entry import split_symbols

_LINES = 4
_WIDTH = 352
_NAMED = 3
_LABELS = {Sort.QUOTES: "&Quotes", Sort.BARS: "&Minute bars", Sort.BOOKS: "&Level 2 books"}


class PlanForm(QWidget):
    """``changed`` tells that another plan is asked for."""

    changed = Signal()

    def __init__(self, lists: Mapping[str, Sequence[str]], watchlist: str, parent: QWidget | None = None) -> None:
        """``lists`` can be taken over; ``watchlist`` is the one shown, to which symbols can be added."""
        super().__init__(parent)
        self._lists = lists
        self.symbols = QPlainTextEdit()
        self.fill = QComboBox()
        self.counted = named(QLabel(), "hint")
        self.sorts = {sort: QCheckBox(words) for sort, words in _LABELS.items()}
        self.show_in_list = QCheckBox(f"&Show them in the watchlist “{watchlist}”")
        self.chains = QCheckBox("&Option snapshots")
        self.every, self.days = QComboBox(), QComboBox()
        self.contracts, self.requests = QSpinBox(), QSpinBox()
        self.minute_days, self.day_years = QSpinBox(), QSpinBox()
        self._set_up()
        self._lay_out()
        self._connect()
        self._follow()

    def plan(self, contracts: Mapping[str, int]) -> Plan:
        """What is asked for; ``contracts`` are those of chains that were recorded before."""
        symbols = tuple(split_symbols(self.symbols.toPlainText())[0])
        wanted = self.chains.isChecked()
        assumed = dict.fromkeys((s for s in symbols if kind_of(s) is not Kind.INDEX), self.contracts.value())
        return Plan(
            symbols,
            frozenset(sort for sort, box in self.sorts.items() if box.isChecked()),
            int(self.every.currentData()) if wanted else None,
            self.days.currentData() if wanted else None,
            {**assumed, **contracts},
            self.requests.value() or None,
            History(self.minute_days.value(), self.day_years.value()),
            keeps_history=self.sorts[Sort.BARS].isChecked() or self.minute_days.value() > 0,
        )

    def wrong(self) -> list[str]:
        """Pieces of the text that cannot be symbols."""
        return split_symbols(self.symbols.toPlainText())[1]

    def put_symbols(self, symbols: Sequence[str]) -> None:
        """Ask for these and no others."""
        self.symbols.setPlainText(", ".join(symbols))
        self.symbols.moveCursor(QTextCursor.MoveOperation.End)

    def put_schedule(self, minutes: int, days: int | None) -> None:
        """Ask for snapshots so often, and nothing else."""
        for box in (self.show_in_list, *self.sorts.values()):
            box.setChecked(False)
        for field in (self.minute_days, self.day_years):
            field.setValue(0)
        self.chains.setChecked(True)
        choose(self.every, self.days, minutes, days)

    def make_fit(self, way: Fit) -> None:
        """Ask for less, in one of the ways in which it fits."""
        if way.every:
            self.every.setCurrentIndex(EVERY_MINUTES.index(way.every))
        elif way.without:
            if way.without is not Sort.BOOKS:
                self.show_in_list.setChecked(False)
            self.sorts[way.without].setChecked(False)
        else:
            self.put_symbols(split_symbols(self.symbols.toPlainText())[0][: way.symbols])

    # ------------------------------------------------------------------------------------------ how it is built

    def _set_up(self) -> None:
        self.symbols.setPlaceholderText("AAPL, MSFT, NVDA\nType symbols, or paste a list.")
        self.symbols.setAccessibleName("Symbols")
        self.symbols.setTabChangesFocus(True)
        self.symbols.setFixedHeight(self.symbols.fontMetrics().lineSpacing() * _LINES + 16)
        self.fill.addItem("Take a watchlist…", None)
        for name, symbols in self._lists.items():
            self.fill.addItem(f"{name} ({len(symbols):,})", name)
        self.fill.setAccessibleName("Take the symbols of a watchlist")
        self.counted.setWordWrap(True)
        self.show_in_list.setToolTip("A list that is shown streams quotes and minute bars, and keeps history whole")
        for box in (self.show_in_list, self.sorts[Sort.QUOTES], self.sorts[Sort.BARS]):
            box.setChecked(True)
        offer(self.every, self.days)
        _number(self.contracts, 1, 50_000, USUAL_CONTRACTS, "Contracts of a chain that was not recorded yet")
        self.contracts.setSingleStep(100)
        _number(self.requests, 0, 200, 0, "Requests that a snapshot takes; as many as the size of the chain needs")
        self.requests.setSpecialValueText("by size")
        most = DEPTHS[Interval.M1].days, DEPTHS[Interval.DAY].days // 365
        _number(self.minute_days, 0, most[0], most[0], "So many days of minutes are downloaded")
        _number(self.day_years, 0, most[1], most[1], "So many years of days are downloaded")
        for field, unit in ((self.minute_days, "days"), (self.day_years, "years")):
            field.setSpecialValueText("none")
            field.setSuffix(f" {unit}")

    def _lay_out(self) -> None:
        sorts, chain, history = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for box in self.sorts.values():
            sorts.addWidget(box)
        sorts.addStretch(1)
        chain.addWidget(self.every)
        chain.addWidget(self.days)
        size = QGridLayout()
        size.setHorizontalSpacing(8)
        for place, (words, field) in enumerate(
            (("Contracts a chain", self.contracts), ("Requests a snapshot", self.requests))
        ):
            size.addWidget(_label(words, field), 0, place)
            size.addWidget(field, 1, place)
        history.addWidget(_label("Mi&nutes", self.minute_days))
        history.addWidget(self.minute_days)
        history.addSpacing(8)
        history.addWidget(_label("&Days", self.day_years))
        history.addWidget(self.day_years)
        history.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for part in (
            *(_title("Symbols"), self.symbols, self.fill, self.counted),
            *(_title("Record from the stream"), sorts, self.show_in_list),
            *(self.chains, chain, size),
            *(_title("Download history"), history),
        ):
            if isinstance(part, QWidget):
                column.addWidget(part)
            else:
                column.addLayout(part)
        column.addStretch(1)
        self.setFixedWidth(_WIDTH)

    def _connect(self) -> None:
        self.symbols.textChanged.connect(self._tell)
        self.fill.activated.connect(self._take_list)
        for box in (self.show_in_list, self.chains, *self.sorts.values()):
            box.toggled.connect(self._tell)
        for choice in (self.every, self.days):
            choice.currentIndexChanged.connect(self._tell)
        for field in (self.contracts, self.requests, self.minute_days, self.day_years):
            field.valueChanged.connect(self._tell)

    def _tell(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        """What depends on a choice: a list brings quotes and bars, and chains have their own fields."""
        listed = self.show_in_list.isChecked()
        for sort in (Sort.QUOTES, Sort.BARS):
            if listed:
                self.sorts[sort].setChecked(True)
            self.sorts[sort].setEnabled(not listed)
        for field in (self.every, self.days, self.contracts, self.requests):
            field.setEnabled(self.chains.isChecked())

    def _take_list(self, index: int) -> None:
        name = self.fill.itemData(index)
        if name is not None:
            known = split_symbols(self.symbols.toPlainText())[0]
            self.put_symbols(list(dict.fromkeys([*known, *self._lists[name]])))
            self.fill.setCurrentIndex(0)

    def say_count(self, count: int, new: int) -> None:
        """How many symbols there are, and what cannot be one."""
        words = "No symbols yet." if not count else f"{count:,} symbols, {new:,} of them not streamed yet."
        if count == 1:
            words = "1 symbol, not streamed yet." if new else "1 symbol, streamed already."
        if wrong := self.wrong():
            shown = ", ".join(f"“{each[:16]}”" for each in wrong[:_NAMED])
            words += f" No symbols: {shown}{' …' if len(wrong) > _NAMED else ''}."
        self.counted.setText(words)


def _number(field: QSpinBox, least: int, most: int, value: int, words: str) -> None:
    field.setRange(least, most)
    field.setValue(value)
    field.setGroupSeparatorShown(True)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setToolTip(words)
    field.setAccessibleName(words)


def _label(words: str, field: QWidget) -> QLabel:
    label = named(QLabel(words), "hint")
    label.setBuddy(field)
    return label


def _title(words: str) -> QLabel:
    return named(QLabel(words), "fieldName")

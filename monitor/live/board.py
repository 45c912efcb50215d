"""The board: the newest quote, books, tape and running minute of every symbol, and which of them changed."""

from collections import defaultdict, deque

from monitor.analysis.bars import RunningBar
from monitor.analysis.tape import infer_trade
from monitor.live.events import BoardChanged
from monitor.market.bar import Bar
from monitor.market.book import Book, BookService
from monitor.market.quote import Quote, merge
from monitor.market.trade import Trade

TAPE_LENGTH = 2000


class Board:
    """Takes in changes as they come; views ask for what they show. All on the loop's thread."""

    def __init__(self) -> None:
        self._quotes: dict[str, Quote] = {}
        self._books: dict[str, dict[BookService, Book]] = defaultdict(dict)
        self._tapes: dict[str, deque[Trade]] = {}
        self._running: dict[str, RunningBar] = {}
        self._touched_quotes: set[str] = set()
        self._touched_trades: set[str] = set()
        self._touched_books: set[str] = set()

    def quote(self, symbol: str) -> Quote | None:
        """The newest state; it is the board's own and goes on changing: read it, do not keep it."""
        return self._quotes.get(symbol)

    def books(self, symbol: str) -> dict[BookService, Book]:
        """The newest snapshot of each service that has sent one."""
        return self._books.get(symbol, {})

    def tape(self, symbol: str) -> deque[Trade]:
        """The last prints, oldest first, at most TAPE_LENGTH."""
        return self._tapes.get(symbol, deque())

    def running_bar(self, symbol: str) -> Bar | None:
        """The open minute as the prints so far make it."""
        running = self._running.get(symbol)
        return running.bar if running else None

    def take_quote(self, change: Quote) -> tuple[Quote, Trade | None]:
        """Merge one Level 1 change; gives the state after it and the print it reports, if any."""
        symbol = change.symbol
        state = self._quotes.get(symbol)
        if state is None:
            state = self._quotes[symbol] = Quote(symbol=symbol)
        trade = infer_trade(state, change)
        merge(state, change)
        self._touched_quotes.add(symbol)
        if trade is not None:
            self._take_trade(trade)
        return state, trade

    def take_book(self, service: BookService, book: Book) -> None:
        self._books[book.symbol][service] = book
        self._touched_books.add(book.symbol)

    def _take_trade(self, trade: Trade) -> None:
        symbol = trade.symbol
        tape = self._tapes.get(symbol)
        if tape is None:
            tape = self._tapes[symbol] = deque(maxlen=TAPE_LENGTH)
            self._running[symbol] = RunningBar(symbol)
        tape.append(trade)
        self._running[symbol].add(trade)
        self._touched_trades.add(symbol)

    def changes(self) -> BoardChanged | None:
        """What was touched since the last call, or None when nothing was."""
        if not (self._touched_quotes or self._touched_books):
            return None
        changed = BoardChanged(
            frozenset(self._touched_quotes), frozenset(self._touched_trades), frozenset(self._touched_books)
        )
        self._touched_quotes, self._touched_trades, self._touched_books = set(), set(), set()
        return changed

"""The board: the newest quote, books, tape and running minute of every symbol, and which of them changed.

Beside them are the newest screeners, and the last of the account's activity and of the news.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any, NamedTuple

from monitor.analysis.bars import RunningBar
from monitor.analysis.doubt import is_far
from monitor.analysis.tape import infer_trade, is_older
from monitor.live.events import BoardChanged
from monitor.market.activity import Activity
from monitor.market.bar import Bar
from monitor.market.book import Book, BookService
from monitor.market.headline import Headline
from monitor.market.quote import DetailedQuote, Quote, empty_state, fill, merge, merge_detailed
from monitor.market.screener import Screener
from monitor.market.trade import Trade

#: Enough to bridge what is not on disk yet: older prints are read from there. Of 500 symbols it is 10 MB.
TAPE_LENGTH = 100
#: So many activities and headlines are kept for the screen.
LAST_WORDS = 200


class Requested(NamedTuple):
    """What a request told of a symbol that the stream does not bring: its quote, or None where Schwab knows none."""

    at_ms: int
    quote: Quote | None


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
        self._screeners: dict[str, Screener] = {}
        self._touched_screeners: set[str] = set()
        self._activities: deque[Activity] = deque(maxlen=LAST_WORDS)
        self._headlines: deque[Headline] = deque(maxlen=LAST_WORDS)
        self._touched_activity = self._touched_news = False
        #: Those that a request stands in for until the stream brings its own; None while the request is on its way.
        self._requested: dict[str, Requested | None] = {}
        #: A print that claims to be later is a mistake, which would hold the running minute up; they are counted.
        self.latest_ms = 2**62
        self.prints_too_late = 0

    def quote(self, symbol: str) -> Quote | None:
        """The newest state; it is the board's own and goes on changing: read it, do not keep it."""
        return self._quotes.get(symbol)

    def requested(self, symbol: str) -> Requested | None:
        """What a request told last, as long as the stream has brought nothing of the symbol since."""
        return self._requested.get(symbol)

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

    def screener(self, name: str) -> Screener | None:
        """The newest list of that name."""
        return self._screeners.get(name)

    @property
    def activities(self) -> deque[Activity]:
        """What happened last in the person's account, oldest first."""
        return self._activities

    @property
    def headlines(self) -> deque[Headline]:
        """The last headlines, oldest first."""
        return self._headlines

    def expect_requested(self, symbols: Iterable[str]) -> None:
        """A request for these is on its way: whatever the stream brings from now on is newer than its answer."""
        for symbol in symbols:
            self._requested.setdefault(symbol, None)

    def take_requested(self, quotes: Mapping[str, Quote | None], at_ms: int) -> None:
        """Take the answer for those that were expected and that the stream has not brought meanwhile."""
        for symbol in quotes.keys() & self._requested.keys():
            self._requested[symbol] = Requested(at_ms, quotes[symbol])
            self._touched_quotes.add(symbol)

    def take_quote(self, change: Quote, late: bool = False) -> tuple[Quote, Trade | None]:
        """Merge one Level 1 change; gives the state after it and the print it reports, if any.

        What is older than the state replaces nothing in it: then the state is told as if it had.
        """
        symbol = change.symbol
        if self._requested:
            self._requested.pop(symbol, None)
        state = self._quotes.get(symbol)
        if state is None:
            state = self._quotes[symbol] = Quote(symbol=symbol)
        volume, known = change.volume, state.volume
        # Most are newer: only where the volume fell is it worth a closer look.
        if late or (volume is not None and known is not None and volume < known and is_older(state, change)):
            told = copy(state)
            merge(told, change)
            self._fill(state, change)
            return told, None
        trade = infer_trade(state, change)
        merge(state, change)
        self._touched_quotes.add(symbol)
        if trade is not None and not self._take_trade(trade, state):
            trade = None
        return state, trade

    def take_detailed(self, change: DetailedQuote, late: bool = False) -> tuple[Quote, Trade | None, dict[str, Any]]:
        """As ``take_quote`` for what is not a share; gives the details among what changed, too."""
        symbol = change.symbol
        if self._requested:
            self._requested.pop(symbol, None)
        state = self._quotes.get(symbol)
        trade = None
        if state is None or state.service != change.service:
            state = self._quotes[symbol] = empty_state(change)  # what it said first happened long ago
        elif late or is_older(state, change):
            told = copy(state)
            details = merge_detailed(told, change)
            self._fill(state, change)
            return told, None, details
        else:
            trade = infer_trade(state, change)
        details = merge_detailed(state, change)
        self._touched_quotes.add(symbol)
        if trade is not None and not self._take_trade(trade, state):
            trade = None
        return state, trade, details

    def _fill(self, state: Quote, older: Quote) -> None:
        fill(state, older)
        self._touched_quotes.add(state.symbol)

    def take_book(self, service: BookService, book: Book) -> None:
        self._books[book.symbol][service] = book
        self._touched_books.add(book.symbol)

    def take_screener(self, screener: Screener) -> None:
        self._screeners[screener.name] = screener
        self._touched_screeners.add(screener.name)

    def take_activities(self, activities: Iterable[Activity]) -> None:
        self._activities.extend(activities)
        self._touched_activity = True

    def take_headlines(self, headlines: Iterable[Headline]) -> None:
        self._headlines.extend(headlines)
        self._touched_news = True

    def _take_trade(self, trade: Trade, state: Quote) -> bool:
        if trade.time > self.latest_ms:
            self.prints_too_late += 1
            return False
        symbol = trade.symbol
        tape = self._tapes.get(symbol)
        if tape is None:
            tape = self._tapes[symbol] = deque(maxlen=TAPE_LENGTH)
            self._running[symbol] = RunningBar(symbol)
        tape.append(trade)
        bid, ask = state.bid, state.ask
        # One outlier would be the minute's high or low; most lie between bid and ask.
        if not bid or not ask or bid <= trade.price <= ask or not is_far(symbol, trade.price, bid, ask):
            self._running[symbol].add(trade)
        self._touched_trades.add(symbol)
        return True

    def changes(self) -> BoardChanged | None:
        """What was touched since the last call, or None when nothing was."""
        words = self._touched_screeners or self._touched_activity or self._touched_news
        if not (self._touched_quotes or self._touched_books or words):
            return None
        changed = BoardChanged(
            frozenset(self._touched_quotes),
            frozenset(self._touched_trades),
            frozenset(self._touched_books),
            frozenset(self._touched_screeners),
            self._touched_activity,
            self._touched_news,
        )
        self._touched_quotes, self._touched_trades, self._touched_books = set(), set(), set()
        self._touched_screeners, self._touched_activity, self._touched_news = set(), False, False
        return changed

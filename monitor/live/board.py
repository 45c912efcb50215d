"""The board: the newest quote, books, tape and running minute of every symbol, and which of them changed.

Beside them are the newest screeners, and the last of the account's activity and of the news.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
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

#: Enough for what comes between two frames, and while older prints are read from disk.
TAPE_LENGTH = 1000
#: So many activities and headlines are kept for the screen.
LAST_WORDS = 200


class _Listing:
    """One symbol's quote, tape and running minute, and whether they changed since the last frame.

    A message looks its symbol up once, and finds all of it.
    """

    __slots__ = ("hearers", "quote", "running", "tape", "touched", "traded")

    def __init__(self, quote: Quote) -> None:
        self.quote = quote
        self.tape: deque[Trade] | None = None  # unless somebody follows it
        self.hearers: tuple[Callable[[Quote], None], ...] = ()
        self.running = RunningBar(quote.symbol)
        self.touched = self.traded = False


class Requested(NamedTuple):
    """What a request told of a symbol that the stream does not bring: its quote, or None where Schwab knows none."""

    at_ms: int
    quote: Quote | None


class Board:
    """Takes in changes as they come; views ask for what they show. All on the loop's thread."""

    def __init__(self) -> None:
        self._listings: dict[str, _Listing] = {}
        self._touched: list[_Listing] = []
        self._tapes: dict[str, deque[Trade]] = {}
        self._followers: Counter[str] = Counter()
        self._hearers: dict[str, tuple[Callable[[Quote], None], ...]] = {}
        self._books: dict[str, dict[BookService, Book]] = defaultdict(dict)
        self._touched_books: set[str] = set()
        self._screeners: dict[str, Screener] = {}
        self._touched_screeners: set[str] = set()
        self._activities: deque[Activity] = deque(maxlen=LAST_WORDS)
        self._headlines: deque[Headline] = deque(maxlen=LAST_WORDS)
        self._touched_activity = self._touched_news = False
        #: Those that a request stands in for until the stream brings its own; None while the request is on its way.
        self._requested: dict[str, Requested | None] = {}
        self._touched_requested: set[str] = set()
        #: A print that claims to be later is a mistake, which would hold the running minute up; they are counted.
        self.latest_ms = 2**62
        self.prints_too_late = 0

    def quote(self, symbol: str) -> Quote | None:
        """The newest state; it is the board's own and goes on changing: read it, do not keep it."""
        listing = self._listings.get(symbol)
        return listing.quote if listing else None

    def requested(self, symbol: str) -> Requested | None:
        """What a request told last, as long as the stream has brought nothing of the symbol since."""
        return self._requested.get(symbol)

    def books(self, symbol: str) -> dict[BookService, Book]:
        """The newest snapshot of each service that has sent one."""
        return self._books.get(symbol, {})

    def tape(self, symbol: str) -> deque[Trade]:
        """The last prints since somebody follows them, oldest first, at most TAPE_LENGTH."""
        return self._tapes.get(symbol, deque())

    def follow_tape(self, symbol: str) -> Callable[[], None]:
        """Keep the prints of ``symbol`` from now on, until the function that this gives is called.

        Those that nobody looks at are not kept: going through hundreds of tapes would push all else out of the cache.
        """
        self._followers[symbol] += 1
        self._set_tape(symbol, self._tapes.setdefault(symbol, deque(maxlen=TAPE_LENGTH)))

        def stop() -> None:
            self._followers[symbol] -= 1
            if not self._followers[symbol]:
                del self._followers[symbol], self._tapes[symbol]
                self._set_tape(symbol, None)

        return stop

    def _set_tape(self, symbol: str, tape: deque[Trade] | None) -> None:
        if listing := self._listings.get(symbol):
            listing.tape = tape

    def hear_last(self, symbol: str, hear: Callable[[Quote], None]) -> Callable[[], None]:
        """Tell ``hear`` the state with every message that sets the last price, until the function that this gives
        is called.

        Frames leave out what comes and goes between two of them.
        """
        self._set_hearers(symbol, (*self._hearers.get(symbol, ()), hear))

        def stop() -> None:
            left = list(self._hearers.get(symbol, ()))
            if hear in left:
                left.remove(hear)
            self._set_hearers(symbol, tuple(left))

        return stop

    def _set_hearers(self, symbol: str, hearers: tuple[Callable[[Quote], None], ...]) -> None:
        self._hearers[symbol] = hearers
        if listing := self._listings.get(symbol):
            listing.hearers = hearers

    def running_bar(self, symbol: str) -> Bar | None:
        """The open minute as the prints so far make it."""
        listing = self._listings.get(symbol)
        return listing.running.bar if listing else None

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
            self._touched_requested.add(symbol)

    def take_quote(self, change: Quote, late: bool = False) -> tuple[Quote, Trade | None]:
        """Merge one Level 1 change; gives the state after it and the print it reports, if any.

        What is older than the state replaces nothing in it: then the state is told as if it had.
        """
        if self._requested:
            self._requested.pop(change.symbol, None)
        listing = self._listings.get(change.symbol)
        if listing is None:
            listing = self._list(Quote(symbol=change.symbol))
        state = listing.quote
        volume, known = change.volume, state.volume
        # Most are newer: only where the volume fell is it worth a closer look.
        if late or (volume is not None and known is not None and volume < known and is_older(state, change)):
            told = copy(state)
            merge(told, change)
            self._fill(listing, change)
            return told, None
        trade = None if volume is None else infer_trade(state, change)
        merge(state, change)
        if listing.hearers and change.last is not None:
            _tell(listing)
        if not listing.touched:
            self._touch(listing)
        if trade is not None and not self._take_trade(trade, listing):
            trade = None
        return state, trade

    def take_detailed(self, change: DetailedQuote, late: bool = False) -> tuple[Quote, Trade | None, dict[str, Any]]:
        """As ``take_quote`` for what is not a share; gives the details among what changed, too."""
        if self._requested:
            self._requested.pop(change.symbol, None)
        listing = self._listings.get(change.symbol)
        trade = None
        if listing is None:
            listing = self._list(empty_state(change))
        elif listing.quote.service != change.service:
            listing.quote = empty_state(change)  # what it said first happened long ago
        elif late or is_older(listing.quote, change):
            told = copy(listing.quote)
            details = merge_detailed(told, change)
            self._fill(listing, change)
            return told, None, details
        else:
            trade = infer_trade(listing.quote, change)
        details = merge_detailed(listing.quote, change)
        if listing.hearers and change.last is not None:
            _tell(listing)
        if not listing.touched:
            self._touch(listing)
        if trade is not None and not self._take_trade(trade, listing):
            trade = None
        return listing.quote, trade, details

    def _list(self, quote: Quote) -> _Listing:
        listing = self._listings[quote.symbol] = _Listing(quote)
        listing.tape = self._tapes.get(quote.symbol)
        listing.hearers = self._hearers.get(quote.symbol, ())
        return listing

    def _touch(self, listing: _Listing) -> None:
        listing.touched = True
        self._touched.append(listing)

    def _fill(self, listing: _Listing, older: Quote) -> None:
        fill(listing.quote, older)
        if not listing.touched:
            self._touch(listing)

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

    def _take_trade(self, trade: Trade, listing: _Listing) -> bool:
        if trade.time > self.latest_ms:
            self.prints_too_late += 1
            return False
        if listing.tape is not None:
            listing.tape.append(trade)
        listing.traded = True
        state = listing.quote
        bid, ask = state.bid, state.ask
        # One outlier would be the minute's high or low; most lie between bid and ask.
        if not bid or not ask or bid <= trade.price <= ask or not is_far(state.symbol, trade.price, bid, ask):
            listing.running.add(trade)
        return True

    def changes(self) -> BoardChanged | None:
        """What was touched since the last call, or None when nothing was."""
        words = self._touched_screeners or self._touched_activity or self._touched_news
        if not (self._touched or self._touched_requested or self._touched_books or words):
            return None
        traded = frozenset([listing.quote.symbol for listing in self._touched if listing.traded])
        changed = BoardChanged(
            frozenset([listing.quote.symbol for listing in self._touched]) | self._touched_requested,
            traded,
            frozenset(self._touched_books),
            frozenset(self._touched_screeners),
            self._touched_activity,
            self._touched_news,
        )
        for listing in self._touched:
            listing.touched = listing.traded = False
        self._touched, self._touched_requested, self._touched_books = [], set(), set()
        self._touched_screeners, self._touched_activity, self._touched_news = set(), False, False
        return changed


def _tell(listing: _Listing) -> None:
    for hear in listing.hearers:
        hear(listing.quote)

"""The stream: what should be sent, who hears it, and the life of its connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from monitor.analysis.budget import StreamPlaces
from monitor.market.activity import Activity
from monitor.market.bar import Bar
from monitor.market.book import Book, BookService
from monitor.market.gap import Gap
from monitor.market.headline import Headline
from monitor.market.quote import Quote
from monitor.market.screener import Screener


class StreamPhase(StrEnum):
    """Where the stream is in its life."""

    OFF = "off"  # nothing is wanted
    CLOSED = "closed"  # the market is, and it was wished that the stream stops then
    CONNECTING = "connecting"
    LOGIN = "login"
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    QUIET = "quiet"  # connected, and nothing comes because the market is closed
    WAITING = "waiting"  # until the next try
    TAKEN = "taken"  # by another program; only a person should take it back
    SIGN_IN = "sign in"  # only a new sign-in can help


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the streamer should send: symbols by kind. Each new connection asks for all of it."""

    quotes: frozenset[str] = frozenset()
    books: frozenset[str] = frozenset()
    bars: frozenset[str] = frozenset()
    screeners: frozenset[str] = frozenset()  # by Schwab's names, such as NASDAQ_VOLUME_30
    news: frozenset[str] = frozenset()
    activity: bool = False  # of the person's own accounts
    exactly: frozenset[tuple[str, str]] = frozenset()  # (streamer service, key), for those who know what they ask for

    def __or__(self, other: "Wanted") -> "Wanted":
        return Wanted(
            self.quotes | other.quotes,
            self.books | other.books,
            self.bars | other.bars,
            self.screeners | other.screeners,
            self.news | other.news,
            self.activity or other.activity,
            self.exactly | other.exactly,
        )

    def __bool__(self) -> bool:
        return self != Wanted()


class StreamListener(Protocol):
    """Who hears the stream. ``sent_ms`` is when the streamer sent the frame; called on the loop's thread."""

    def hear_quotes(self, changes: Sequence[Quote], sent_ms: int) -> None: ...

    def hear_books(self, service: BookService, books: Sequence[Book], sent_ms: int) -> None: ...

    def hear_bars(self, bars: Sequence[Bar], sent_ms: int) -> None: ...

    def hear_screeners(self, screeners: Sequence[Screener], sent_ms: int) -> None: ...

    def hear_activity(self, entries: Sequence[Activity], sent_ms: int) -> None: ...

    def hear_news(self, headlines: Sequence[Headline], sent_ms: int) -> None: ...

    def hear_gap(self, gap: Gap) -> None:
        """A hole begins (``to_ms`` is None), or the one that began at ``from_ms`` is over."""

    def hear_phase(self, phase: StreamPhase, sentence: str, retry_at_ms: int | None) -> None:
        """The stream's life: connecting, live, waiting to try again, taken, off; ``sentence`` is for people."""

    def hear_heartbeat(self, sent_ms: int) -> None: ...

    def hear_rejected(self, kind: str, raw: bytes, reason: str) -> None:
        """A part of a frame that could not be read; the rest of it was delivered."""

    def has_room(self) -> bool:
        """False while nothing more should be read from the socket; asked about a hundred times a second."""


class QuoteStream(Protocol):
    """The live feed: it keeps itself connected and asks for everything wanted on each connection."""

    async def run(self, listener: StreamListener) -> None:
        """Connect, deliver and reconnect until cancelled; then log out and close within 3 seconds.

        Raises SignInNeeded when only a new sign-in can help.
        """

    def want(self, wanted: Wanted) -> None:
        """Replace the wanted set; the difference is sent on the open connection without waiting for data."""

    @property
    def places(self) -> StreamPlaces:
        """The places on the connection, and those that are taken by what is wanted now."""

    def take_back(self) -> None:
        """Connect again after another program took the stream; otherwise nothing happens."""

    def restart(self, service: str = "") -> None:
        """Ask for all keys of ``service`` anew; without one, make a new connection."""


class Watching(Protocol):
    """Who wants what from the stream: each owner (a panel, a list) names its wishes, the union is subscribed."""

    def want(self, owner: str, wanted: Wanted) -> None:
        """Replace what ``owner`` wants; an empty set takes it off."""

    @property
    def refused(self) -> Mapping[str, str]:
        """Symbols the streamer refused, each with its reason."""

    @property
    def places(self) -> StreamPlaces:
        """The places on the stream's connection, and those that are taken by what everybody wants now."""

    def take_back(self) -> None:
        """Fetch the stream from the program that took it."""

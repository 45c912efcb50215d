"""What the program needs from outside, as protocols worded by the need; adapters live in schwab, store and collect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from monitor.market.activity import Activity
from monitor.market.bar import Bar, BarSeries, Interval
from monitor.market.book import Book, BookService
from monitor.market.gap import Gap
from monitor.market.headline import Headline
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.market.screener import Screener
from monitor.market.trade import Trade

# --------------------------------------------------------------------------------------------- the stream


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


class QuoteStream(Protocol):
    """The live feed: it keeps itself connected and asks for everything wanted on each connection."""

    async def run(self, listener: StreamListener) -> None:
        """Connect, deliver and reconnect until cancelled; then log out and close within 3 seconds.

        Raises SignInNeeded when only a new sign-in can help.
        """

    def want(self, wanted: Wanted) -> None:
        """Replace the wanted set; the difference is sent on the open connection without waiting for data."""

    def take_back(self) -> None:
        """Connect again after another program took the stream; otherwise nothing happens."""

    def restart(self, service: str = "") -> None:
        """Ask for all keys of ``service`` anew; without one, make a new connection."""


# --------------------------------------------------------------------------------------------- market data on request


class PriceHistory(Protocol):
    """Bars and facts on request. Every call raises Transient, Refused, BadData or SignInNeeded."""

    async def daily_bars(self, symbol: str, years: int = 20) -> list[Bar]:
        """Daily bars, ascending; ``start`` is midnight New York of the trading day."""

    async def minute_bars(self, symbol: str, start_ms: int, end_ms: int) -> list[Bar]:
        """Minute bars with extended hours, ascending, clipped to [start_ms, end_ms)."""

    async def find_instruments(self, text: str) -> list[Instrument]:
        """Instruments whose symbol is ``text`` exactly (several with commas); empty when there is none."""

    async def search_instruments(self, text: str) -> list[Instrument]:
        """Instruments whose symbol begins with, or description holds, ``text``."""

    async def market_hours(self, day: str = "") -> "MarketHours":
        """The equity market's sessions of ``day`` (YYYY-MM-DD, New York; today when empty)."""


class QuoteTimes(Protocol):
    """When Schwab's own newest quotes and trades happened, to tell a silent stream from a quiet market."""

    async def quote_times(self, symbols: Sequence[str]) -> Mapping[str, int]:
        """The time of each symbol's newest quote or trade, ms UTC; symbols that Schwab does not know are missing.

        Raises Transient, Refused, BadData or SignInNeeded.
        """


@dataclass(frozen=True, slots=True)
class MarketHours:
    """The equity market's day as Schwab tells it: stretches as (start, end) ms UTC; empty on closed days."""

    day: str
    is_open: bool
    pre: tuple[tuple[int, int], ...] = ()
    regular: tuple[tuple[int, int], ...] = ()
    post: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """How one streamer service is doing; times in ms, ``None`` where there is nothing to tell yet.

    ``rate`` is items a second over the last ten seconds, ``lag_ms`` the receive time less the time the streamer sent
    it (median of the last minute, less what is known of this machine's clock), ``quiet`` the symbols that should have
    sent something and did not, ``gaps`` the holes of today.
    """

    service: str
    symbols: int
    age_ms: int | None
    rate: float
    lag_ms: float | None
    items: int
    rejected: int
    sentence: str = ""
    ok: bool = True
    quiet: tuple[str, ...] = ()
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """How the stream's connection is doing; ``since_ms`` is when its phase began.

    ``clock_ms`` is how far this machine's clock is ahead of the streamer's (negative: behind), as far as heartbeats
    tell it; None where there is nothing worth telling. ``rejected`` counts by kind what could not be read.
    """

    phase: StreamPhase
    sentence: str = ""
    since_ms: int | None = None
    reconnects: int = 0
    host: str = ""
    clock_ms: int | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """What this program takes of the machine; ``cpu`` is the share of one core since the last question."""

    memory_bytes: int | None
    cpu: float | None


class Health(Protocol):
    """How the stream, the recording and the connection are doing, for whoever wants to look closely."""

    def services(self) -> list[ServiceHealth]: ...

    def connection(self) -> ConnectionHealth: ...

    def process(self) -> ProcessHealth: ...

    def restart(self, service: str = "") -> None:
        """Ask for a service's symbols anew; without a service, connect anew."""

    def report(self) -> str:
        """All of it as text that can be given away: no secret, no account."""


class FrameFile(Protocol):
    """Writes the stream's frames as they came into a file that the sandbox can replay."""

    @property
    def path(self) -> Path | None:
        """The file being written, or None."""

    @property
    def frames(self) -> int:
        """How many frames are in it so far."""

    def start(self, path: Path) -> None:
        """Write every frame from now on. Raises Unusable when the file cannot be written."""

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class RequestMeter:
    """Requests of the last 60 seconds against the ceiling, and how many wait."""

    used: int
    ceiling: int
    waiting: int


# --------------------------------------------------------------------------------------------- sign-in


class SignInState(StrEnum):
    """Whether there is a sign-in, and if not, why."""

    SIGNED_OUT = "signed out"  # nobody has signed in yet, or the person signed out
    SIGNED_IN = "signed in"
    ENDED = "ended"  # Schwab renews it no longer; what streams may go on, and a new sign-in goes on from there


@dataclass(frozen=True, slots=True)
class Remark:
    """What is noticed about one field of the developer key while it is typed."""

    field: str  # client_id, client_secret or callback_url
    sentence: str
    stops: bool = False  # with this nobody can sign in; otherwise it is only unusual


class SignIn(Protocol):
    """The OAuth code flow and the tokens it gives; tokens themselves never leave the adapter."""

    @property
    def state(self) -> SignInState: ...

    @property
    def signed_in(self) -> bool:
        """Whether ``state`` is SIGNED_IN."""

    @property
    def expires_ms(self) -> int | None:
        """When the refresh token ends (7 days from the sign-in), ms UTC."""

    @property
    def configured(self) -> bool:
        """Whether the app key, its secret and the callback address are known."""

    @property
    def locked(self) -> bool:
        """Whether a sign-in is stored that waits for its passphrase."""

    @property
    def kept_by(self) -> str:
        """Where the tokens are kept: keyring, passphrase, or session (in memory only)."""

    @property
    def client_id(self) -> str:
        """The app key, for the form that changes it; empty when there is none."""

    def remarks(self, client_id: str, client_secret: str, callback_url: str) -> list[Remark]:
        """What is wrong or unusual with a developer key as far as it is typed; nothing is said of empty fields."""

    def configure(self, client_id: str, client_secret: str, callback_url: str) -> None:
        """Take the developer key. Raises BadData naming what is wrong with it."""

    async def keep_with_passphrase(self, passphrase: str) -> None:
        """Open the locked sign-in with its passphrase, or keep this one with a new passphrase.

        Raises BadData when it is wrong, Unusable when nothing can be written.
        """

    async def start_over(self) -> None:
        """Set a locked sign-in aside, so that another can be kept. Raises Unusable."""

    @property
    def callback_url(self) -> str: ...

    def begin(self) -> str:
        """Start an attempt: a fresh state, and the address to open in the browser."""

    async def finish(self, redirected_url: str) -> None:
        """Check the state, exchange the code and keep the tokens.

        Raises BadData for a foreign or repeated redirect, Refused when Schwab declines, Transient on the network.
        """

    async def finish_in_browser(self, open_page: Callable[[str], object]) -> None:
        """Start an attempt in the system's browser: listen at the callback address, then ``open_page(address)``.

        Ends when the browser has come back and the code is exchanged; cancelling it stops listening. Meanwhile
        ``finish`` with a pasted address works too. Raises Unusable when nothing can listen there (the port is taken,
        or the callback is not on this machine), and as ``finish``.
        """

    async def sign_out(self) -> None:
        """Forget tokens, developer key and the key they are encrypted with, here and on disk."""


# --------------------------------------------------------------------------------------------- the archive


class Recorder(Protocol):
    """Takes everything in, at once and in order, on the loop's thread; a writer thread puts it on disk."""

    def record_quote(self, received_us: int, state: Quote) -> None:
        """One Level 1 message, as the state after it."""

    def record_trade(self, received_us: int, trade: Trade) -> None: ...

    def record_book(self, received_us: int, service: BookService, book: Book) -> None: ...

    def record_details(self, received_us: int, symbol: str, details: Mapping[str, str | int | float | bool]) -> None:
        """What a Level 1 message of an option, future or currency pair said besides a quote's common fields."""

    def record_screener(self, received_us: int, service: str, screener: Screener) -> None: ...

    def record_activity(self, received_us: int, activity: Activity) -> None: ...

    def record_headline(self, received_us: int, headline: Headline) -> None: ...

    def record_gap(self, gap: Gap) -> None:
        """A hole that begins, or the end of the one that began then; committed at once."""

    def record_rejected(self, received_us: int, kind: str, raw: bytes, reason: str) -> None:
        """What could not be read, into the quarantine, which keeps the newest ones only."""

    def record_bars(self, bars: Sequence[Bar]) -> None:
        """New or revised bars; an equal one changes nothing, a different one raises the revision."""

    def record_instruments(self, instruments: Sequence[Instrument]) -> None: ...

    def record_coverage(self, symbol: str, interval: Interval, start_ms: int, end_ms: int, state: str) -> None:
        """What history was asked for: ``state`` is asked, complete, empty or failed."""

    def record_audit(self, kind: str, sentence: str) -> None:
        """A sign-in, renewal, refusal, export …: kind is one word, the sentence holds no secret."""

    async def flushed(self) -> None:
        """Wait until everything recorded so far is committed. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class StoreMeter:
    """Rows that wait for the writer, rows written since the start, the database's size on disk, and its engine.

    ``spilled`` counts the bytes of rows that wait in a file because the writer fell behind, ``behind_ms`` is the age
    of the oldest row that waits, ``committed_ms`` when rows were last committed, ``trouble`` the sentence why nothing
    can be written, and ``lost`` counts rows that found no place anywhere.
    """

    queued: int
    written: int
    bytes: int
    engine: str = ""
    spilled: int = 0
    behind_ms: int = 0
    committed_ms: int | None = None
    trouble: str = ""
    lost: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit: ``kind`` is a word such as sign-in or renewal, ``sentence`` holds no secret."""

    at_ms: int
    kind: str
    sentence: str


class Archive(Protocol):
    """What is on disk, read on a pool of its own; every call raises StoreUnavailable."""

    async def audit(self, limit: int) -> list[AuditEntry]:
        """The newest entries of the audit, newest first."""

    async def bars(self, symbol: str, interval: Interval, start_ms: int = 0, end_ms: int = 2**62) -> BarSeries:
        """Bars of a chart interval, ascending: stored ones, or aggregated from stored minutes or days."""

    async def coverage(self, symbol: str, interval: Interval) -> list[tuple[int, int]]:
        """The ranges [start, end) of history that were answered (with bars or as empty), ms UTC, ascending."""

    async def trades(self, symbol: str, limit: int) -> list[Trade]:
        """The last prints, oldest first."""

    async def gaps(self, symbol: str, start_ms: int = 0, end_ms: int = 2**62) -> list[Gap]:
        """The holes that concern ``symbol`` and overlap the range, ascending; of its own and of whole services."""

    async def find_instruments(self, text: str, limit: int = 20) -> list[Instrument]:
        """Known instruments whose symbol begins with, or description holds, ``text``."""


class Watchlists(Protocol):
    """The named lists the person made, in their order; every call raises StoreUnavailable."""

    async def all(self) -> dict[str, list[str]]:
        """Every list's symbols in order, by name."""

    async def create(self, name: str, symbols: Sequence[str] = ()) -> None:
        """A new list. Raises BadData when the name is empty or taken."""

    async def rename(self, old: str, new: str) -> None: ...

    async def remove(self, name: str) -> None: ...

    async def set_symbols(self, name: str, symbols: Sequence[str]) -> None:
        """Replace the list's symbols, in this order."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to write: ``what`` is quotes, trades, bars or book; the range is [start_ms, end_ms) UTC."""

    what: str
    symbols: tuple[str, ...]
    out: Path
    interval: Interval = Interval.M1
    start_ms: int = 0
    end_ms: int = 2**62
    venues: bool = False


@dataclass(frozen=True, slots=True)
class ExportResult:
    rows: int
    path: Path


class Exporter(Protocol):
    """Writes recorded rows to a file, whole or not at all."""

    async def export(
        self, request: ExportRequest, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ExportResult | None:
        """Write the file; ``progress(done, total)`` counts rows. None when cancelled (no file is left).

        Raises StoreUnavailable, and Unusable when the file cannot be written.
        """

    async def export_table(self, header: Sequence[str], rows: Sequence[Sequence[str]], out: Path) -> ExportResult:
        """Write a table as shown on the screen."""


# --------------------------------------------------------------------------------------------- for the screen


class Watching(Protocol):
    """Who wants what from the stream: each owner (a panel, a list) names its wishes, the union is subscribed."""

    def want(self, owner: str, wanted: Wanted) -> None:
        """Replace what ``owner`` wants; an empty set takes it off."""

    @property
    def refused(self) -> Mapping[str, str]:
        """Symbols the streamer refused, each with its reason."""

    def take_back(self) -> None:
        """Fetch the stream from the program that took it."""


class HistoryLoader(Protocol):
    """Fetches what a symbol's charts need and is not on disk yet; progress comes as HistoryProgress events."""

    def ensure(self, symbol: str) -> None:
        """Queue days and minutes of ``symbol`` unless they were fetched lately; returns at once."""

    def cancel(self, symbol: str) -> None: ...


class Meters(Protocol):
    """The figures of the status bar, read when it repaints."""

    def requests(self) -> RequestMeter: ...

    def store(self) -> StoreMeter: ...

    def stream_age_ms(self) -> int | None:
        """Milliseconds since the last frame of any kind, or None when there is no connection."""

    def now_ms(self) -> int: ...


class Preferences(Protocol):
    """Small settings of the screen, kept in the profile's own settings file."""

    def get(self, key: str, default: str = "") -> str: ...

    def set(self, key: str, value: str) -> None: ...

    def get_bytes(self, key: str) -> bytes: ...

    def set_bytes(self, key: str, value: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """The program that holds a profile: it alone writes the database, renews the sign-in and streams.

    ``program`` is empty, and ``since_ms`` 0, where one holds it that has not said who it is.
    """

    program: str  # "window" or "collector"
    pid: int
    since_ms: int

    @property
    def name(self) -> str:
        """Words for it within a sentence."""
        return f"the {self.program} (process {self.pid})" if self.program else "another Market Monitor"


@dataclass(frozen=True, slots=True)
class Profile:
    """Which world this program instance lives in: the sandbox's or the real one, and where its files are."""

    sandbox: bool
    data_dir: Path

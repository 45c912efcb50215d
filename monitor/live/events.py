"""Everything that can happen, as small frozen messages; listeners find them by type on the bus."""

from dataclasses import dataclass, field
from enum import StrEnum

from monitor.market.alert import Firing
from monitor.market.bar import Bar, Interval
from monitor.market.chain_schedule import ChainSlot
from monitor.market.gap import Gap
from monitor.ports import AuditEntry, SignInState, StreamPhase


class Level(StrEnum):
    """How much a notice matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class BoardChanged:
    """The symbols whose quote, tape or book changed since the last frame; published at screen rate.

    So are the names of new screeners, and whether there is account activity or news.
    """

    quotes: frozenset[str]
    trades: frozenset[str]
    books: frozenset[str]
    screeners: frozenset[str] = frozenset()
    activity: bool = False
    news: bool = False


@dataclass(frozen=True, slots=True)
class BarsArrived:
    """Bars came from the stream or from history and are on the board or in the store."""

    symbol: str
    interval: Interval
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """The stream changed its phase; ``sentence`` says why, ``retry_at_ms`` when it tries again."""

    phase: StreamPhase
    sentence: str
    retry_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GapChanged:
    """A hole in what is streamed began, or is over."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class ChainSlotKept:
    """What became of a moment at which a snapshot of a chain was due."""

    slot: ChainSlot


@dataclass(frozen=True, slots=True)
class SignInChanged:
    """Signed in or not; ``expires_ms`` is when the refresh token's seven days end."""

    state: SignInState
    sentence: str
    expires_ms: int | None = None

    @property
    def signed_in(self) -> bool:
        return self.state is SignInState.SIGNED_IN


@dataclass(frozen=True, slots=True)
class HistoryProgress:
    """How far the download of one symbol's history is, in requests; ``interval`` is that of the one under way.

    ``failed`` holds the sentence when it gave up.
    """

    symbol: str
    done: int
    total: int
    failed: str = ""
    interval: Interval = Interval.M1

    @property
    def finished(self) -> bool:
        return self.done >= self.total or bool(self.failed)


@dataclass(frozen=True, slots=True)
class WatchlistsChanged:
    """A list was made, renamed, removed, or its symbols changed."""

    names: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class DrawingsChanged:
    """What is drawn on charts of ``symbol`` has been read or changed."""

    symbol: str


@dataclass(frozen=True, slots=True)
class AlertsChanged:
    """The alerts of ``symbol`` have been read or changed."""

    symbol: str


@dataclass(frozen=True, slots=True)
class AlertFired:
    """An alert told that the price crossed its line."""

    firing: Firing


@dataclass(frozen=True, slots=True)
class Audited:
    """An entry was added to the audit."""

    entry: AuditEntry


class Offer(StrEnum):
    """What the button beside a notice does."""

    SIGN_IN = "sign in"
    RENEW = "renew"  # the sign-in, before it ends


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person, for the log panel and, from WARNING on, the line above the status bar.

    One that ``stays`` stands there too, whatever its level, until it is dismissed.
    """

    level: Level
    sentence: str
    detail: str = ""
    offer: Offer | None = None
    stays: bool = False

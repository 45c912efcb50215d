"""What of history is on disk, what is missing, and what fills it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from monitor.analysis.coverage import Asked, DayCoverage
from monitor.analysis.repair import Expiring, Request
from monitor.market.bar import Bar, Interval


@dataclass(frozen=True, slots=True)
class Revision:
    """Values that a bar had, until ``replaced_ms``."""

    bar: Bar
    revision: int
    replaced_ms: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a bar comes from: as it stands, when it was seen first and last, and what it was before, oldest first.

    ``confirmed`` is whether history has answered for its time since the trading day was over.
    """

    bar: Bar
    first_seen_ms: int
    last_seen_ms: int
    confirmed: bool
    revisions: tuple[Revision, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A bar of which another source says otherwise: a streamed one and history's, or a computed one and Schwab's own.

    Beside both the largest difference of a price, its share in percent, and the difference of the volume.
    """

    was: Bar
    now: Bar
    price: float
    percent: float
    volume: float


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How bars of two sources compare: how many were compared, how many differed, and those that did, worst first.

    ``differences`` may be cut short; ``differing`` counts all.
    """

    compared: int
    differing: int
    differences: tuple[Difference, ...] = ()

    @property
    def worst(self) -> Difference | None:
        """The one whose price was furthest off."""
        return self.differences[0] if self.differences else None


class Coverage(Protocol):
    """What of history is on disk; every call raises StoreUnavailable."""

    async def ledger(self, symbols: Sequence[str], interval: Interval) -> Mapping[str, Sequence[Asked]]:
        """What was asked for each symbol, and answered; ascending, without overlaps."""

    async def days(
        self, symbols: Sequence[str], interval: Interval, first: date, last: date
    ) -> Mapping[str, Sequence[DayCoverage]]:
        """How each trading day from ``first`` to ``last`` stands that has begun, for each of ``symbols``; ascending."""

    async def expiring(self, days: int = 7) -> Sequence[Expiring]:
        """What is missing of series that were asked for before, and leaves the source's reach within ``days``."""

    async def kept(self) -> Mapping[str, frozenset[Interval]]:
        """The symbols of which history was ever asked for, each with its intervals."""

    async def failed_due(self, now_ms: int) -> Sequence[tuple[str, Interval, Asked]]:
        """What failed and may be tried again by now."""

    async def provenance(self, symbol: str, interval: Interval, start_ms: int) -> Provenance | None:
        """Where the bar that begins at ``start_ms`` comes from; None where there is none."""

    async def revised(
        self, symbol: str, interval: Interval, start_ms: int, end_ms: int, limit: int = 5000
    ) -> Sequence[int]:
        """When the bars begin (ms UTC) that start in [start_ms, end_ms) and had other values before, ascending."""

    async def reconciliation(self, start_ms: int, end_ms: int, limit: int = 1000) -> Reconciliation:
        """Streamed minutes of [start_ms, end_ms) against what history said of them."""

    async def longer_bars(self, start_ms: int, end_ms: int, limit: int = 1000) -> Reconciliation:
        """Longer bars of [start_ms, end_ms) as complete minutes make them, against those that Schwab sent."""


class HistoryDeletion(Protocol):
    """Removes bars from the disk, with what the ledger says of their time. What a person made is never touched."""

    async def count(self, symbols: Sequence[str], interval: Interval, start_ms: int, end_ms: int) -> int:
        """The bars of ``interval`` that ``delete`` would remove. Raises StoreUnavailable."""

    async def delete(self, symbols: Sequence[str], interval: Interval, start_ms: int, end_ms: int) -> int:
        """Remove the bars that start in [start_ms, end_ms), and note it in the audit; gives how many there were.

        Those that were recorded before and still wait for the disk are written first, so that they go too.
        Their time counts as never asked for then. Raises StoreUnavailable; what was removed until then stays removed.
        """


class HistoryRepair(Protocol):
    """Fills what is missing, in the background; progress comes as HistoryProgress events, the end as a notice."""

    def repair(
        self,
        symbols: Sequence[str],
        interval: Interval,
        start_ms: int = 0,
        end_ms: int = 2**62,
        *,
        again: bool = False,
    ) -> None:
        """Queue what is missing of the range; with ``again`` what is on disk too. Returns at once."""

    async def plan(
        self,
        symbols: Sequence[str],
        interval: Interval,
        start_ms: int = 0,
        end_ms: int = 2**62,
        *,
        again: bool = False,
    ) -> Sequence[Request]:
        """The requests that ``repair`` would send, first to last. Raises StoreUnavailable."""

    def cancel(self, symbol: str) -> None:
        """Stop fetching ``symbol``; what has come so far is kept."""

    def cancel_all(self) -> None:
        """Stop everything that is queued."""

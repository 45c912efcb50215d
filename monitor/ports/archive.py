"""The archive: what takes rows in, what reads them, and what writes them out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from monitor.analysis.coverage import Asked
from monitor.market.activity import Activity
from monitor.market.bar import Bar, BarSeries, Interval
from monitor.market.book import Book, BookService
from monitor.market.chain import Chain
from monitor.market.chain_schedule import ChainSlot
from monitor.market.gap import Gap
from monitor.market.headline import Headline
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.market.screener import Screener
from monitor.market.trade import Trade


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

    def record_coverage(self, symbol: str, interval: Interval, asked: Asked) -> None:
        """What history was asked for and answered; what was answered for good is never taken back."""

    def record_chain(self, slot: ChainSlot, chain: Chain | None = None) -> None:
        """What became of a moment at which a snapshot was due, and the snapshot; a miss replaces nothing."""

    def record_audit(self, kind: str, sentence: str) -> None:
        """A sign-in, renewal, refusal, export …: kind is one word, the sentence holds no secret."""

    def has_room(self) -> bool:
        """False while more waits than should: what brings more had better pause for a moment. Nothing is refused."""

    async def flushed(self) -> None:
        """Wait until everything recorded so far is committed. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class StoreMeter:
    """Rows that wait for the writer, rows written since the start, the database's size on disk, and its engine.

    ``spilled`` counts the bytes of rows that wait in a file because the writer fell behind, ``behind_ms`` is the age
    of the oldest row that waits, ``committed_ms`` when rows were last committed, ``trouble`` the sentence why nothing
    can be written, and ``lost`` counts rows that found no place anywhere. While it is ``full`` the stream waits.
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
    full: bool = False


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
    """What to write: ``what`` is quotes, trades, bars, book or options; the range is [start_ms, end_ms) UTC."""

    what: str
    symbols: tuple[str, ...]
    out: Path
    interval: Interval = Interval.M1
    start_ms: int = 0
    end_ms: int = 2**62
    venues: bool = False


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written; ``troubles`` are sentences on days that could not be read and are left out."""

    rows: int
    path: Path
    troubles: tuple[str, ...] = ()


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

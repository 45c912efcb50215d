"""Opening the database: the whole store for a program that records, or a view for one that only reads."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from monitor.clock import now_ms
from monitor.errors import StoreUnavailable
from monitor.market.book import BookService
from monitor.market.calendar import around_the_clock, sessions
from monitor.ports import AuditEntry, OpeningStep, StoreMeter
from monitor.store.about import CHECK_DUE, fact, note_open
from monitor.store.alerts import StoredAlerts
from monitor.store.archive import StoredArchive
from monitor.store.backup import backed_up, backups_of
from monitor.store.bar_import import StoredImporter
from monitor.store.care import StoredCare
from monitor.store.chains import StoredChainSchedules
from monitor.store.connect import WriterLock, connect_reading, connect_writing, empty_log, size_of
from monitor.store.coverage import StoredCoverage
from monitor.store.deletion import StoredDeletion
from monitor.store.drawings import StoredDrawings
from monitor.store.export import StoredExporter
from monitor.store.facts import StoreFacts, facts_of
from monitor.store.file_system import check_local
from monitor.store.migrations import check_origin, migrate, origin
from monitor.store.minute_packs import Packing
from monitor.store.progress import Progress
from monitor.store.query import StoredQueries
from monitor.store.reader import Reader
from monitor.store.recording import Recording
from monitor.store.recovery import KeepTold, Recovery, finish, recover, untold
from monitor.store.schema import VERSION
from monitor.store.spill import Spill, noted
from monitor.store.tasks import CloseGaps
from monitor.store.tiers.moving import StoredTiers
from monitor.store.tiers.reading import TierReader, newest_us
from monitor.store.trouble import is_damage, unavailable
from monitor.store.usage import StoredUsage
from monitor.store.watchlists import StoredWatchlists
from monitor.store.writer import Writer

_log = logging.getLogger(__name__)
_ALONE_US = 60_000_000
_OPENING = OpeningStep("Opening the database…", stopping="Stopping changes nothing in the database.")
_EMPTYING_LOG = OpeningStep(
    "Moving the changes from the database's log into its file…",
    stopping="This is not broken off: it is finished first.",
)
#: A log that is longer than that takes a while to be moved into the file.
_LONG_LOG = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Found:
    """What an opened database holds that the program goes on from; reading it finds damage early."""

    connection: sqlite3.Connection
    ids: dict[str, int]
    book_services: dict[str, str]
    last_received_us: int


class Store:
    """The database of a running program; the only one that writes to it."""

    def __init__(
        self,
        path: Path,
        found: _Found,
        lock: WriterLock,
        sandbox: bool,
        on_trouble: Callable[[str], None],
        on_audit: Callable[[AuditEntry], None],
    ) -> None:
        self._lock = lock
        connection = found.connection
        spill = Spill(path.with_suffix(".spill"), noted(connection))
        # What waits beside the database counts as in it: its numbers and stamps are not given out again.
        ids = found.ids | spill.instruments
        self._book_services = found.book_services
        self._last_received_us = max(found.last_received_us, spill.newest_us)
        #: What was saved when the database was found damaged, and told to nobody yet.
        self.recoveries = untold(connection)
        #: Whether the program before was killed.
        self.left_open = note_open(connection, now_ms())
        #: Whether one was, and the file has not been looked at since.
        self.check_due = fact(connection, CHECK_DUE) is not None
        # Whatever was missing when the last program was killed was missing until now: nobody was there to receive it.
        left_open = CloseGaps(max(now_ms(), self._last_received_us // 1000))
        left_open.run(connection)
        empty_log(connection, patient=False)  # the note is in the file itself, whatever becomes of the log
        self._writer = Writer(connection, path, spill, ids, on_trouble, lambda: self._recover(path, sandbox))
        if spill.rows:
            self._writer.intake.tasks.append((left_open, None))  # once more, after those that wait beside it
        self._reader = Reader(path, on_damage=self._writer.suspect)
        self.recorder = Recording(self._writer, ids, on_audit=on_audit)
        tier_reader = TierReader(path.parent, _once(asyncio.get_running_loop(), on_trouble))
        packing = Packing(self._writer)
        self.archive = StoredArchive(self._reader, tier_reader, packing.want)
        self.tiers = StoredTiers(self._reader, self._writer, path, self.recorder.record_audit, self.recorder.number_of)
        self.coverage = StoredCoverage(self._reader)
        self.chain_schedules = StoredChainSchedules(self._reader, self._writer, self.recorder.number_of)
        self.deletion = StoredDeletion(self._reader, self._writer, on_audit)
        self.usage = StoredUsage(
            self._reader,
            path,
            around_the_clock if sandbox else sessions,  # the sandbox's market never closes
        )
        self.watchlists = StoredWatchlists(self._reader, self._writer)
        self.alerts = StoredAlerts(self._reader, self._writer)
        self.drawings = StoredDrawings(self._reader, self._writer)
        self.exporter = StoredExporter(self._reader, tier_reader, self.recorder.record_audit, packing.want)
        self.importer = StoredImporter(self._reader, self._writer, self.recorder, now_ms)
        self.queries = StoredQueries(path, self.recorder.record_audit)
        self.care = StoredCare(path, self._reader, self._writer, self.recorder.record_audit)
        self._writer.start()

    def last_received_us(self) -> int:
        """The newest receive stamp on disk when the store was opened, for the ReceiveClock to go on from."""
        return self._last_received_us

    def book_services(self) -> dict[str, str]:
        """The symbols of which only one service has sent books, as found when the store was opened, with its name."""
        return self._book_services

    def meter(self) -> StoreMeter:
        return self._writer.meter()

    def recoveries_told(self) -> None:
        """People have been told of the ``recoveries``: the next start does not tell them again."""
        if self.recoveries:
            self._writer.intake.tasks.append((KeepTold(), None))

    def _recover(self, path: Path, sandbox: bool) -> tuple[sqlite3.Connection, Recovery]:
        """Go on in a new file; on the writer's thread, which has closed its connection."""
        recovery = recover(path, sandbox)
        self._reader.renew()
        self.tiers.renew()
        return connect_writing(path), recovery

    async def close(self) -> None:
        """Stop readers, write what waits and close; what could not be written is told through ``on_trouble``."""
        self.recorder.end_gaps()
        await self.queries.close()
        await self.tiers.close()
        await self._reader.close()
        await self._writer.close()
        self._lock.release()


class ReadingStore:
    """A database that is only read, perhaps while another program records into it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = Reader(path)
        tier_reader = TierReader(path.parent, _log.warning)
        self.archive = StoredArchive(self._reader, tier_reader)
        self.exporter = StoredExporter(self._reader, tier_reader, audit=None)

    async def facts(self, progress: Progress | None = None) -> StoreFacts:
        """Count the rows and let SQLite check the file; ``progress`` tells how far it is. Raises StoreUnavailable."""
        told = progress or Progress()
        return await self._reader.ask(lambda connection: facts_of(connection, self._path, told), limit_seconds=None)

    async def close(self) -> None:
        await self._reader.close()


def prepare_store(path: Path, sandbox: bool, progress: Progress | None = None) -> None:
    """What opening may have to do first and that can take minutes: a backup, new tables, saving what was damaged.

    Runs on any thread; ``open_store`` does the same itself, and finds little left to do afterwards. ``progress`` tells
    others how far it is, and may stop it: the database is then as it was, or ready. Raises StoreUnavailable as
    ``open_store``, and OpeningStopped.
    """
    told = progress or Progress()
    with _held(path) as lock:
        try:
            if path.exists():
                told.tell(_OPENING)
            found = _ready(path, sandbox, told)
            with closing(found.connection):
                if size_of(path.with_name(path.name + "-wal")) > _LONG_LOG:
                    told.tell(_EMPTYING_LOG)
                empty_log(found.connection, patient=False)
        except sqlite3.Error:
            told.check()  # which a statement was interrupted for
            raise
        finally:
            lock.release()


def _once(loop: asyncio.AbstractEventLoop, tell: Callable[[str], None]) -> Callable[[str], None]:
    """``tell`` on the loop, from any thread; the same sentence is told once."""
    told: set[str] = set()

    def tell_new(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            loop.call_soon_threadsafe(tell, sentence)

    return tell_new


def open_store(
    path: Path,
    sandbox: bool,
    on_trouble: Callable[[str], None],
    on_audit: Callable[[AuditEntry], None] = lambda _: None,
) -> Store:
    """Open or create the database for recording; call it on the loop.

    There ``on_trouble(sentence)`` is heard too, and ``on_audit(entry)`` of every entry of the audit as it is made.

    Raises StoreUnavailable with one sentence: the folder cannot be used, another program records into it, or the
    file is foreign, read-only, from a newer version or of the other profile. It is then left untouched. What can be
    read of a damaged one is saved into a new file (``Store.recoveries``).
    """
    with _held(path) as lock:
        found = _ready(path, sandbox, Progress())
        try:
            return Store(path, found, lock, sandbox, on_trouble, on_audit)
        except BaseException:
            found.connection.close()
            raise


def lost_track_of(path: Path) -> Path | None:
    """The newest backup of a database that is not there any more, or its last recorded rows; None where all is well.

    The database about to be made anew would be an empty one, which a person should hear of.
    """
    if path.exists() or path.with_name(path.name + ".recovered").exists():
        return None
    waiting = path.with_suffix(".spill")
    return next(iter(backups_of(path)), waiting if waiting.exists() else None)


@contextmanager
def _held(path: Path) -> Iterator[WriterLock]:
    """The folder made and the lock taken; it is released after a failure, which is raised as StoreUnavailable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        check_local(path.parent)
        lock = WriterLock(path)
        try:
            yield lock
        except BaseException:
            lock.release()
            raise
    except (OSError, sqlite3.Error) as error:
        raise unavailable(error, path) from error


def open_for_reading(path: Path) -> ReadingStore:
    """Open a database that is there, of either profile. Raises StoreUnavailable."""
    if not path.is_file():
        raise StoreUnavailable(f"There is no database in {path.parent} yet.")
    try:
        found_version = _checked_version(path, None)
    except sqlite3.Error as error:
        raise unavailable(error, path) from error
    if found_version < VERSION:
        raise StoreUnavailable(f"{path} was made by an older version of Market Monitor: start the program on it once.")
    return ReadingStore(path)


def is_sandboxs(path: Path) -> bool:
    """Whether the database that is there was made by the sandbox's profile. Raises StoreUnavailable."""
    try:
        connection = connect_reading(path)
        try:
            return origin(connection).profile == "sandbox"
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise unavailable(error, path) from error


def _checked_version(path: Path, sandbox: bool | None) -> int:
    """The schema's version, once the file is known to be ours; it is opened read-only for that."""
    connection = connect_reading(path)
    try:
        found = origin(connection)
    finally:
        connection.close()
    check_origin(found, path, sandbox)
    return found.version


def _ready(path: Path, sandbox: bool, progress: Progress) -> _Found:
    """The database opened for writing and up to date; one that is damaged is saved first. Raises sqlite3.Error."""
    finish(path)
    try:
        return _opened(path, sandbox, progress)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        recover(path, sandbox, progress)
        return _opened(path, sandbox, progress)


def _opened(path: Path, sandbox: bool, progress: Progress) -> _Found:
    version = 0
    if path.exists():
        version = _checked_version(path, sandbox)
    else:
        path.touch(0o600)  # what a person watches is nobody else's business; its log files get the same mode
    connection = connect_writing(path)
    try:
        older = 0 < version < VERSION
        if older:
            progress.follow(connection)
        with backed_up(connection, path, version, progress) if older else nullcontext():
            migrate(connection, sandbox, progress, grows=path.with_name(path.name + "-wal"))
        progress.leave(connection)
        ids = dict(connection.execute("SELECT symbol, id FROM instrument"))
        return _Found(connection, ids, _only_book_services(connection), _last_received_us(connection))
    except BaseException:
        connection.close()
        raise


def _last_received_us(connection: sqlite3.Connection) -> int:
    """A few seeks an instrument and table: the tables may hold millions of rows."""
    keyed = [
        f"(SELECT max(received_us) FROM {table} WHERE instrument_id = instrument.id)"
        for table in ("quote", "quote_detail", "trade")
    ]
    keyed += [
        f"(SELECT max(received_us) FROM book WHERE instrument_id = instrument.id AND venue = '{venue.value}')"
        for venue in BookService
    ]
    columns = ", ".join(f"ifnull({part}, 0)" for part in keyed)
    questions = [f"SELECT max(max({columns})) FROM instrument", _NEWEST_SCREENER]
    # These grow in the order of receipt.
    questions += [
        f"SELECT received_us FROM {table} ORDER BY id DESC LIMIT 1" for table in ("activity", "headline", "quarantine")
    ]
    answers = [connection.execute(question).fetchone() for question in questions]
    return max(newest_us(connection), *(answer[0] or 0 if answer else 0 for answer in answers))


def _only_book_services(connection: sqlite3.Connection) -> dict[str, str]:
    """One whose books span a minute has had the time to be the only one: each sends a first book at once."""
    stamp = "(SELECT {}(received_us) FROM book WHERE instrument_id = instrument.id AND venue = book_services)"
    rows = connection.execute(
        "SELECT symbol, book_services FROM instrument WHERE book_services <> '' AND instr(book_services, ' ') = 0"
        f" AND {stamp.format('max')} - {stamp.format('min')} >= ?",
        (_ALONE_US,),
    )
    return dict(rows.fetchall())


# From name to name: the rows between, each with a whole list in it, are not looked at.
_NEWEST_SCREENER = """
WITH RECURSIVE each(name) AS (
    SELECT min(name) FROM screener
    UNION ALL SELECT (SELECT min(name) FROM screener WHERE name > each.name) FROM each WHERE each.name IS NOT NULL
)
SELECT max((SELECT max(received_us) FROM screener WHERE name = each.name)) FROM each
"""

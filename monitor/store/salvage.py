"""What can be read of a damaged database, into an empty one.

A table that SQLite finds sound is copied by it. Of the others every page is read by itself, also those that no page
leads to any more; what cannot be read comes from the newest backup, if one has it.
"""

import logging
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.analysis.coverage import Answer
from monitor.clock import now_ms
from monitor.errors import StoreUnavailable
from monitor.market.bar import Interval
from monitor.ports import OpeningStep
from monitor.store import bar_days
from monitor.store.backup import backups_of
from monitor.store.connect import connect_reading
from monitor.store.layout import Layout, layouts
from monitor.store.migrations import check_origin, migrate, origin
from monitor.store.pages import INTERIOR, TABLE_INTERIOR, PageFile, Unreadable, Value, roots, walk
from monitor.store.progress import Progress
from monitor.store.rollups import ALL_DUE
from monitor.store.schema import APPLICATION_ID
from monitor.store.tasks import forget_coverage

_log = logging.getLogger(__name__)

_SYMBOL_INDEX = "sqlite_autoindex_instrument_1"
#: Of so many neighbouring pages SQLite reads the rows faster than they are read here.
_LONG_RUN = 8
_SYMBOLS = "SELECT id, symbol FROM instrument"
_RECOVERING = OpeningStep(
    "Recovering what reads of the damaged database…",
    stopping="Stopping removes what was saved so far; the damaged database stays as it is, and the next start begins"
    " anew.",
)
_FINDING = replace(_RECOVERING, sentence="Finding the pages of the damaged tables…")
_BY_PAGE = replace(_RECOVERING, sentence="Recovering the damaged tables page by page…")
_FROM_BACKUP = replace(_RECOVERING, sentence="Looking in the backups for what could not be read…")
_MENDING = replace(_RECOVERING, sentence="Making the indexes and counts of the recovered database anew…")
#: Between two looks at whether it is to go on.
_PAGES_A_LOOK = 64


@dataclass(slots=True)
class TableRecovery:
    """What became of one table: rows that were read, rows from a backup, and about how many are lost."""

    table: str
    saved: int = 0
    from_backup: int = 0
    lost: int = 0

    def __str__(self) -> str:
        parts = [f"{self.saved:,} {'row' if self.saved == 1 else 'rows'} saved"]
        if self.from_backup:
            parts.append(f"{self.from_backup:,} from the backup")
        if self.lost:
            parts.append(f"about {self.lost:,} lost")
        return f"{self.table}: {', '.join(parts)}"


class Salvage:
    """Fills the empty database ``new``, the file ``grows``, with what can be read of ``pages``, the file ``path``."""

    def __init__(
        self,
        pages: PageFile,
        path: Path,
        new: sqlite3.Connection,
        sandbox: bool,
        progress: Progress | None = None,
        grows: Path | None = None,
    ) -> None:
        self._pages = pages
        self._path = path
        self._new = new
        self._sandbox = sandbox
        self._progress = progress or Progress()
        self._grows = grows
        self._by_page, self._looked = _BY_PAGE, 0
        self._tables: dict[str, TableRecovery] = {}
        self._damaged: set[str] = set()

    def run(self) -> tuple[list[TableRecovery], Path | None]:
        """Raises StoreUnavailable when nothing was found that is ours or it is stopped, sqlite3.Error and OSError."""
        new = self._new
        self._progress.follow(new)
        new.execute("PRAGMA journal_mode = MEMORY")
        new.execute("PRAGMA synchronous = OFF")
        migrate(new, self._sandbox)
        shapes = layouts()
        self._tables = {name: TableRecovery(name) for name in shapes}
        new.execute("DELETE FROM about")
        new.execute("BEGIN")
        with closing(self._readable(self._path)) as old:
            for done, (name, shape) in enumerate(shapes.items()):
                self._tell(replace(_RECOVERING, done=done, total=len(shapes), detail=name))
                if not self._copied(old, shape):
                    self._damaged.add(name)
            if self._damaged:
                self._read_pages(old, shapes)
        new.execute("INSERT OR IGNORE INTO about VALUES ('profile', ?)", ("sandbox" if self._sandbox else "live",))
        new.execute("COMMIT")
        if not any(table.saved for table in self._tables.values()):
            raise StoreUnavailable(f"{self._path} is not a database of Market Monitor.")
        check_origin(origin(new), self._path, self._sandbox)
        backup = self._take_from_backup(shapes)
        self._mend()
        return list(self._tables.values()), backup

    def _tell(self, step: OpeningStep) -> None:
        """Raises OpeningStopped."""
        self._progress.tell(step, self._grows)

    def _count_pages(self, step: OpeningStep, total: int) -> None:
        self._by_page, self._looked = replace(step, total=total), 0

    def _look(self) -> None:
        """At one page more. Raises OpeningStopped."""
        if self._looked % _PAGES_A_LOOK == 0:
            self._tell(replace(self._by_page, done=self._looked))
        self._looked += 1

    def _readable(self, path: Path) -> sqlite3.Connection:
        """The file as SQLite reads it; an empty database where it cannot even read the schema."""
        try:
            connection = connect_reading(path)
            try:
                connection.execute("PRAGMA table_info(about)").fetchall()
                self._progress.follow(connection)
            except sqlite3.DatabaseError:
                connection.close()
                raise
        except sqlite3.DatabaseError as error:
            _log.info("all of %s is read page by page: %s", path, error)
            return sqlite3.connect(":memory:")
        return connection

    def _copied(self, old: sqlite3.Connection, shape: Layout) -> bool:
        """Whether the whole table could be copied from ``old``."""
        name = shape.table
        try:
            if old.execute(f"PRAGMA quick_check({name})").fetchall() != [("ok",)]:
                return False
            self._copy(old, shape)
        except sqlite3.DatabaseError as error:
            self._progress.check()  # it may be no damage, but the end of the work
            _log.info("%s is read page by page: %s", name, error)
            return False
        return True

    def _copy(self, old: sqlite3.Connection, shape: Layout, where: str = "", values: Sequence[Value] = ()) -> None:
        """Copy rows as far as they read. Raises sqlite3.DatabaseError where that is not to the end."""
        known = {row[1] for row in old.execute(f"PRAGMA table_info({shape.table})")}
        columns = [column for column in shape.columns if column in known]
        before = self._new.total_changes
        try:
            rows = old.execute(f"SELECT {', '.join(columns)} FROM {shape.table} {where}", values)
            self._new.executemany(shape.insert(columns), rows)
        finally:
            self._tables[shape.table].saved += self._new.total_changes - before

    def _read_pages(self, old: sqlite3.Connection, shapes: dict[str, Layout]) -> None:
        pages = self._pages
        self._count_pages(_FINDING, pages.count)
        owned, wanted = set(walk(pages, 1)), dict[str, list[int]]()
        for name, root in dict(roots(pages)).items():
            found = walk(pages, root, self._look)
            owned.update(found)
            if name in self._damaged or (name == _SYMBOL_INDEX and "instrument" in self._damaged):
                wanted[name] = found
        loose = sorted(set(range(2, pages.count + 1)) - owned - pages.free())
        self._count_pages(_BY_PAGE, sum(map(len, wanted.values())) + len(loose))
        for name, found in wanted.items():
            if name == _SYMBOL_INDEX:
                self._read_symbols(found)
            else:
                self._read_table(old, shapes[name], found)
        self._read_loose(loose, shapes)

    def _read_table(self, old: sqlite3.Connection, shape: Layout, numbers: list[int]) -> None:
        """The pages of a table, in the order of its key; one that does not read costs about as much as another has."""
        table, lost, read, run = self._tables[shape.table], 0, 0, list[int]()
        before = table.saved
        for number in numbers:
            self._look()
            try:
                kind = self._pages.cells(number).kind
            except Unreadable:
                lost += 1
                self._read_run(old, shape, run)
                run = []
                continue
            read += kind != TABLE_INTERIOR
            if kind in INTERIOR:
                self._read_page(shape, number)
            else:
                run.append(number)
        self._read_run(old, shape, run)
        table.lost += round(lost * (table.saved - before) / read) if read else lost

    def _read_run(self, old: sqlite3.Connection, shape: Layout, run: list[int]) -> None:
        """Neighbouring leaves between two damaged ones: from the first key to the last by SQLite, or page by page."""
        if len(run) >= _LONG_RUN:
            # SQLite looks at the row behind the last one too: it has to be on a page that reads.
            first, last = self._page_keys(shape, run[0]), self._page_keys(shape, run[-2])
            if first and last and self._stretch_copied(old, shape, first[0], last[-1]):
                run = run[-1:]
        for number in run:
            self._read_page(shape, number)

    def _stretch_copied(
        self, old: sqlite3.Connection, shape: Layout, first: Sequence[Value], last: Sequence[Value]
    ) -> bool:
        """Whether SQLite could read everything from one key to another."""
        keys, places = ", ".join(shape.keys), ", ".join("?" * len(shape.keys))
        where = f"WHERE ({keys}) >= ({places}) AND ({keys}) <= ({places})"
        try:
            self._copy(old, shape, where, (*first, *last))
        except sqlite3.DatabaseError as error:
            self._progress.check()
            _log.debug("a stretch of %s is read page by page: %s", shape.table, error)
            return False
        return True

    def _read_page(self, shape: Layout, number: int) -> None:
        good = self._page_rows(shape, number)
        self._insert(shape, good)
        self._tables[shape.table].lost += max(0, self._pages.cells(number).rows_held - len(good))

    def _page_rows(self, shape: Layout, number: int) -> list[tuple[Value, ...]]:
        cells = self._pages.cells(number)
        return _good(cells.kind, list(cells.rows()), shape)

    def _page_keys(self, shape: Layout, number: int) -> list[tuple[Value, ...]]:
        """The keys of the rows on a page."""
        if "rowid" in shape.keys:
            return [(row[0],) for row in self._pages.cells(number).rows() if row]
        return [row[: len(shape.keys)] for row in self._page_rows(shape, number)]

    def _read_loose(self, numbers: list[int], shapes: dict[str, Layout]) -> None:
        """Pages that no page leads to any more: one is taken where only one table can have such rows."""
        candidates = [shapes[name] for name in sorted(self._damaged)]
        rows = Counter[str]()
        lost = seen = 0
        for number in numbers:
            self._look()
            try:
                cells = self._pages.cells(number)
            except Unreadable:
                goes_on = self._pages.may_go_on(number)
                lost += not goes_on
                seen += goes_on
                continue
            found = list(cells.rows())
            fitting = [shape for shape in candidates if _may_be(cells.kind, found, shape)]
            fitting = [shape for shape in fitting if shape.stamp is not None] or fitting
            if len(fitting) == 1:
                good = _good(cells.kind, found, fitting[0])
                self._insert(fitting[0], good)
                rows[fitting[0].table] += len(good)
                seen += 1
            elif fitting:  # it may be one or the other, so it is neither
                self._tables[fitting[0].table].lost += len(found)
        # What the unreadable ones among them were nobody knows: a page of a table, or the rest of a long row, each
        # about as often as among those that read.
        for table, count in rows.items():
            self._tables[table].lost += round(lost * count / seen)

    def _read_symbols(self, numbers: list[int]) -> None:
        """The symbols stand in an index too: an instrument without its page keeps its name and number."""
        for number in numbers:
            self._look()
            try:
                found = [row[1] for row in self._pages.cells(number).rows() if row]
            except Unreadable:
                continue
            pairs = [(key, value) for value, key in (row for row in found if len(row) == 2)]
            before, table = self._new.total_changes, self._tables["instrument"]
            self._new.executemany("INSERT OR IGNORE INTO instrument (id, symbol) VALUES (?, ?)", pairs)
            table.saved += self._new.total_changes - before
            table.lost = max(0, table.lost - (self._new.total_changes - before))

    def _insert(self, shape: Layout, rows: list[tuple[Value, ...]]) -> None:
        before = self._new.total_changes
        for width in {len(row) for row in rows}:
            self._new.executemany(shape.insert(shape.columns[:width]), [row for row in rows if len(row) == width])
        self._tables[shape.table].saved += self._new.total_changes - before

    def _take_from_backup(self, shapes: dict[str, Layout]) -> Path | None:
        """Fill the damaged tables from the newest backup that is one of this database; gives it if it had something."""
        if not self._damaged:
            return None
        for backup in backups_of(self._path):
            self._tell(_FROM_BACKUP)
            with closing(self._readable(backup)) as old:
                try:
                    if not self._is_ours(old):
                        continue
                    for name in sorted(self._damaged - {"about"}):
                        self._fill(old, shapes[name])
                except sqlite3.DatabaseError as error:
                    self._progress.check()
                    _log.info("the backup %s does not help: %s", backup, error)
                    continue
            return backup if any(table.from_backup for table in self._tables.values()) else None
        return None

    def _fill(self, old: sqlite3.Connection, shape: Layout) -> None:
        """Rows of a backup that are not there yet."""
        table = self._tables[shape.table]
        before = table.saved
        self._copied(old, shape)
        added = table.saved - before
        table.saved, table.from_backup, table.lost = before, added, max(0, table.lost - added)

    def _is_ours(self, old: sqlite3.Connection) -> bool:
        """Whether a backup gives the same symbols the same numbers. Raises sqlite3.DatabaseError."""
        if old.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
            return False
        symbols = dict(self._new.execute(_SYMBOLS))
        return all(symbols.get(number, symbol) == symbol for number, symbol in old.execute(_SYMBOLS))

    def _mend(self) -> None:
        """What follows from the rows: names for numbers, the search index, and what is to be fetched again."""
        self._tell(_MENDING)
        new = self._new
        new.execute("BEGIN")
        tables = [
            name for name, shape in layouts().items() if "instrument_id" in shape.columns and name != "instrument"
        ]
        for table in tables:
            # A number whose symbol is lost is not given to another one.
            new.execute(
                f"INSERT OR IGNORE INTO instrument (id, symbol) SELECT DISTINCT instrument_id, '?' || instrument_id"
                f" FROM {table} WHERE instrument_id NOT IN (SELECT id FROM instrument)"
            )
        new.execute("INSERT INTO instrument_fts (instrument_fts) VALUES ('rebuild')")
        new.execute("DELETE FROM minute_pack")  # they are made anew of the minutes
        del self._tables["minute_pack"]
        if "bar" in self._damaged:
            _ask_again(new)
            new.execute(ALL_DUE)
        if self._damaged & {"bar", "bar_day"}:
            new.execute("DELETE FROM bar_day")
            bar_days.count_all(new)
        new.execute("COMMIT")


#: Days that have fewer bars than were counted when they came.
_SHORT_DAYS = """
SELECT instrument_id, interval_s, day_ms FROM (
    SELECT instrument_id, interval_s, day_ms, streamed + fetched + computed AS counted, (
        SELECT count(*) FROM bar WHERE bar.instrument_id = bar_day.instrument_id
        AND bar.interval_s = bar_day.interval_s AND (bar.interval_s = 60 OR source <> 'computed')
        AND start_ms >= day_ms AND start_ms < day_ms + 86400000
    ) AS count FROM bar_day
) WHERE count < counted
"""


def _ask_again(connection: sqlite3.Connection) -> None:
    """Note in the ledger that days without all of their bars, and all daily bars, are to be fetched again."""
    for number, interval_s, day_ms in connection.execute(_SHORT_DAYS).fetchall():
        series, end_ms = Interval(interval_s).label, day_ms + 86_400_000
        forget_coverage(connection, number, series, day_ms, end_ms)
        failed = number, series, day_ms, end_ms, Answer.FAILED.value, now_ms(), 0, 1
        connection.execute("INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)", failed)
    connection.execute(
        "UPDATE coverage SET state = ?, until_ms = 0, attempts = 1 WHERE series = ? AND state <> 'empty'",
        (Answer.FAILED.value, Interval.DAY.label),
    )


def _good(kind: int, rows: list[tuple[int, list[Value]] | None], shape: Layout) -> list[tuple[Value, ...]]:
    """The rows on a page of this ``kind`` that are rows of the table."""
    if kind not in shape.leaves:
        return []
    return [shape.row(*row) for row in rows if row and shape.fits(row[1])]


def _may_be(kind: int, rows: list[tuple[int, list[Value]] | None], shape: Layout) -> bool:
    """Whether a page that nothing leads to can be one of the table."""
    known = [row[1] for row in rows if row]
    return kind in shape.leaves and bool(known) and all(map(shape.fits_loose, known))

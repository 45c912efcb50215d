"""What can be read of a damaged database, into an empty one.

A table that SQLite finds sound is copied by it. Of the others every page is read by itself, also those that no page
leads to any more; what cannot be read comes from the newest backup, if one has it.
"""

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.analysis.coverage import Answer
from monitor.clock import now_ms
from monitor.errors import StoreUnavailable
from monitor.market.bar import Interval
from monitor.store import bar_days
from monitor.store.backup import backups_of
from monitor.store.layout import Layout, layouts
from monitor.store.migrations import check_origin, migrate, origin
from monitor.store.pages import TABLE_INTERIOR, TABLE_LEAF, PageFile, Unreadable, Value
from monitor.store.schema import APPLICATION_ID
from monitor.store.tasks import forget_coverage

_log = logging.getLogger(__name__)

_SYMBOL_INDEX = "sqlite_autoindex_instrument_1"


@dataclass(slots=True)
class TableRecovery:
    """What became of one table: rows that were read, rows from a backup, and about how many are lost."""

    table: str
    saved: int = 0
    from_backup: int = 0
    lost: int = 0

    def __str__(self) -> str:
        parts = [f"{self.saved:,} rows saved"]
        if self.from_backup:
            parts.append(f"{self.from_backup:,} from the backup")
        if self.lost:
            parts.append(f"about {self.lost:,} lost")
        return f"{self.table}: {', '.join(parts)}"


class Salvage:
    """Fills the empty database ``new`` with what can be read of ``pages``, the file ``path``."""

    def __init__(self, pages: PageFile, path: Path, new: sqlite3.Connection, sandbox: bool) -> None:
        self._pages = pages
        self._path = path
        self._new = new
        self._sandbox = sandbox
        self._tables: dict[str, TableRecovery] = {}
        self._damaged: set[str] = set()

    def run(self) -> tuple[list[TableRecovery], Path | None]:
        """Raises StoreUnavailable when nothing was found that is ours, sqlite3.Error and OSError."""
        new = self._new
        new.execute("PRAGMA journal_mode = MEMORY")
        new.execute("PRAGMA synchronous = OFF")
        migrate(new, self._sandbox)
        shapes = layouts()
        self._tables = {name: TableRecovery(name) for name in shapes}
        new.execute("DELETE FROM about")
        self._damaged = set(shapes) - self._copy_sound(shapes)
        new.execute("BEGIN")
        if self._damaged:
            self._read_pages(shapes)
        new.execute("INSERT OR IGNORE INTO about VALUES ('profile', ?)", ("sandbox" if self._sandbox else "live",))
        new.execute("COMMIT")
        if not any(table.saved for table in self._tables.values()):
            raise StoreUnavailable(f"{self._path} is not a database of Market Monitor.")
        check_origin(origin(new), self._path, self._sandbox)
        backup = self._take_from_backup(shapes)
        self._mend()
        return list(self._tables.values()), backup

    def _copy_sound(self, shapes: dict[str, Layout]) -> set[str]:
        """Let SQLite copy the tables that it finds sound; gives their names."""
        if not self._pages.header().intact:
            return set()
        sound = set()
        try:
            self._new.execute("ATTACH ? AS old", (self._path.absolute().as_uri() + "?mode=ro",))
        except sqlite3.DatabaseError:  # the schema itself
            return set()
        try:
            for name, shape in shapes.items():
                if self._copied("old", shape):
                    sound.add(name)
        finally:
            self._new.execute("DETACH old")
        return sound

    def _copied(self, source: str, shape: Layout) -> bool:
        """Whether the whole table could be copied from ``source``; one that is not there has nothing to copy."""
        name, new = shape.table, self._new
        try:
            known = {row[1] for row in new.execute(f"PRAGMA {source}.table_info({name})")}
            if not known:
                return new.execute(f"PRAGMA {source}.quick_check(sqlite_schema)").fetchall() == [("ok",)]
            if new.execute(f"PRAGMA {source}.quick_check({name})").fetchall() != [("ok",)]:
                return False
            columns = ", ".join(column for column in shape.columns if column in known)
            new.execute("BEGIN")
            try:
                copied = new.execute(
                    f"INSERT OR IGNORE INTO {name} ({columns}) SELECT {columns} FROM {source}.{name}"
                ).rowcount
            except BaseException:
                new.execute("ROLLBACK")
                raise
            new.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            _log.info("%s is read page by page: %s", name, error)
            return False
        self._tables[name].saved += copied
        return True

    def _read_pages(self, shapes: dict[str, Layout]) -> None:
        pages = self._pages
        roots = dict(_roots(pages))
        owned: set[int] = set(_walk(pages, 1))
        for name, root in roots.items():
            found = _walk(pages, root)
            owned |= found
            if name in self._damaged:
                self._read_table(shapes[name], sorted(found))
            elif name == _SYMBOL_INDEX and "instrument" in self._damaged:
                self._read_symbols(found)
        self._read_loose(sorted(set(range(2, pages.count + 1)) - owned - pages.free()), shapes)

    def _read_table(self, shape: Layout, numbers: list[int]) -> None:
        """Rows of the pages that lead to each other; a page that does not read costs about as many as another has."""
        lost = read = rows = 0
        for number in numbers:
            try:
                cells = self._pages.cells(number)
            except Unreadable:
                lost += 1
                continue
            good = _good(cells.kind, list(cells.rows()), shape)
            rows += len(good)
            read += bool(good)
            self._insert(shape, good)
            if cells.kind != TABLE_INTERIOR:
                self._tables[shape.table].lost += len(cells) - len(good)
        self._tables[shape.table].lost += round(lost * rows / read) if read else lost

    def _read_loose(self, numbers: list[int], shapes: dict[str, Layout]) -> None:
        """Pages that no page leads to any more: one is taken where only one table can have such rows."""
        candidates = [shapes[name] for name in sorted(self._damaged)]
        rows, lost = Counter[str](), 0
        read = 0
        for number in numbers:
            try:
                cells = self._pages.cells(number)
            except Unreadable:
                lost += not self._pages.may_go_on(number)
                continue
            found = list(cells.rows())
            fitting = [shape for shape in candidates if _may_be(cells.kind, found, shape)]
            fitting = [shape for shape in fitting if shape.stamp is not None] or fitting
            if len(fitting) == 1:
                good = _good(cells.kind, found, fitting[0])
                self._insert(fitting[0], good)
                rows[fitting[0].table] += len(good)
                read += 1
        # Whose the unreadable ones among them were nobody knows: about as many of each table's as of the others.
        for table, count in rows.items():
            self._tables[table].lost += round(lost * count / read)

    def _read_symbols(self, numbers: set[int]) -> None:
        """The symbols stand in an index too: an instrument without its page keeps its name and number."""
        for number in numbers:
            try:
                found = [row[1] for row in self._pages.cells(number).rows() if row]
            except Unreadable:
                continue
            pairs = [(key, value) for value, key in (row for row in found if len(row) == 2)]
            self._new.executemany("INSERT OR IGNORE INTO instrument (id, symbol) VALUES (?, ?)", pairs)

    def _insert(self, shape: Layout, rows: list[tuple[Value, ...]]) -> None:
        before = self._new.total_changes
        for width in {len(row) for row in rows}:
            self._new.executemany(shape.insert(width), [row for row in rows if len(row) == width])
        self._tables[shape.table].saved += self._new.total_changes - before

    def _take_from_backup(self, shapes: dict[str, Layout]) -> Path | None:
        """Fill the damaged tables from the newest backup that is one of this database; gives it if it had something."""
        if not self._damaged:
            return None
        for backup in backups_of(self._path):
            try:
                self._new.execute("ATTACH ? AS old", (backup.absolute().as_uri() + "?mode=ro&immutable=1",))
            except sqlite3.DatabaseError:
                continue
            try:
                if not self._is_ours():
                    continue
                for name in sorted(self._damaged - {"about"}):
                    before = self._tables[name].saved
                    self._copied("old", shapes[name])
                    added = self._tables[name].saved - before
                    self._tables[name].saved, self._tables[name].from_backup = before, added
                    self._tables[name].lost = max(0, self._tables[name].lost - added)
            except sqlite3.DatabaseError as error:
                _log.info("the backup %s does not help: %s", backup, error)
                continue
            finally:
                self._new.execute("DETACH old")
            return backup if any(table.from_backup for table in self._tables.values()) else None
        return None

    def _is_ours(self) -> bool:
        """Whether the attached backup gives the same numbers to the same symbols."""
        if self._new.execute("PRAGMA old.application_id").fetchone() != (APPLICATION_ID,):
            return False
        other = (
            "SELECT 1 FROM old.instrument AS was JOIN main.instrument AS now USING (id) WHERE was.symbol <> now.symbol"
        )
        return self._new.execute(f"{other} LIMIT 1").fetchone() is None

    def _mend(self) -> None:
        """What follows from the rows: names for numbers, the search index, and what is to be fetched again."""
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
        if "bar" in self._damaged:
            _ask_again(new)
        if self._damaged & {"bar", "bar_day"}:
            new.execute("DELETE FROM bar_day")
            bar_days.count_all(new)
        new.execute("COMMIT")


#: Days that have fewer bars than were counted when they came.
_SHORT_DAYS = """
SELECT instrument_id, interval_s, day_ms FROM (
    SELECT instrument_id, interval_s, day_ms, streamed + fetched + computed AS counted, (
        SELECT count(*) FROM bar WHERE bar.instrument_id = bar_day.instrument_id
        AND bar.interval_s = bar_day.interval_s AND start_ms >= day_ms AND start_ms < day_ms + 86400000
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


def _roots(pages: PageFile) -> Iterator[tuple[str, int]]:
    """The first page of each table and index, as far as the schema reads."""
    for number in _walk(pages, 1):
        try:
            rows = list(pages.cells(number).rows())
        except Unreadable:
            continue
        for row in rows:
            if row and len(row[1]) == 5:
                _, name, _, root, _ = row[1]
                if isinstance(name, str) and isinstance(root, int) and root > 1:
                    yield name, root


def _walk(pages: PageFile, root: int) -> set[int]:
    """The pages that ``root`` leads to, those that cannot be read among them."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        try:
            waiting += pages.cells(number).children
        except Unreadable:
            continue
    return seen


def _good(kind: int, rows: list[tuple[int, list[Value]] | None], shape: Layout) -> list[tuple[Value, ...]]:
    """The rows on a page of this ``kind`` that are rows of the table."""
    if (kind == TABLE_LEAF) != shape.has_rowid:
        return []
    return [shape.row(*row) for row in rows if row and shape.fits(row[1])]


def _may_be(kind: int, rows: list[tuple[int, list[Value]] | None], shape: Layout) -> bool:
    """Whether a page that nothing leads to can be one of the table."""
    known = [row[1] for row in rows if row]
    return (kind == TABLE_LEAF) == shape.has_rowid and bool(known) and all(map(shape.fits_loose, known))

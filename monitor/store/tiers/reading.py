"""Reading all tiers as one: an instrument's rows out of the database and out of files, each once, in order.

A row is for a while in both, for it is deleted from the database only when its file is whole; so what has the same key
counts once. While rows are read others may move: the number of the newest file tells, with each page that comes from
the database, and then what is left is read anew from where it stands.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol, TypeVar

from monitor.ports import STREAMED
from monitor.store.connect import one_moment
from monitor.store.tiers import ledger, tables
from monitor.store.tiers.ledger import TierFile
from monitor.store.tiers.places import Mismatch, Places, in_bucket
from monitor.store.tiers.tables import Row

_log = logging.getLogger(__name__)


class Hot(Protocol):
    """An instrument's rows in the database: the time of receipt first, then ``columns``."""

    @property
    def table(self) -> str: ...

    @property
    def columns(self) -> str: ...

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    def count(self, connection: sqlite3.Connection) -> int: ...

    def page(self, connection: sqlite3.Connection, start: int, end: int) -> list[Row]:
        """The first rows received in [start, end), ascending; empty when there are none."""


P = TypeVar("P", bound=Sequence[Any])


class _RowsMoved(Exception):
    """What was known of the files no longer holds."""


class TierReader:
    """Reads files by the ledger; ``tell(sentence)`` hears, on the reading thread, which day cannot be read, and why."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._places = Places(folder)
        self._tell = tell

    def telling(self, tell: Callable[[str], None]) -> "TierReader":
        """The same reader, whose sentences go elsewhere."""
        other = TierReader(self._places.folder, tell)
        other._places = self._places
        return other

    def rows(
        self, connection: sqlite3.Connection, file: TierFile, columns: Sequence[str], symbol: str, start: int, end: int
    ) -> Iterator[Row]:
        """The rows of ``symbol`` in [start, end); what cannot be read is told and left out."""
        from monitor.store.tiers import parquet  # only who has moved rows needs it

        table = tables.TABLES[file.table]
        declared = tables.columns_of(connection, table)
        try:
            source = self._source(connection, file)
            if source is None:
                return
            for page in parquet.rows_of(source, declared, columns, (table.sorted_by, symbol), start, end):
                yield from page
        except parquet.FAILURES as error:
            self._tell(unreadable(file, error))

    def _source(self, connection: sqlite3.Connection, file: TierFile) -> Any:
        """The file, wherever it has gone meanwhile; None when it was deleted for good. Raises OSError."""
        try:
            return self._places.source(file.place)
        except FileNotFoundError:
            now = ledger.files(connection, "id = ? AND state <> 'going'", (file.id,))
            if not now:
                return None
            if now[0].place == file.place:
                raise
            return self._places.source(now[0].place)


def unreadable(file: TierFile, error: Exception) -> str:
    """The sentence for a day that cannot be read, or not all of it."""
    _log.warning("%s cannot be read: %r", file.place, error)
    what = f"The {STREAMED[file.table]} of {file.day:%Y-%m-%d} cannot all be read"
    place = file.place.partition("?")[0]
    if isinstance(error, FileNotFoundError):
        return f"{what}: {place} is missing."
    if isinstance(error, OSError) and in_bucket(place):
        return f"{what}: the bucket of {place} does not give the file."
    if isinstance(error, PermissionError):
        return f"{what}: {place} may not be read."
    return f"{what}: {place} is damaged."


def missing(connection: sqlite3.Connection, places: Places) -> list[str]:
    """A sentence for each file that is not there, or not of its length; what is in a bucket is not looked at."""
    told = []
    for file in ledger.files(connection, "state <> 'going'"):
        if in_bucket(file.place) or (error := _fault_of(file, places)) is None:
            continue
        if ledger.files(connection, "id = ? AND place = ? AND state <> 'going'", (file.id, file.place)):
            told.append(unreadable(file, error))  # and it has not been moved on meanwhile
    return told


def _fault_of(file: TierFile, places: Places) -> OSError | None:
    try:
        size = places.path(file.place).stat().st_size
    except OSError as error:
        return error
    return None if size == file.bytes else Mismatch(f"{size} bytes instead of {file.bytes}")


@dataclass(frozen=True, slots=True)
class Tiered:
    """The rows of ``hot`` and those of the same range of ``symbol`` that have moved to files, as one.

    With ``read`` the days of which no file has any come as it gives them: as ``Hot.page``, but in other pages.
    """

    hot: Hot
    symbol: str
    reader: TierReader
    read: Callable[[sqlite3.Connection, int, int], Any] | None = None

    def count(self, connection: sqlite3.Connection) -> int:
        """About how many rows there are: a day at the range's edge counts whole."""
        found = ledger.files_with(connection, self.hot.table, self.symbol, self.hot.start, self.hot.end)
        moved = sum(rows for file, rows in found if file.state is ledger.State.MOVED)
        return self.hot.count(connection) + moved

    def pages(self, connection: sqlite3.Connection) -> Iterator[Any]:
        """Lists of rows, or what ``read`` gives, ascending by time of receipt. Raises sqlite3.Error."""
        start = self.hot.start
        while True:
            try:
                for page in self._pages(connection, start):
                    yield page
                    start = int(page[-1][0]) + 1
            except _RowsMoved:
                continue
            return

    def _pages(self, connection: sqlite3.Connection, start: int) -> Iterator[Any]:
        table, end, read = self.hot.table, self.hot.end, self.read or self.hot.page
        with one_moment(connection):
            newest = ledger.newest_id(connection, table)
            files = [file for file, _ in ledger.files_with(connection, table, self.symbol, start, end)]
        for day, parts in groupby(files, key=lambda file: file.day):
            first, after = (min(max(edge, start), end) for edge in tables.bounds(day))
            yield from self._hot(connection, newest, start, first, read)
            yield from self._joined(connection, newest, list(parts), first, after)
            start = after
        yield from self._hot(connection, newest, start, end, read)

    def _joined(
        self, connection: sqlite3.Connection, newest: int, parts: list[TierFile], start: int, end: int
    ) -> Iterator[list[Row]]:
        columns = ["received_us", *self.hot.columns.split(", ")]
        same = itemgetter(*(columns.index(name) for name in tables.TABLES[self.hot.table].key[1:] if name in columns))
        sources = [self.reader.rows(connection, file, columns, self.symbol, start, end) for file in parts]
        left = (row for page in self._hot(connection, newest, start, end, self.hot.page) for row in page)
        page: list[Row] = []
        stamp, seen = None, set[Any]()
        for row in merge(*sources, left, key=itemgetter(0)):
            if row[0] != stamp:
                stamp, seen = row[0], set()
            if (key := same(row)) in seen:
                continue
            seen.add(key)
            page.append(row)
            if len(page) == tables.ROWS_A_PAGE:
                yield page
                page = []
        if page:
            yield page

    def _hot(
        self,
        connection: sqlite3.Connection,
        newest: int,
        start: int,
        end: int,
        read: Callable[[sqlite3.Connection, int, int], P],
    ) -> Iterator[P]:
        """What the database has; each page is a read of its own, so that the writer's log can be emptied between."""
        while start < end:
            with one_moment(connection):
                if ledger.newest_id(connection, self.hot.table) != newest:
                    raise _RowsMoved
                rows = read(connection, start, end)
            if not len(rows):
                return
            yield rows
            start = int(rows[-1][0]) + 1


def last_rows(
    connection: sqlite3.Connection, reader: TierReader, table: str, columns: str, symbol: str, limit: int
) -> list[Row]:
    """The newest rows of an instrument, the time of receipt first and then ``columns``; newest first."""
    sql = (
        f"SELECT received_us, {columns} FROM {table} WHERE instrument_id = (SELECT id FROM instrument WHERE symbol = ?)"
        " ORDER BY received_us DESC LIMIT ?"
    )
    with one_moment(connection):
        found = {row[0]: row for row in connection.execute(sql, (symbol, limit))}
        files = [file for file, _ in ledger.files_with(connection, table, symbol, 0, 1 << 62)]
    names = ["received_us", *columns.split(", ")]
    for file in sorted(files, key=lambda each: each.last_us, reverse=True):
        oldest = sorted(found, reverse=True)[:limit][-1:]
        if len(found) >= limit and file.last_us < oldest[0]:
            break
        found |= {row[0]: row for row in reader.rows(connection, file, names, symbol, 0, 1 << 62)}
    return [found[key] for key in sorted(found, reverse=True)[:limit]]


def newest_us(connection: sqlite3.Connection) -> int:
    """The newest time of receipt in any file; 0 when there is none."""
    return int(connection.execute("SELECT ifnull(max(last_us), 0) FROM tier_file").fetchone()[0])

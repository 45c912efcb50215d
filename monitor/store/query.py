"""A person's own queries: each on a thread and a connection of its own, so that nothing waits for them."""

import asyncio
import csv
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from monitor.errors import BadData, StoreUnavailable, Unusable
from monitor.ports import MOST_ROWS, BadQuery, ExportResult, QueryAnswer, StoredTable, Value
from monitor.store.csv_text import safe_text
from monitor.store.query_guard import Guard, Watch, connect_guarded
from monitor.store.query_words import explained, is_own
from monitor.store.trouble import unavailable
from monitor.whole_file import whole_file

ASK_SECONDS = 60.0
EXPORT_SECONDS = 600.0
#: About the memory that an answer takes at most.
MOST_BYTES = 64 * 1024 * 1024
_PAGE = 500
_TOLD_EVERY_SECONDS = 0.1
_CLOSE_SECONDS = 2.0
_TABLES = """
SELECT stored.name, stored.type, field.name, field.type
FROM pragma_table_list AS stored JOIN pragma_table_xinfo(stored.name) AS field
WHERE stored.schema = 'main' AND stored.type <> 'shadow' AND stored.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND field.hidden <> 1
ORDER BY stored.name, field.cid
"""

T = TypeVar("T")
#: What is done with the cursor of a query, and with the watch that may end it.
Work = Callable[[sqlite3.Cursor, Watch], T]


class StoredQueries:
    """Implements Queries. ``audit(kind, sentence)`` hears of every export, where there is one to write it."""

    def __init__(self, path: Path, audit: Callable[[str, str], None] | None = None) -> None:
        self._path = path
        self._audit = audit
        self._running: dict[threading.Thread, Watch] = {}
        self._closed = False

    async def ask(self, sql: str, limit: int = MOST_ROWS) -> QueryAnswer:
        return await self._run(sql, ASK_SECONDS, lambda cursor, watch: _answer(cursor, limit, watch))

    async def export(self, sql: str, out: Path, progress: Callable[[int], None]) -> ExportResult:
        if out.suffix.lower() != ".csv":
            raise BadData(f"{out.name} cannot be written: the name must end in .csv.")
        loop = asyncio.get_running_loop()

        def told(rows: int) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(progress, rows)

        rows = await self._run(sql, EXPORT_SECONDS, lambda cursor, watch: _write(cursor, out, told, watch))
        if self._audit is not None:
            self._audit("export", f"{rows} rows of a query to {out}")
        return ExportResult(rows, out)

    async def tables(self) -> list[StoredTable]:
        return await self._run(_TABLES, ASK_SECONDS, lambda cursor, _: _by_table(cursor))

    async def close(self) -> None:
        """Stop what is asked. What SQLite does not let go of within two seconds is left behind, to end by itself."""
        self._closed = True
        for watch in self._running.values():
            watch.stop()
        await asyncio.to_thread(_join, list(self._running))

    async def _run(self, sql: str, seconds: float, work: Work[T]) -> T:
        """The outcome of ``work``; its query ends when whoever waits for it is cancelled."""
        if self._closed:
            raise StoreUnavailable("The database is closed.")
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        watch = Watch(self._path, seconds)

        def settle(set_outcome: Callable[[], None]) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(lambda: None if outcome.done() else set_outcome())

        def run() -> None:
            try:
                result = self._query(sql, watch, work)
            except Exception as caught:  # noqa: BLE001  whoever waits hears of it
                error = caught
                settle(lambda: outcome.set_exception(error))
            else:
                settle(lambda: outcome.set_result(result))

        # A daemon: a single step of SQLite may last, and must not keep the program from ending.
        thread = threading.Thread(target=run, name="store query", daemon=True)
        self._running = {each: its for each, its in self._running.items() if each.is_alive()}
        self._running[thread] = watch
        thread.start()
        try:
            return await outcome
        finally:
            watch.stop()

    def _query(self, sql: str, watch: Watch, work: Work[T]) -> T:
        guard = Guard()
        try:
            with closing(connect_guarded(self._path, guard, watch)) as connection:
                try:
                    cursor = connection.execute(sql)
                    if cursor.description is None:
                        raise BadQuery("There is no query here: write a SELECT.")
                    return work(cursor, watch)
                except (sqlite3.Error, ValueError, MemoryError) as error:
                    watch.check()
                    if is_own(error):
                        raise explained(connection, sql, error, guard.refused) from error
                    raise
        except sqlite3.Error as error:
            raise unavailable(error, self._path) from error


def _answer(cursor: sqlite3.Cursor, limit: int, watch: Watch) -> QueryAnswer:
    rows: list[tuple[Value, ...]] = []
    room = MOST_BYTES
    for row in islice(cursor, limit):
        rows.append(row)
        room -= sum(len(value) if isinstance(value, str | bytes) else 16 for value in row) + 64
        if room < 0:
            break
    truncated = next(cursor, None) is not None
    return QueryAnswer(_columns(cursor), rows, watch.seconds, truncated)


def _write(cursor: sqlite3.Cursor, out: Path, progress: Callable[[int], None], watch: Watch) -> int:
    """Write the file and give the number of its rows."""
    written, told = 0, 0.0
    try:
        with whole_file(out) as handle, os.fdopen(handle, "w", encoding="utf-8", newline="", closefd=False) as file:
            write = csv.writer(file, lineterminator="\n").writerows
            write([[safe_text(name) for name in _columns(cursor)]])
            while page := list(islice(cursor, _PAGE)):
                write(_cells(row) for row in page)
                written += len(page)
                watch.check()
                if watch.seconds >= told + _TOLD_EVERY_SECONDS:
                    told = watch.seconds
                    progress(written)
    except OSError as error:
        raise Unusable(f"{out} cannot be written: {error.strerror or error}.", detail=repr(error)) from error
    return written


def _cells(row: Sequence[Value]) -> Iterable[int | float | str]:
    for value in row:
        if isinstance(value, str):
            yield safe_text(value)
        elif isinstance(value, bytes):
            yield value.hex()
        else:
            yield "" if value is None else value


def _columns(cursor: sqlite3.Cursor) -> tuple[str, ...]:
    return tuple(column[0] for column in cursor.description)


def _by_table(cursor: sqlite3.Cursor) -> list[StoredTable]:
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for table, kind, column, sort in cursor:
        found.setdefault(table, (kind, []))[1].append((column, sort))
    return [StoredTable(name, kind, tuple(columns)) for name, (kind, columns) in found.items()]


def _join(threads: Sequence[threading.Thread]) -> None:
    deadline = time.monotonic() + _CLOSE_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))

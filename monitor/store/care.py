"""Care for the database in use: checks beside the work, and copies that the writer makes between two batches."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from monitor.clock import now_ms
from monitor.errors import StoreUnavailable, Unusable
from monitor.ports import DatabaseCheck
from monitor.store.backup import FOLDER, check_room, copy_database
from monitor.store.check import KeepCheck, problems_of
from monitor.store.reader import Reader
from monitor.store.writer import Writer


class _Cancelled(Exception):
    """The person does not want the copy any more: what there is of it goes away."""


class StoredCare:
    """Implements DatabaseCare. ``audit(kind, sentence)`` hears of every backup."""

    def __init__(self, path: Path, reader: Reader, writer: Writer, audit: Callable[[str, str], None]) -> None:
        self._path = path
        self._reader = reader
        self._writer = writer
        self._audit = audit

    async def check(
        self,
        progress: Callable[[int, int, str], None] = lambda _done, _total, _table: None,
        cancelled: Callable[[], bool] = lambda: False,
        full: bool = True,
    ) -> DatabaseCheck | None:
        """As DatabaseCare says; ``cancelled`` may be asked on another thread."""
        loop, abandoned, started = asyncio.get_running_loop(), threading.Event(), time.monotonic()

        def told(done: int, total: int, table: str) -> None:
            loop.call_soon_threadsafe(progress, done, total, table)

        def stopped() -> bool:
            return abandoned.is_set() or cancelled()

        try:
            problems = await self._reader.ask(lambda c: problems_of(c, full, told, stopped), None, stopped)
        except StoreUnavailable:
            if not cancelled():
                raise
            problems = None
        except asyncio.CancelledError:
            abandoned.set()
            raise
        if problems is None:
            return None
        check = DatabaseCheck(now_ms(), full, round(time.monotonic() - started, 1), problems)
        if problems:
            self._writer.suspect(sure=True)  # and the audit will tell what became of it
        else:
            await self._writer.perform(KeepCheck(check))
        return check

    def proposed_backup(self) -> Path:
        moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_ms() / 1000))
        return self._path.parent / FOLDER / f"{self._path.stem}-{moment}.db"

    async def back_up(
        self, out: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> int | None:
        """As DatabaseCare says; ``cancelled`` may be asked on another thread."""
        if _same(out, self._path):
            raise Unusable(f"{out} is the database itself: choose another name for the backup.")
        loop, abandoned = asyncio.get_running_loop(), threading.Event()

        def between(done: int, total: int) -> None:
            if abandoned.is_set() or cancelled():
                raise _Cancelled
            loop.call_soon_threadsafe(progress, done, total)

        try:
            size = await self._writer.lend(lambda connection, go_on: _copy(connection, out, between, go_on))
        except _Cancelled:
            return None
        except asyncio.CancelledError:
            abandoned.set()
            raise
        self._audit("backup", f"The database was copied to {out}.")
        return size


def _same(out: Path, path: Path) -> bool:
    try:
        return out.samefile(path)
    except OSError:
        return False


def _copy(
    connection: sqlite3.Connection, out: Path, between: Callable[[int, int], None], go_on: Callable[[], None]
) -> int:
    """Copy to ``out``; ``go_on()`` lets the writer do its work between two pieces. Raises Unusable."""

    def piece(done: int, total: int) -> None:
        between(done, total)
        go_on()

    try:
        if out.parent.name == FOLDER:
            out.parent.mkdir(mode=0o700, exist_ok=True)
        check_room(connection, out.parent)
        copy_database(connection, out, piece)
        return out.stat().st_size
    except OSError as error:
        raise Unusable(f"The backup {out} cannot be written ({error.strerror or error}).") from None
    except sqlite3.Error as error:
        raise Unusable(f"The backup {out} could not be written: {error}.") from error

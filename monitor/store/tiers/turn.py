"""The thread on which files and their ledger are read, and a turn at them: with a worker, and an end at any moment."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from monitor.store.connect import connect_reading
from monitor.store.tiers import ledger
from monitor.store.tiers.ledger import TierFile
from monitor.store.tiers.process import FileProcess, Stopped
from monitor.store.trouble import unavailable

_LOOK_SECONDS = 0.25

T = TypeVar("T")


class TierThread:
    """One thread with a connection of its own that reads the database at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.closing = threading.Event()
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="store tiers")
        self.worker: FileProcess | None = None
        self._connection: sqlite3.Connection | None = None
        self._replaced = threading.Event()

    def renew(self) -> None:
        """Read another file from now on, which has taken the database's place; from any thread."""
        self._replaced.set()

    def ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """On the thread. Raises StoreUnavailable for what the database cannot do."""
        try:
            if self._replaced.is_set():
                self._replaced.clear()
                self._disconnect()
            if self._connection is None:
                self._connection = connect_reading(self.path)
            return work(self._connection)
        except sqlite3.Error as error:
            raise unavailable(error, self.path) from error

    def close(self) -> None:
        """End what is under way."""
        self.closing.set()
        if self.worker is not None:
            self.worker.kill()
        self.pool.shutdown(wait=True)
        if self.worker is not None:
            self.worker.close()
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class Turn:
    """From its begin to its end nobody else is at the files; ``progress`` hears sentences, on the loop."""

    def __init__(
        self, thread: TierThread, progress: Callable[[str], None], cancelled: Callable[[], bool], gently: bool
    ) -> None:
        self._thread = thread
        self._progress = progress
        self._cancelled = cancelled
        self._loop = asyncio.get_running_loop()
        self._abandoned = threading.Event()
        self.gently = gently
        self.worker = thread.worker = FileProcess(thread.path, gently, self.stopped)

    def stopped(self) -> bool:
        """Whether nothing more is to be begun; from any thread."""
        return self._abandoned.is_set() or self._thread.closing.is_set() or self._cancelled()

    def tell(self, sentence: str) -> None:
        """Raises Stopped."""
        if self.stopped():
            raise Stopped
        self._progress(sentence)

    def tell_from_thread(self, sentence: str) -> None:
        self._loop.call_soon_threadsafe(self._progress, sentence)

    async def files(self, where: str = "1", values: Sequence[Any] = ()) -> list[TierFile]:
        return await self.on_thread(lambda connection: ledger.files(connection, where, values))

    async def on_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run it there. Raises OSError, Stopped, and StoreUnavailable for what the database cannot do."""
        if self.stopped():
            raise Stopped
        asked = self._loop.run_in_executor(self._thread.pool, self._thread.ask, work)
        try:
            while not asked.done():
                await asyncio.wait({asked}, timeout=_LOOK_SECONDS)
                if self.stopped():
                    self.worker.kill()
        except asyncio.CancelledError:
            self._abandoned.set()
            self.worker.kill()
            asked.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody waits for it
            raise
        return asked.result()

    async def close(self) -> None:
        """End the worker's process."""
        self.worker.kill()
        if not self._thread.closing.is_set():
            await asyncio.shield(self._loop.run_in_executor(self._thread.pool, self.worker.close))

"""Reading beside the writer: questions run on a few threads, each with a read-only connection of its own."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from monitor.errors import StoreUnavailable
from monitor.store.connect import connect_reading
from monitor.store.trouble import is_damage, unavailable

#: An open read keeps the log of the writer from being emptied, so none may last.
LIMIT_SECONDS = 10.0
_THREADS = 3
#: Steps of SQLite's machine between two looks at the clock: about a millisecond.
_STEPS = 50_000

T = TypeVar("T")


class Reader:
    """Answers questions off the loop; a question is a function of a connection."""

    def __init__(self, path: Path, on_damage: Callable[[], None] = lambda: None) -> None:
        """``on_damage`` is called, on a thread of the pool, when a question finds the file damaged."""
        self._path = path
        self._on_damage = on_damage
        self._file = 0  # how often another file has taken the place of the first one
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="store reader")
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._closing = threading.Event()

    async def ask(
        self,
        question: Callable[[sqlite3.Connection], T],
        limit_seconds: float | None = LIMIT_SECONDS,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> T:
        """The answer of ``question``, run in the pool.

        Raises StoreUnavailable, also after ``limit_seconds`` and when ``cancelled()``, which is asked there.
        """
        if self._closing.is_set():
            raise StoreUnavailable("The database is closed.")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._answer, question, limit_seconds, cancelled)

    def renew(self) -> None:
        """Another file is in the place of the database: questions from now on read that one. On any thread."""
        self._file += 1

    async def close(self) -> None:
        """Stop what is being read and close the connections."""
        self._closing.set()
        # The pool ends at once: the questions under way are interrupted by their progress check.
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    @property
    def closing(self) -> bool:
        """Whether long work in the pool should stop; may be asked on any thread."""
        return self._closing.is_set()

    def _answer(
        self,
        question: Callable[[sqlite3.Connection], T],
        limit_seconds: float | None,
        cancelled: Callable[[], bool],
    ) -> T:
        if self._closing.is_set():
            raise StoreUnavailable("The database is closed.")
        deadline = time.monotonic() + limit_seconds if limit_seconds is not None else float("inf")

        def over() -> bool:
            return self._closing.is_set() or time.monotonic() > deadline or cancelled()

        file = self._file
        try:
            connection = self._connection(file)
            connection.set_progress_handler(over, _STEPS)
            return question(connection)
        except sqlite3.Error as error:
            if is_damage(error) and file == self._file:
                self._on_damage()
            raise unavailable(error, self._path) from error

    def _connection(self, file: int) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is not None and self._own.file != file:
            self._connections.remove(connection)
            connection.close()
            connection = None
        if connection is None:
            connection = self._own.connection = connect_reading(self._path)
            self._own.file = file
            self._connections.append(connection)
        return connection

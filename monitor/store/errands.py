"""Long work with the writer's connection, between its transactions: it lets the writer go on many times a second."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

#: A connection, and what is to be called between two pieces of the work.
Work = Callable[[sqlite3.Connection, Callable[[], None]], T]


class Errands:
    """What waits to be run on the writer's thread. Made on the loop's."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[Work[Any], asyncio.Future[Any]]] = deque()

    def add(self, work: Work[T]) -> "asyncio.Future[T]":
        """Whoever awaits the result hears what the work gives or raises."""
        done: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append((work, done))
        return done

    def run(self, connection: Callable[[], sqlite3.Connection], go_on: Callable[[sqlite3.Connection], None]) -> None:
        """Do all that waits, on the writer's thread; ``go_on(lent)`` raises when the work has to end."""
        while self._waiting:
            work, done = self._waiting.popleft()
            lent = connection()
            answer, failure = None, None
            try:
                answer = work(lent, partial(go_on, lent))
            except Exception as error:  # noqa: BLE001  whoever waits hears of it
                failure = error
            with suppress(RuntimeError):  # the loop is closed, and nobody waits
                self._loop.call_soon_threadsafe(settle, done, failure, answer)


def settle(future: "asyncio.Future[Any]", error: Exception | None, answer: Any = None) -> None:
    """End the waiting of whoever waits, on the loop's thread; nothing happens where nobody does any more."""
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)

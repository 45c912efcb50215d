"""What gathers on the loop's side for the writer, and what the writer takes of it at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from monitor.store.book_levels import pack
from monitor.store.insert import Insert, Row
from monitor.store.tasks import Task

#: More than this goes to disk in several transactions, so that each stays short.
LARGEST_BATCH = 20_000

Waiting = asyncio.Future[None]


def _as_they_are(rows: list[Row]) -> list[Row]:
    return rows


def _with_packed_levels(rows: list[Row]) -> list[Row]:
    """Books are queued whole: packing them is the writer's work."""
    return [(number, venue, received_us, book.time, pack(book)) for number, venue, received_us, book in rows]


@dataclass(frozen=True, slots=True)
class Stream:
    """A table whose rows stream in, and how a queued row becomes a stored one."""

    insert: Insert
    encoded: Callable[[list[Row]], list[Row]] = _as_they_are


QUOTES = Stream(Insert("INSERT INTO quote", 11))
TRADES = Stream(Insert("INSERT INTO trade", 8))
BOOKS = Stream(Insert("INSERT INTO book", 5), _with_packed_levels)


@dataclass(slots=True)
class Batch:
    """One transaction's worth; ``outcomes`` is what became of the tasks that someone waits for."""

    waiting: list[Waiting]
    rows: list[tuple[Stream, list[Row]]]
    tasks: list[tuple[Task, Waiting | None]]
    full: bool
    outcomes: list[tuple[Waiting | None, Exception | None]] = field(default_factory=list)

    @property
    def rows_taken(self) -> int:
        return sum(len(rows) for _, rows in self.rows)

    @property
    def size(self) -> int:
        return self.rows_taken + len(self.tasks)

    def drop_waiting(self) -> list[Waiting]:
        """Those who wait, and the tasks they asked for, taken out: they will hear of the failure instead."""
        dropped = self.waiting + [future for _, future in self.tasks if future is not None]
        self.waiting = []
        self.tasks = [(task, future) for task, future in self.tasks if future is None]
        return dropped


class Intake:
    """Lists that the loop appends to and the writer takes from the front of."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.quotes: list[Row] = []
        self.trades: list[Row] = []
        self.books: list[Row] = []
        self.tasks: list[tuple[Task, Waiting | None]] = []

    @property
    def rows(self) -> int:
        return len(self.quotes) + len(self.trades) + len(self.books)

    def take(self) -> Batch:
        """What has gathered, up to LARGEST_BATCH rows of a kind, or all of it when someone waits for it."""
        waiting = _taken(self.waiting)
        limit = None if waiting else LARGEST_BATCH
        lists = (QUOTES, self.quotes), (TRADES, self.trades), (BOOKS, self.books)
        rows = [(stream, _taken(queue, limit)) for stream, queue in lists]
        full = any(len(part) == limit for _, part in rows)
        return Batch(waiting, rows, _taken(self.tasks), full)

    def drop_waiting(self) -> list[Waiting]:
        """Those who wait, taken out."""
        return _taken(self.waiting)


def _taken(queue: list[Any], limit: int | None = None) -> list[Any]:
    """The front of a list to which another thread appends: the slice and its deletion are one step each."""
    part = queue[:limit]
    del queue[: len(part)]
    return part

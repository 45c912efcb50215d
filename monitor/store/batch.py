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
#: A task, and who waits for it.
Asked = tuple[Task, Waiting | None]


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
    """One transaction's worth; ``outcomes`` is what became of its tasks, ``unfit`` counts rows no table can hold."""

    waiting: list[Waiting]
    rows: list[tuple[Stream, list[Row]]]
    tasks: list[Asked]
    full: bool
    outcomes: list[tuple[Waiting | None, Exception | None]] = field(default_factory=list)
    unfit: int = 0

    @property
    def rows_taken(self) -> int:
        return sum(len(rows) for _, rows in self.rows)

    @property
    def size(self) -> int:
        return self.rows_taken + len(self.tasks)

    def drop_waiting(self) -> list[Waiting]:
        """Those who wait, taken out with the tasks they asked for: they will hear of the failure instead."""
        dropped = _taken(self.waiting)
        self.tasks, asked = _without_asked(self.tasks)
        return dropped + asked


class Intake:
    """Lists that the loop appends to and the writer takes from the front of."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.quotes: list[Row] = []
        self.trades: list[Row] = []
        self.books: list[Row] = []
        self.tasks: list[Asked] = []

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
        """As Batch.drop_waiting; what the loop adds meanwhile stays."""
        dropped = _taken(self.waiting)
        kept, asked = _without_asked(_taken(self.tasks))
        self.tasks[:0] = kept
        return dropped + asked


def _without_asked(tasks: list[Asked]) -> tuple[list[Asked], list[Waiting]]:
    """The tasks for which nobody waits, and those who wait for the others."""
    return [(task, who) for task, who in tasks if who is None], [who for _, who in tasks if who is not None]


def _taken(queue: list[Any], limit: int | None = None) -> list[Any]:
    """The front of a list to which another thread appends: the slice and its deletion are one step each."""
    part = queue[:limit]
    del queue[: len(part)]
    return part

"""What gathers on the loop's side for the writer, and what the writer takes of it at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from monitor.store.book_levels import pack
from monitor.store.insert import Insert, Row
from monitor.store.tasks import Task

#: More than this goes to disk in several transactions, so that each stays short.
LARGEST_BATCH = 20_000

#: What the quarantine keeps: the newest so many messages, of so many bytes in all, each cut at so many.
QUARANTINED_ROWS = 1_000
QUARANTINED_BYTES = 4 * 1024 * 1024
LARGEST_RAW = 64 * 1024

Waiting = asyncio.Future[None]
#: A task, and who waits for it.
Asked = tuple[Task, Waiting | None]


def _as_they_are(rows: list[Row]) -> list[Row]:
    return rows


def _with_packed_levels(rows: list[Row]) -> list[Row]:
    """Books are queued whole: packing them is the writer's work."""
    return [(number, venue, received_us, book.time, pack(book)) for number, venue, received_us, book in rows]


def _with_details_as_json(rows: list[Row]) -> list[Row]:
    return [(number, received_us, _json(details)) for number, received_us, details in rows]


def _with_ranking_as_json(rows: list[Row]) -> list[Row]:
    return [(s.name, received_us, service, s.time, _json(s.rows)) for received_us, service, s in rows]


def _with_raw_as_text(rows: list[Row]) -> list[Row]:
    """Of a flood only what the table would keep; raw bytes as text that any program can show."""
    newest = rows[-QUARANTINED_ROWS:]
    return [(received_us, kind, reason, raw.decode(errors="replace")) for received_us, kind, reason, raw in newest]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


@dataclass(frozen=True, slots=True)
class Stream:
    """A table whose rows stream in, how a queued row becomes a stored one, and what is run after rows came."""

    insert: Insert
    encoded: Callable[[list[Row]], list[Row]] = _as_they_are
    afterwards: tuple[str, ...] = ()


QUOTES = Stream(Insert("INSERT INTO quote", 11))
DETAILS = Stream(Insert("INSERT INTO quote_detail", 3), _with_details_as_json)
TRADES = Stream(Insert("INSERT INTO trade", 8))
BOOKS = Stream(Insert("INSERT INTO book", 5), _with_packed_levels)
SCREENERS = Stream(Insert("INSERT INTO screener", 5), _with_ranking_as_json)
ACTIVITIES = Stream(Insert("INSERT INTO activity (received_us, account, kind, text)", 4))
HEADLINES = Stream(Insert("INSERT INTO headline (received_us, time, story, text, symbols, source, teaser)", 7))
#: Text counts as bytes here: SQLite's own length() stops at a zero byte.
REJECTED = Stream(
    Insert("INSERT INTO quarantine (received_us, kind, reason, raw)", 4),
    _with_raw_as_text,
    afterwards=(
        "DELETE FROM quarantine WHERE id <="
        f" (SELECT id FROM quarantine ORDER BY id DESC LIMIT 1 OFFSET {QUARANTINED_ROWS})",
        "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM (SELECT id,"
        " sum(length(CAST(raw AS BLOB))) OVER (ORDER BY id DESC) AS total FROM quarantine)"
        f" WHERE total > {QUARANTINED_BYTES})",
    ),
)


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
        self.details: list[Row] = []
        self.trades: list[Row] = []
        self.books: list[Row] = []
        self.screeners: list[Row] = []
        self.activities: list[Row] = []
        self.headlines: list[Row] = []
        self.rejected: list[Row] = []
        self.tasks: list[Asked] = []
        self._lists = (
            (QUOTES, self.quotes),
            (DETAILS, self.details),
            (TRADES, self.trades),
            (BOOKS, self.books),
            (SCREENERS, self.screeners),
            (ACTIVITIES, self.activities),
            (HEADLINES, self.headlines),
            (REJECTED, self.rejected),
        )

    @property
    def rows(self) -> int:
        return sum(len(queue) for _, queue in self._lists)

    def take(self) -> Batch:
        """What has gathered, up to LARGEST_BATCH rows of a kind, or all of it when someone waits for it."""
        waiting = _taken(self.waiting)
        limit = None if waiting else LARGEST_BATCH
        rows = [(stream, _taken(queue, limit)) for stream, queue in self._lists]
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

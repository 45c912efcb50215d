"""What gathers on the loop's side for the writer, and what the writer takes of it at once."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from monitor.store.book_levels import pack
from monitor.store.insert import Insert, Row
from monitor.store.spill import Block, Body
from monitor.store.tasks import Recorded, Task

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
    return [(name, received_us, service, s.time, _json(s.rows)) for name, received_us, service, s in rows]


def _with_raw_as_text(rows: list[Row]) -> list[Row]:
    """Of a flood only what the table would keep; raw bytes as text that any program can show."""
    newest = rows[-QUARANTINED_ROWS:]
    return [(received_us, kind, reason, raw.decode(errors="replace")) for received_us, kind, reason, raw in newest]


def _json(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeError, OverflowError):  # half a character, a number beyond all bounds: written as escapes and digits
        return json.dumps(msgspec.to_builtins(value))


@dataclass(frozen=True, slots=True)
class Stream:
    """A table whose rows stream in, how a queued row becomes a stored one, and what is run after rows came.

    ``weight`` is about what a queued row takes in memory, ``stamp`` which of its columns is the time of receipt.
    """

    name: str
    insert: Insert
    weight: int
    encoded: Callable[[list[Row]], list[Row]] = _as_they_are
    stamp: int = 1
    afterwards: tuple[str, ...] = ()


QUOTES = Stream("quote", Insert("INSERT INTO quote", 11), 400)
DETAILS = Stream("quote_detail", Insert("INSERT INTO quote_detail", 3), 1_000, _with_details_as_json)
TRADES = Stream("trade", Insert("INSERT INTO trade", 8), 300)
BOOKS = Stream("book", Insert("INSERT INTO book", 5), 16_000, _with_packed_levels, stamp=2)
SCREENERS = Stream("screener", Insert("INSERT INTO screener", 5), 8_000, _with_ranking_as_json)
ACTIVITIES = Stream("activity", Insert("INSERT INTO activity (received_us, account, kind, text)", 4), 4_000, stamp=0)
HEADLINES = Stream(
    "headline",
    Insert("INSERT INTO headline (received_us, time, story, text, symbols, source, teaser)", 7),
    1_000,
    stamp=0,
)
#: Text counts as bytes here: SQLite's own length() stops at a zero byte.
REJECTED = Stream(
    "quarantine",
    Insert("INSERT INTO quarantine (received_us, kind, reason, raw)", 4),
    LARGEST_RAW,
    _with_raw_as_text,
    stamp=0,
    afterwards=(
        "DELETE FROM quarantine WHERE id <="
        f" (SELECT id FROM quarantine ORDER BY id DESC LIMIT 1 OFFSET {QUARANTINED_ROWS})",
        "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM (SELECT id,"
        " sum(length(CAST(raw AS BLOB))) OVER (ORDER BY id DESC) AS total FROM quarantine)"
        f" WHERE total > {QUARANTINED_BYTES})",
    ),
)
STREAMS = {
    stream.name: stream for stream in (QUOTES, DETAILS, TRADES, BOOKS, SCREENERS, ACTIVITIES, HEADLINES, REJECTED)
}
_TASK_WEIGHT = 2_000


@dataclass(slots=True)
class Batch:
    """One transaction's worth; ``outcomes`` is what became of its tasks, ``unfit`` counts rows no table can hold.

    ``spilled`` is the block that it comes from, whose rows are in the form of their tables already.
    """

    waiting: list[Waiting]
    rows: list[tuple[Stream, list[Row]]]
    tasks: list[Asked]
    full: bool
    spilled: Block | None = None
    outcomes: list[tuple[Waiting | None, Exception | None]] = field(default_factory=list)
    unfit: int = 0

    @classmethod
    def of(cls, block: Block) -> "Batch":
        """What a block of the spill holds; nothing where it cannot be read any more."""
        body = block.body or Body([], [])
        rows = [(STREAMS[name], [tuple(row) for row in part]) for name, part in body.rows if name in STREAMS]
        return cls([], rows, [(task, None) for task in body.tasks], full=True, spilled=block)

    @property
    def recorded(self) -> list[Recorded]:
        """The tasks that came with the stream; nobody waits for them."""
        return [task for task, who in self.tasks if who is None and isinstance(task, Recorded)]

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
        lists = (
            *(self.quotes, self.details, self.trades, self.books),
            *(self.screeners, self.activities, self.headlines, self.rejected),
        )
        self._lists = tuple(zip(STREAMS.values(), lists, strict=True))

    @property
    def rows(self) -> int:
        return sum(len(queue) for _, queue in self._lists)

    @property
    def bytes(self) -> int:
        """About what the queues take in memory."""
        return sum(len(queue) * stream.weight for stream, queue in self._lists) + len(self.tasks) * _TASK_WEIGHT

    def take(self) -> Batch:
        """What has gathered, up to LARGEST_BATCH rows of a kind, or all of it when someone waits for it."""
        waiting = _taken(self.waiting)
        rows, full = self._take_rows(None if waiting else LARGEST_BATCH)
        return Batch(waiting, rows, _taken(self.tasks), full)

    def take_recorded(self) -> Batch:
        """As ``take``, but leave out whatever somebody waits for."""
        rows, full = self._take_rows(LARGEST_BATCH)
        tasks, _ = self._take_tasks(asked=False)
        return Batch([], rows, tasks, full)

    def take_asked(self) -> list[Asked]:
        """The tasks that somebody waits for, out of their turn: nothing that streams in hangs on them."""
        return self._take_tasks(asked=True)[0]

    def give_back(self, batch: Batch) -> None:
        """Put what was taken at the front again."""
        queues = dict(zip((stream.name for stream, _ in self._lists), (queue for _, queue in self._lists), strict=True))
        for stream, rows in batch.rows:
            queues[stream.name][:0] = rows
        self.tasks[:0] = batch.tasks

    def _take_rows(self, limit: int | None) -> tuple[list[tuple[Stream, list[Row]]], bool]:
        """The front of each queue, and whether one of them has more; no kind takes more memory than quotes would."""
        rows, full = [], False
        for stream, queue in self._lists:
            most = None if limit is None else max(1, limit * min(QUOTES.weight, stream.weight) // stream.weight)
            part = _taken(queue, most)
            full = full or len(part) == most
            rows.append((stream, part))
        return rows, full

    def _take_tasks(self, asked: bool) -> tuple[list[Asked], list[Asked]]:
        tasks = _taken(self.tasks)
        chosen = [one for one in tasks if (one[1] is not None) == asked]
        left = [one for one in tasks if (one[1] is not None) != asked]
        self.tasks[:0] = left
        return chosen, left

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

"""What gathers on the loop's side for the writer, and what the writer takes of it at once."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

from monitor.store.book_levels import pack
from monitor.store.insert import Insert, Row
from monitor.store.spill import Block, Body
from monitor.store.tasks import Recorded, Task, weight_of
from monitor.store.waiting import QuoteRow, TradeRow, quote_columns, trade_columns

#: More than so many quotes, or what of another kind takes as much memory, goes to disk in several transactions.
LARGEST_BATCH = 20_000

#: What the quarantine keeps: the newest so many messages, of so many bytes in all, each cut at so many.
QUARANTINED_ROWS = 1_000
QUARANTINED_BYTES = 4 * 1024 * 1024
LARGEST_RAW = 64 * 1024

Waiting = asyncio.Future[None]
#: A task, and who waits for it.
Asked = tuple[Task, Waiting | None]


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


# What queued rows take in memory, in bytes: counted where one may be a hundred times as large as another.
_LEVEL, _MAKER, _RANKED, _FACT, _ROW = 190, 180, 480, 160, 300


def _weight_of_book(row: Row) -> int:
    book = row[3]
    levels = len(book.bids) + len(book.asks)
    makers = sum([len(level.makers) for side in (book.bids, book.asks) for level in side])
    return _ROW + _LEVEL * levels + _MAKER * makers


def _weight_of_details(row: Row) -> int:
    details = row[2]
    return _ROW + _FACT * len(details) + sum([len(value) for value in details.values() if isinstance(value, str)])


def _weight_of_ranking(row: Row) -> int:
    return _ROW + _RANKED * len(row[3].rows)


def _weight_of_texts(row: Row) -> int:
    return _ROW + sum([sys.getsizeof(value) for value in row if isinstance(value, str | bytes)])


@dataclass(frozen=True, slots=True)
class Stream:
    """A table whose rows stream in, how a queued row becomes a stored one, and what is run after rows came.

    ``weight`` tells what a queued row takes in memory: of some kinds one as much as the other, of the others by row.
    ``stamp`` is which of its columns is the time of receipt.
    """

    name: str
    insert: Insert
    weight: int | Callable[[Any], int]
    encoded: Callable[[list[Any]], list[Row]] = list
    stamp: int = 1
    afterwards: tuple[str, ...] = ()


QUOTES_WEIGHT = 400
QUOTES = Stream("quote", Insert("INSERT INTO quote", 11), QUOTES_WEIGHT, quote_columns)
DETAILS = Stream("quote_detail", Insert("INSERT INTO quote_detail", 3), _weight_of_details, _with_details_as_json)
TRADES = Stream("trade", Insert("INSERT INTO trade", 8), 300, trade_columns)
BOOKS = Stream("book", Insert("INSERT INTO book", 5), _weight_of_book, _with_packed_levels, stamp=2)
SCREENERS = Stream("screener", Insert("INSERT INTO screener", 5), _weight_of_ranking, _with_ranking_as_json)
ACTIVITIES = Stream(
    "activity", Insert("INSERT INTO activity (received_us, account, kind, text)", 4), _weight_of_texts, stamp=0
)
HEADLINES = Stream(
    "headline",
    Insert("INSERT INTO headline (received_us, time, story, text, symbols, source, teaser)", 7),
    _weight_of_texts,
    stamp=0,
)
#: Text counts as bytes here: SQLite's own length() stops at a zero byte.
REJECTED = Stream(
    "quarantine",
    Insert("INSERT INTO quarantine (received_us, kind, reason, raw)", 4),
    _weight_of_texts,
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


_Item = TypeVar("_Item")


class Queue(Generic[_Item]):
    """What of one kind waits, in order. The loop appends; from the front takes whoever holds the spill's lock."""

    __slots__ = ("_appended", "_items", "_taken", "append", "weight")

    def __init__(self, weight: int | Callable[[_Item], int]) -> None:
        self.weight = weight
        self._items: list[_Item] = []
        # Two counts, each changed by one thread only.
        self._appended = self._taken = 0
        #: Where each takes as much as the other nothing is counted: a row costs one append.
        self.append: Callable[[_Item], None] = self._items.append if isinstance(weight, int) else self._append_weighed

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[_Item]:
        return iter(self._items)

    @property
    def bytes(self) -> int:
        """About what the queue takes in memory."""
        return len(self._items) * self.weight if isinstance(self.weight, int) else self._appended - self._taken

    def take(self, most: int | None = None) -> list[_Item]:
        """The front of it, as many as take about ``most`` bytes, one at least. A slice and its deletion are one step
        each, so that the loop may append meanwhile."""
        part = self._items[: self._fitting(most)]
        del self._items[: len(part)]
        self._taken += self.weigh(part)
        return part

    def give_back(self, part: list[_Item]) -> None:
        """Put at the front again, or for the first time, what was taken."""
        self._taken -= self.weigh(part)
        self._items[:0] = part

    def weigh(self, part: list[_Item]) -> int:
        return len(part) * self.weight if isinstance(self.weight, int) else sum(map(self.weight, part))

    def _append_weighed(self, item: _Item) -> None:
        assert callable(self.weight)  # noqa: S101  chosen so
        self._appended += self.weight(item)
        self._items.append(item)

    def _fitting(self, most: int | None) -> int | None:
        if most is None:
            return None
        if isinstance(self.weight, int):
            return max(1, most // self.weight)
        count = 0
        for item in islice(self._items, len(self._items)):
            most -= self.weight(item)
            count += 1
            if most <= 0:
                break
        return count


@dataclass(slots=True)
class Batch:
    """One transaction's worth; ``outcomes`` is what became of its tasks, ``unfit`` counts rows no table can hold.

    ``bytes`` is about what it takes in memory, ``full`` says whether there was more than may be taken at once.
    ``spilled`` is the block that it comes from, whose rows are in the form of their tables already.
    """

    waiting: list[Waiting]
    rows: list[tuple[Stream, list[Any]]]
    tasks: list[Asked]
    full: bool
    bytes: int = 0
    spilled: Block | None = None
    outcomes: list[tuple[Waiting | None, Exception | None]] = field(default_factory=list)
    unfit: int = 0

    @classmethod
    def of(cls, block: Block) -> "Batch":
        """What a block of the spill holds; nothing where it cannot be read any more."""
        body = block.body or Body([], [])
        rows = [(STREAMS[name], part) for name, part in body.rows if name in STREAMS]
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
        dropped, self.waiting = self.waiting, []
        self.tasks, asked = _without_asked(self.tasks)
        return dropped + asked


class Intake:
    """The queues between the loop and the writer."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.quotes: Queue[QuoteRow] = Queue(QUOTES.weight)
        self.details: Queue[Row] = Queue(DETAILS.weight)
        self.trades: Queue[TradeRow] = Queue(TRADES.weight)
        self.books: Queue[Row] = Queue(BOOKS.weight)
        self.screeners: Queue[Row] = Queue(SCREENERS.weight)
        self.activities: Queue[Row] = Queue(ACTIVITIES.weight)
        self.headlines: Queue[Row] = Queue(HEADLINES.weight)
        self.rejected: Queue[Row] = Queue(REJECTED.weight)
        self.tasks: Queue[Asked] = Queue(_weight_of_asked)
        queues: tuple[Queue[Any], ...] = (
            *(self.quotes, self.details, self.trades, self.books),
            *(self.screeners, self.activities, self.headlines, self.rejected),
        )
        self._queues = dict(zip(STREAMS, queues, strict=True))

    @property
    def rows(self) -> int:
        return sum(map(len, self._queues.values()))

    @property
    def bytes(self) -> int:
        """About what the queues take in memory."""
        return sum([queue.bytes for queue in self._queues.values()]) + self.tasks.bytes

    def take(self) -> Batch:
        """What has gathered, up to LARGEST_BATCH of each kind, or all of it when someone waits for it."""
        waiting = self.waiting[:]
        del self.waiting[: len(waiting)]
        return self._batch(waiting, None if waiting else LARGEST_BATCH * QUOTES_WEIGHT, self.tasks.take())

    def take_recorded(self) -> Batch:
        """As ``take``, but leave out whatever somebody waits for."""
        tasks, asked = _parted(self.tasks.take())
        self.tasks.give_back(asked)
        return self._batch([], LARGEST_BATCH * QUOTES_WEIGHT, tasks)

    def take_asked(self) -> list[Asked]:
        """The tasks that somebody waits for, out of their turn: nothing that streams in hangs on them."""
        tasks, asked = _parted(self.tasks.take())
        self.tasks.give_back(tasks)
        return asked

    def give_back(self, batch: Batch) -> None:
        """Put what was taken at the front again."""
        for stream, rows in batch.rows:
            self._queues[stream.name].give_back(rows)
        self.tasks.give_back(batch.tasks)

    def drop_waiting(self) -> list[Waiting]:
        """As Batch.drop_waiting; what the loop adds meanwhile stays."""
        dropped = self.waiting[:]
        del self.waiting[: len(dropped)]
        return dropped + [who for _, who in self.take_asked() if who is not None]

    def _batch(self, waiting: list[Waiting], most: int | None, tasks: list[Asked]) -> Batch:
        batch = Batch(waiting, [], tasks, full=False, bytes=self.tasks.weigh(tasks))
        for name, queue in self._queues.items():
            rows = queue.take(most)
            taken = queue.weigh(rows)
            batch.rows.append((STREAMS[name], rows))
            batch.bytes += taken
            batch.full = batch.full or (most is not None and taken + QUOTES_WEIGHT > most)
        return batch


def _weight_of_asked(asked: Asked) -> int:
    return weight_of(asked[0])


def _parted(tasks: list[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Those for which nobody waits, and the others."""
    return [one for one in tasks if one[1] is None], [one for one in tasks if one[1] is not None]


def _without_asked(tasks: list[Asked]) -> tuple[list[Asked], list[Waiting]]:
    """The tasks for which nobody waits, and those who wait for the others."""
    kept, asked = _parted(tasks)
    return kept, [who for _, who in asked if who is not None]

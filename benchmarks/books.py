"""Books on disk: bytes beside the streamer's JSON, rows a second, and how quickly one symbol's hour is read.

Run: ``python -m benchmarks.books``.

The peer is what would be plain: compressed JSON in a table without rowids. Both get the same books of 20 symbols in
turn, ten to a transaction, as the writer has them in a quarter of a second. Books are

- *real*: a morning's, of thirty levels a side and one maker each (``../shared/replay``, where that is beside us),
- *deep*: simulated, of 25 levels a side and three makers each, of which little changes from one to the next,
- *new*: simulated, of eight levels a side and three makers each, of which everything does.
"""

import gzip
import json
import random
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

import msgspec

from benchmarks import row_sizes, tiers
from benchmarks.report import report
from monitor.market.book import Book, BookService, Level
from monitor.schwab.wire import decode_frame
from monitor.store.book_levels import as_json, pack
from monitor.store.migrations import migrate

ROWS, SYMBOLS, ROWS_A_TRANSACTION, RUNS = 24_000, 20, 10, 3
STEP_US = 25_000
BEGIN_US = row_sizes.BEGIN_MS * 1000
REPLAY = Path(__file__).parents[2] / "shared/replay/aapl-open-conflated.jsonl.gz"
PEER = (
    "DROP TABLE book; CREATE TABLE book (instrument_id INTEGER NOT NULL, venue TEXT NOT NULL,"
    " received_us INTEGER NOT NULL, time INTEGER NOT NULL, levels BLOB NOT NULL,"
    " PRIMARY KEY (instrument_id, venue, received_us)) STRICT, WITHOUT ROWID"
)
HOUR = (
    "SELECT received_us, time, levels FROM book WHERE instrument_id = 7 AND venue = 'NASDAQ_BOOK' AND received_us >= ?"
)

Pack = Callable[[Book], bytes]


class Kept:
    """Takes books as a recorder does."""

    def __init__(self) -> None:
        self.recorder = self
        self.books: list[Book] = []

    def record_book(self, _us: int, _service: BookService, book: Book) -> None:
        self.books.append(book)


def real() -> list[Book]:
    with gzip.open(REPLAY, "rt") as lines:
        frames = [decode_frame(json.dumps(json.loads(line)["frame"]))[0] for line in lines]
    return [item for frame in frames for data in frame.data for item in data.content if isinstance(item, Book)]


def deep() -> list[Book]:
    kept = Kept()
    tiers.record_books(kept, random.Random(11), row_sizes.BEGIN_MS)  # type: ignore[arg-type]
    return kept.books[:4_000]


def new() -> list[Book]:
    kept, chance = Kept(), random.Random(1)
    for symbol, us in row_sizes.stamps(4_000):
        row_sizes.book(kept, chance, symbol, us)  # type: ignore[arg-type]
    return kept.books


def as_sent(book: Book) -> int:
    """The bytes of the streamer's JSON."""

    def side(levels: Sequence[Level]) -> list[object]:
        return [
            {"0": n.price, "1": n.size, "2": n.count, "3": [{"0": m.id, "1": m.size, "2": m.time} for m in n.makers]}
            for n in levels
        ]

    return len(msgspec.json.encode({"key": book.symbol, "1": book.time, "2": side(book.bids), "3": side(book.asks)}))


def compressed_json(book: Book) -> bytes:
    return zlib.compress(as_json(pack(book)).encode(), 6)


def figures_of(books: list[Book], packing: Pack, table: str) -> dict[str, float]:
    """Bytes a row, rows a second without the packing, and the ms that one of 20 symbols is read in."""
    blobs = [packing(book) for book in books]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            migrate(connection, sandbox=True)
            connection.executescript(table)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            empty = path.stat().st_size
            left = islice(cycle(blobs), ROWS)
            began = time.perf_counter()
            for first in range(0, ROWS, ROWS_A_TRANSACTION):
                rows = [_row(number, next(left)) for number in range(first, first + ROWS_A_TRANSACTION)]
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?)", sorted(rows))
                connection.execute("COMMIT")
            written = time.perf_counter() - began
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            size = path.stat().st_size - empty
            began = time.perf_counter()
            found = connection.execute(HOUR, (BEGIN_US + ROWS * STEP_US // 2,)).fetchall()
            read = time.perf_counter() - began
            assert len(found) == ROWS // SYMBOLS // 2
    return {"bytes_a_row": size / ROWS, "rows_per_second": ROWS / written, "read_us_a_row": read / len(found) * 1e6}


def _row(number: int, blob: bytes) -> tuple[int, str, int, int, bytes]:
    us = BEGIN_US + number * STEP_US
    return number % SYMBOLS + 1, BookService.NASDAQ.value, us, us // 1000, blob


def packing_us(books: list[Book], packing: Pack) -> float:
    began = time.process_time()
    for book in books:
        packing(book)
    return (time.process_time() - began) / len(books) * 1e6


def main() -> None:
    kinds = {"real": real, "deep": deep, "new": new}
    if not REPLAY.exists():
        del kinds["real"]
    found: dict[str, float] = {}
    for kind, make in kinds.items():
        books = make()
        sent = sum(map(as_sent, books)) / len(books)
        found[f"{kind}_json_bytes"] = round(sent)
        best: dict[str, float] = {}
        for _ in range(RUNS):
            for name, packing, table in (("ours", pack, ""), ("peer", compressed_json, PEER)):
                for what, value in figures_of(books, packing, table).items():
                    key = f"{kind}_{name}_{what}"
                    better = max if what == "rows_per_second" else min
                    best[key] = better(best.get(key, value), value)
        found |= {key: round(value, 1) for key, value in best.items()}
        found[f"{kind}_ours_share_of_json"] = round(best[f"{kind}_ours_bytes_a_row"] / sent, 3)
        found[f"{kind}_peer_share_of_json"] = round(best[f"{kind}_peer_bytes_a_row"] / sent, 3)
        found[f"{kind}_ours_packing_us"] = round(packing_us(books, pack), 1)
    report("books", found)


if __name__ == "__main__":
    main()

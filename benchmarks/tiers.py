"""A day of rows in each tier: what a row takes on disk, how fast rows move, and how fast a day is read back.

Run: ``python -m benchmarks.tiers``.

- *bytes a row*, a table at a time: in a table without rowids, which is what the database has but for books, in one with
  rowids and an index on the same key, in the files that rows move to (the cold tier's are the same), as CSV and as JSON
  lines.
- *moved*: rows a second from the database through writing, reading back, and deleting; and the longest time that the
  event loop was away meanwhile, with the rest that a move at night takes between two pages, beside a loop that does
  nothing at all for ten seconds.
- *read*: the quotes of one symbol, and of all, exported from files and, the peer, from the database.
"""

import asyncio
import csv
import gc
import json
import random
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

from benchmarks.report import report
from monitor.clock import now_ms
from monitor.market.book import Book, BookService, Level, Maker
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.quote import Quote
from monitor.market.trade import Side, Trade
from monitor.ports import ExportRequest, StorageRules
from monitor.store import Store, open_store

SYMBOLS, QUOTES, BOOKS, LEVELS = 200, 400_000, 20_000, 25
_SESSION_MS = 23_400_000
MAKERS = "NSDQ", "ARCX", "BATS", "EDGX", "MEMX", "IEXG"


# ---------------------------------------------------------------------------------------------- a day


def record_day(store: Store, day: date) -> None:
    """Quotes that walk by the cent, a print with every third, and books that change a level at a time."""
    rng = random.Random(11)
    begin_ms = at_new_york(day, clock(9, 30))
    cents = [rng.randrange(1_000, 60_000) for _ in range(SYMBOLS)]
    volume = [0] * SYMBOLS
    for n in range(QUOTES):
        us = (begin_ms * 1000) + n * _SESSION_MS * 1000 // QUOTES + rng.randrange(50)
        at = min(int(rng.expovariate(8 / SYMBOLS)), SYMBOLS - 1)
        symbol = f"S{at:03d}"
        cents[at] += rng.choice((-1, 0, 0, 0, 1))
        size = rng.choice((1, 5, 10, 100, 100, 100, 200, rng.randrange(1, 3_000)))
        traded = n % 3 == 0
        volume[at] += size * traded
        ms = us // 1000
        last = _price(cents[at])
        store.recorder.record_quote(
            us,
            Quote(
                symbol=symbol,
                bid=_price(cents[at] - 1),
                ask=_price(cents[at] + 1),
                last=last,
                bid_size=rng.randrange(1, 40) * 100,
                ask_size=rng.randrange(1, 40) * 100,
                last_size=size,
                volume=volume[at],
                quote_time=ms - rng.randrange(30),
                trade_time=ms - rng.randrange(3_000),
            ),
        )
        if traded:
            store.recorder.record_trade(us, Trade(symbol, ms, last, size, volume[at], 0, rng.choice(list(Side))))
    record_books(store, rng, begin_ms)


def record_books(store: Store, rng: random.Random, begin_ms: int) -> None:
    sides = {n: [_ladder(rng, 21_400, -1), _ladder(rng, 21_401, 1)] for n in range(10)}
    for n in range(BOOKS):
        us = begin_ms * 1000 + n * _SESSION_MS * 1000 // BOOKS + 60
        ladders = sides[n % 10]
        for ladder in ladders:
            at = rng.randrange(LEVELS)
            makers = list(ladder[at].makers)
            changed = rng.randrange(len(makers))
            makers[changed] = Maker(makers[changed].id, rng.randrange(1, 30) * 100, 34_200_000 + us // 1000 - begin_ms)
            ladder[at] = Level(ladder[at].price, sum(m.size for m in makers), len(makers), tuple(makers))
        book = Book(f"S{n % 10:03d}", us // 1000, tuple(ladders[0]), tuple(ladders[1]))
        store.recorder.record_book(us, BookService.NASDAQ, book)


def _ladder(rng: random.Random, cents: int, step: int) -> list[Level]:
    return [
        Level(
            _price(cents + step * n),
            300,
            3,
            tuple(Maker(name, 100, 34_200_000 + rng.randrange(9_999)) for name in rng.sample(MAKERS, 3)),
        )
        for n in range(LEVELS)
    ]


def _price(cents: int) -> float | int:
    """As Schwab sends it: a whole price has no decimals."""
    return cents // 100 if cents % 100 == 0 else cents / 100


# ---------------------------------------------------------------------------------------------- bytes a row


def peers(path: Path, folder: Path, table: str) -> dict[str, float]:
    """Bytes a row of the table without rowids, with them, as CSV and as JSON lines."""
    with closing(sqlite3.connect(path)) as connection:
        info = connection.execute(f"PRAGMA table_info({table})").fetchall()
        names = [name for _, name, *_ in info]
        rows = connection.execute(f"SELECT * FROM {table} ORDER BY received_us").fetchall()  # noqa: S608
    key = ", ".join(name for _, name, _, _, _, place in info if place)
    declared = ", ".join(f"{name} {kind}" for _, name, kind, *_ in info)
    figures = {}
    for name, keyed, tail, ordered in (
        ("keyed", f", PRIMARY KEY ({key})", "STRICT, WITHOUT ROWID", sorted(rows)),
        ("rowid", "", "STRICT", rows),
    ):
        other = folder / f"{table}-{name}.db"
        with closing(sqlite3.connect(other)) as connection:
            connection.execute(f"CREATE TABLE {table} ({declared}{keyed}) {tail}")
            if not keyed:
                connection.execute(f"CREATE UNIQUE INDEX of_{table} ON {table} ({key})")
            marks = ",".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", ordered)  # noqa: S608
            connection.commit()
        figures[name] = other.stat().st_size / len(rows)
    plain = [tuple(value.hex() if isinstance(value, bytes) else value for value in row) for row in rows]
    with (folder / "rows.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(plain)
    with (folder / "rows.jsonl").open("w") as file:
        file.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in plain)
    figures["csv"] = (folder / "rows.csv").stat().st_size / len(rows)
    figures["json_lines"] = (folder / "rows.jsonl").stat().st_size / len(rows)
    return {f"{table}_{name}_bytes_a_row": round(value, 1) for name, value in figures.items()}


def in_files(path: Path) -> dict[str, float]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT table_name, sum(bytes), sum(rows) FROM tier_file GROUP BY 1").fetchall()
    return {f"{table}_files_bytes_a_row": round(size / rows, 1) for table, size, rows in found}


# ---------------------------------------------------------------------------------------------- moving and reading


async def exported(store: Store, out: Path, *symbols: str) -> float:
    """Rows a second."""
    began = time.perf_counter()
    request = ExportRequest("quotes", symbols, out)
    result = await store.exporter.export(request, lambda _done, _total: None, lambda: False)
    assert result is not None
    assert result.troubles == ()
    return result.rows / (time.perf_counter() - began)


async def read_figures(store: Store, folder: Path, tier: str) -> dict[str, float]:
    known = [each.symbol for each in await store.archive.find_instruments("S", SYMBOLS)]
    found = {
        f"read_all_{tier}_rows_per_second": await exported(store, folder / f"{tier}.csv", *known),
        f"read_one_{tier}_rows_per_second": await exported(store, folder / f"{tier}-one.csv", "S003"),
    }
    return {name: round(rate) for name, rate in found.items()}


async def longest_away(until: "asyncio.Task[Any]") -> float:
    """The longest that the loop did not come round while the task ran, in ms."""
    longest, before = 0.0, time.perf_counter()
    while not until.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return longest * 1000


async def figures(folder: Path) -> dict[str, float]:
    path = folder / "monitor.db"
    store = open_store(path, sandbox=True, on_trouble=print)
    day = from_ms(now_ms()).date() - timedelta(days=10)
    record_day(store, day)
    await store.recorder.flushed()
    found: dict[str, float] = {}
    for table in ("quote", "trade", "book"):
        found |= await asyncio.to_thread(peers, path, folder, table)
    found |= await read_figures(store, folder, "database")
    began = time.perf_counter()
    moved = await store.tiers.move(StorageRules(), lambda _: None, lambda: False)
    found["moved_rows_per_second"] = round(moved.rows / (time.perf_counter() - began))
    found |= in_files(path)
    found |= await read_figures(store, folder, "files")
    assert (folder / "files.csv").read_bytes() == (folder / "database.csv").read_bytes()

    record_day(store, day - timedelta(days=1))
    await store.recorder.flushed()
    gc.collect()
    gc.freeze()  # what the program has of its own is spared in the same way
    move = asyncio.create_task(store.tiers.move(StorageRules(), lambda _: None, lambda: False, gently=True))
    began = time.perf_counter()
    found["loop_away_ms"] = round(await longest_away(move), 1)
    found["moved_gently_rows_per_second"] = round((await move).rows / (time.perf_counter() - began))
    found["loop_away_alone_ms"] = round(await longest_away(asyncio.create_task(asyncio.sleep(10))), 1)
    await store.close()
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report("tiers", asyncio.run(figures(Path(folder))))


if __name__ == "__main__":
    main()

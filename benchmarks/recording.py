"""Recorded rows on disk a second: Recorder and writer thread beside bare ``executemany``, in one run.

Run: ``python -m benchmarks.recording``. Both write the same quotes of 500 symbols into the same table, WAL and
``synchronous=NORMAL``, until the last row is committed; the best of three runs each, taken in turn.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from pathlib import Path

from benchmarks.report import report
from monitor.market.quote import Quote
from monitor.store import open_store

ROWS, SYMBOLS, ROWS_A_TRANSACTION, RUNS = 300_000, 500, 20_000, 3
_FIRST_US = 1_790_000_000_000_000

Received = tuple[int, Quote]


def quotes() -> list[Received]:
    """A morning in short: every row another symbol's state, in order of receipt."""
    rng = random.Random(7)
    return [(_FIRST_US + 40 * number, _quote(rng, number)) for number in range(ROWS)]


def _quote(rng: random.Random, number: int) -> Quote:
    price, now = round(rng.uniform(90, 110), 2), _FIRST_US // 1000 + number // 25
    return Quote(
        symbol=f"S{rng.randrange(SYMBOLS):03d}",
        bid=price,
        ask=round(price + 0.02, 2),
        last=price,
        bid_size=rng.randrange(1, 500),
        ask_size=300,
        last_size=100,
        volume=number * 100,
        quote_time=now,
        trade_time=now,
    )


async def recorded(folder: Path, received: list[Received]) -> tuple[float, float]:
    """Rows a second until committed, and what the loop alone spends on a row, in nanoseconds."""
    store = open_store(folder / "monitor.db", sandbox=True, on_trouble=print)
    record = store.recorder.record_quote
    started = time.perf_counter()
    for received_us, quote in received:
        record(received_us, quote)
    queued = time.perf_counter()
    await store.recorder.flushed()
    ended = time.perf_counter()
    await store.close()
    return len(received) / (ended - started), (queued - started) / len(received) * 1e9


def bare(folder: Path, received: list[Received]) -> float:
    """Rows a second of ``executemany`` on rows that are tuples already."""
    ids = {symbol: number for number, symbol in enumerate({quote.symbol for _, quote in received}, start=1)}
    rows = [
        (
            *(ids[q.symbol], us, q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.last_size),
            *(q.volume, q.quote_time, q.trade_time),
        )
        for us, q in received
    ]
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        "CREATE TABLE quote (instrument_id INTEGER, received_us INTEGER, bid ANY, ask ANY, last ANY, bid_size ANY,"
        " ask_size ANY, last_size ANY, volume ANY, quote_time INTEGER, trade_time INTEGER,"
        " PRIMARY KEY (instrument_id, received_us)) STRICT, WITHOUT ROWID"
    )
    started = time.perf_counter()
    for first in range(0, len(rows), ROWS_A_TRANSACTION):
        connection.execute("BEGIN IMMEDIATE")
        part = rows[first : first + ROWS_A_TRANSACTION]
        connection.executemany("INSERT INTO quote VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", part)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return len(rows) / seconds


def main() -> None:
    received = quotes()
    ours, theirs, nanoseconds = 0.0, 0.0, float("inf")
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            theirs = max(theirs, bare(Path(folder), received))
            rate, spent = asyncio.run(recorded(Path(folder), received))
            ours, nanoseconds = max(ours, rate), min(nanoseconds, spent)
    figures = {
        "recorded_rows_per_second": round(ours),
        "executemany_rows_per_second": round(theirs),
        "ratio": round(ours / theirs, 2),
        "loop_nanoseconds_per_row": round(nanoseconds),
    }
    report("recording", figures)


if __name__ == "__main__":
    main()

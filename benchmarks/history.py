"""Minute bars from Schwab's answers to disk: price history and recorder beside bare ``json`` and ``executemany``.

Run: ``python -m benchmarks.history``. Both read a million bars in the same answers and write them into the same table,
WAL and ``synchronous=FULL``, with a commit an answer. Ours also checks every bar, keeps what is there already and notes
what is covered. The best of three runs each, taken in turn; processor time a bar is told beside bars a second, for busy
cores spoil it less.
"""

import asyncio
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from benchmarks.report import report
from monitor.analysis.coverage import Answer as Covered
from monitor.analysis.coverage import Asked
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york
from monitor.schwab.library import AsyncClient
from monitor.schwab.rest.price_history import SchwabHistory
from monitor.store import open_store

BARS, AN_ANSWER, RUNS = 1_000_000, 10_000, 3
_FIRST_DAY = date(2026, 9, 21)
_STEP_MS = 60_000
_PIECE_DAYS = 10  # they hold more minutes than trade in them


class Answer(NamedTuple):
    """One answer of price history, and what was asked for."""

    symbol: str
    start_ms: int
    end_ms: int
    content: bytes


class Rate(NamedTuple):
    """Rows a second until committed, and microseconds of processor time a row."""

    rows: float
    processor_us: float


def answers() -> Iterator[Answer]:
    """Ten symbols, ten days at a time, as Schwab writes them."""
    rng = random.Random(7)
    for number in range(BARS // AN_ANSWER):
        symbol, first = f"S{number % 10}", _FIRST_DAY + number // 10 * timedelta(days=_PIECE_DAYS)
        start, end = (at_new_york(day, clock(0)) for day in (first, first + timedelta(days=_PIECE_DAYS)))
        candles = [_candle(rng, start + minute * _STEP_MS) for minute in range(AN_ANSWER)]
        body = {"symbol": symbol, "empty": False, "candles": candles}
        yield Answer(symbol, start, end, json.dumps(body, separators=(",", ":")).encode())


def _candle(rng: random.Random, start: int) -> dict[str, Any]:
    low = round(rng.uniform(90, 110), 2)
    high = round(low + rng.uniform(0.1, 1), 4)
    first, last = (round(rng.uniform(low + 0.01, high - 0.01), 2) for _ in range(2))
    return {
        "open": first,
        "high": high,
        "low": low,
        "close": last,
        "volume": rng.randrange(1_000_000),
        "datetime": start,
    }


class _Answering:
    """In place of schwab-py's client: gives what has been prepared."""

    PriceHistory = AsyncClient.PriceHistory

    def __init__(self, prepared: list[Answer]) -> None:
        self._contents = {(answer.symbol, answer.start_ms): answer.content for answer in prepared}

    async def get_price_history(self, symbol: str, **asked: Any) -> Any:
        start = round(asked["start_datetime"].timestamp() * 1000)
        return SimpleNamespace(content=self._contents[symbol, start])


async def ours(folder: Path, prepared: list[Answer]) -> Rate:
    """Through the port that history is fetched by, and the recorder."""
    store = open_store(folder / "monitor.db", sandbox=True, on_trouble=print)
    history = SchwabHistory(_Answering(prepared))  # type: ignore[arg-type]
    started, spent, count = time.perf_counter(), time.process_time(), 0
    for asked in prepared:
        end = asked.end_ms
        answer = await history.bars(asked.symbol, Interval.M1, asked.start_ms, end)
        store.recorder.record_bars(answer.bars)
        store.recorder.record_coverage(asked.symbol, Interval.M1, Asked(asked.start_ms, end, Covered.COMPLETE, end))
        count += len(answer.bars)
        await store.recorder.flushed()
    rate = Rate(count / (time.perf_counter() - started), (time.process_time() - spent) / count * 1e6)
    await store.close()
    assert count == BARS
    return rate


def bare(folder: Path, prepared: list[Answer]) -> Rate:
    """``json.loads`` and one ``executemany`` an answer, of whatever came."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE bar (instrument_id INTEGER NOT NULL, interval_s INTEGER NOT NULL, start_ms INTEGER NOT NULL,"
        " open ANY NOT NULL, high ANY NOT NULL, low ANY NOT NULL, close ANY NOT NULL, volume ANY NOT NULL,"
        " source TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0, first_seen INTEGER NOT NULL,"
        " last_seen INTEGER NOT NULL, PRIMARY KEY (instrument_id, interval_s, start_ms)) STRICT, WITHOUT ROWID"
    )
    ids = {symbol: number for number, symbol in enumerate({answer.symbol for answer in prepared}, start=1)}
    started, spent = time.perf_counter(), time.process_time()
    for answer in prepared:
        number = ids[answer.symbol]
        rows = [
            (number, 60, c["datetime"], c["open"], c["high"], c["low"], c["close"], c["volume"], "rest", 0, 1, 1)
            for c in json.loads(answer.content)["candles"]
        ]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO bar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    rate = Rate(BARS / (time.perf_counter() - started), (time.process_time() - spent) / BARS * 1e6)
    connection.close()
    return rate


def main() -> None:
    prepared = list(answers())
    mine, theirs = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            theirs.append(bare(Path(folder), prepared))
            mine.append(asyncio.run(ours(Path(folder), prepared)))
    rows, bare_rows = max(rate.rows for rate in mine), max(rate.rows for rate in theirs)
    spent, bare_spent = min(rate.processor_us for rate in mine), min(rate.processor_us for rate in theirs)
    figures = {
        "bars_per_second": round(rows),
        "json_executemany_bars_per_second": round(bare_rows),
        "ratio": round(rows / bare_rows, 2),
        "processor_microseconds_per_bar": round(spent, 2),
        "json_executemany_processor_microseconds_per_bar": round(bare_spent, 2),
        "processor_time_ratio": round(bare_spent / spent, 2),
    }
    report("history", figures)


if __name__ == "__main__":
    main()

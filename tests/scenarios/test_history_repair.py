"""History of many symbols fetched from a sandbox that fails now and then, by a program that is killed on the way.

It ends complete: every bar that the sandbox has, once, and no request for what was on disk already.
"""

import asyncio
import csv
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from monitor.analysis.bars import day_start
from monitor.analysis.coverage import DayState, first_reachable
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.resource import resource
from monitor.store import open_store
from tests.support.repairing import PACE
from tests.support.sandbox import RunningSandbox, running_sandbox

MINUTE_MS, DAY_MS = 60_000, 86_400_000
PATH = "/marketdata/v1/pricehistory"
#: More failures in a row than a request has attempts, so that some fail for good and are tried again later.
FAULTS = [
    {"path": PATH, "status": 500, "after": 4, "times": 6},
    {"path": PATH, "status": 429, "retry_after": 1, "after": 20, "times": 2},
    {"path": PATH, "answer": "drop", "after": 30, "times": 3},
    {"path": PATH, "answer": "garbage", "after": 40, "times": 1},
    {"path": PATH, "status": 500, "after": 50, "times": 5},
]


class Note(NamedTuple):
    """A line of what the program notes of its requests."""

    what: str
    symbol: str
    interval: str
    start: int
    end: int
    holes: list[list[int]]


def notes(file: Path) -> list[Note]:
    """All whole lines."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    return [Note(*json.loads(line)) for line in lines if line.endswith(b"\n")]


def shares(count: int) -> list[str]:
    with resource("sandbox/universe.csv").open(newline="", encoding="utf-8") as table:
        return [row["symbol"] for row in csv.DictReader(table) if row["kind"] != "INDEX"][:count]


@pytest.fixture
def failing_sandbox() -> Iterator[RunningSandbox]:
    """A sandbox whose limit of requests passes quickly, and that fails now and then."""
    with running_sandbox() as sandbox:
        sandbox.run_clock(PACE)
        sandbox.faults(FAULTS)
        yield sandbox


async def run_once(arguments: list[str], notes_file: Path, kill_after: int | None, delay: float) -> int | None:
    """Run the program; kill it once so many more answers are on disk. Gives its exit code, None when killed."""
    before = len(notes(notes_file))
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.support.repairing", *arguments)
    try:
        while child.returncode is None:
            if kill_after is not None and len(notes(notes_file)) >= before + kill_after:
                await asyncio.sleep(delay)  # the kill falls anywhere: while it asks, reads or writes
                break
            await asyncio.sleep(0.005)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode if child.returncode >= 0 else None


@pytest.mark.parametrize(
    ("count", "kills"),
    [
        pytest.param(8, 3, marks=pytest.mark.timeout(600)),
        pytest.param(100, 20, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
    ],
)
async def test_history_ends_complete_through_failures_and_kills(
    failing_sandbox: RunningSandbox, tmp_path: Path, count: int, kills: int
) -> None:
    symbols, rng = shares(count), random.Random(11)
    folder, notes_file = tmp_path / "data", tmp_path / "notes.jsonl"
    until = time.time_ns() // 1_000_000 // MINUTE_MS * MINUTE_MS - 10 * MINUTE_MS
    arguments = [failing_sandbox.base_url, str(folder), str(notes_file), str(until), *symbols]
    requests = 6 * count
    for _ in range(kills):
        killed = await run_once(
            arguments, notes_file, 1 + rng.randrange(2 * requests // (kills + 1)), rng.random() * 0.3
        )
        assert killed is None
    assert await run_once(arguments, notes_file, None, 0) == 0
    told = notes(notes_file)
    counts = Counter(note.what for note in told)
    assert counts["failed"] > 0  # the sandbox did fail
    # Only what was under way at a kill, or failed, was asked for again; a kill may come between the disk and the note.
    assert requests - kills <= counts["noted"] <= counts["ask"] <= counts["noted"] + counts["failed"] + kills
    assert counts["ask"] >= requests
    assert in_vain(told) == []
    await assert_complete(folder, symbols, until)
    for symbol in (symbols[0], symbols[-1]):
        assert stored(folder, symbol, until) == history(failing_sandbox, symbol, until)


def in_vain(told: list[Note]) -> list[Note]:
    """The requests for what history had answered for already."""
    answered: dict[tuple[str, str], list[tuple[int, int]]] = {}
    found = []
    for note in told:
        ranges = answered.setdefault((note.symbol, note.interval), [])
        if note.what == "noted":
            ranges.append((note.start, note.end))
        elif note.what == "ask" and any(a < end and b > start for start, end in ranges for a, b in note.holes):
            found.append(note)
    return found


async def assert_complete(folder: Path, symbols: list[str], until: int) -> None:
    """Each day of minutes and each of twenty years is complete, and no bar was ever replaced."""
    last = from_ms(until).date() - timedelta(days=1)
    store = open_store(folder / "monitor.db", sandbox=True, on_trouble=print)
    for interval in (Interval.M1, Interval.DAY):
        first = from_ms(first_reachable(interval, until)).date()
        found = await store.coverage.days(symbols, interval, first, last)
        states = Counter((day.state, day.in_reach) for days in found.values() for day in days)
        assert set(states) == {(DayState.COMPLETE, True)}
    assert await store.coverage.failed_due(2**62) == []
    await store.close()
    assert rows(folder, "SELECT count(*) FROM bar_revision WHERE start_ms < ?", day_start(until)) == [(0,)]


def stored(folder: Path, symbol: str, until: int) -> list[tuple[Any, ...]]:
    """The minutes on disk of what could be had."""
    return rows(
        folder,
        "SELECT start_ms, open, high, low, close, volume FROM bar JOIN instrument ON id = instrument_id"
        " WHERE symbol = ? AND interval_s = 60 AND start_ms >= ? AND start_ms < ? ORDER BY start_ms",
        *(symbol, first_reachable(Interval.M1, until), until),
    )


def history(sandbox: RunningSandbox, symbol: str, until: int) -> list[tuple[Any, ...]]:
    """The same minutes as the sandbox tells them."""
    found: dict[int, tuple[Any, ...]] = {}
    query = {"symbol": symbol, "periodType": "day", "frequencyType": "minute", "needExtendedHoursData": "true"}
    with sandbox.client() as client:
        for start in range(first_reachable(Interval.M1, until), until, 5 * DAY_MS):
            span = {"startDate": str(start), "endDate": str(min(start + 5 * DAY_MS, until))}
            for c in client.get(PATH, params=query | span).raise_for_status().json()["candles"]:
                found[c["datetime"]] = tuple(c[name] for name in ("datetime", "open", "high", "low", "close", "volume"))
    return [found[start] for start in sorted(found) if start < until]


def rows(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)) as database:
        return database.execute(sql, values).fetchall()

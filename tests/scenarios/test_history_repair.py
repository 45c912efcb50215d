"""History of many symbols fetched from a sandbox that fails in every way, by a program that is killed on the way.

It ends complete: every bar that the sandbox has, once, and no request for what was on disk already.
"""

import asyncio
import csv
import json
import logging
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
from monitor.analysis.ranges import Range, missing
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.resource import resource
from monitor.store import open_store
from tests.support.repairing import PACE
from tests.support.sandbox import RunningSandbox, running_sandbox

_log = logging.getLogger(__name__)
MINUTE_MS, DAY_MS = 60_000, 86_400_000
PATH = "/marketdata/v1/pricehistory"
DAYS = "frequencyType=daily"
Fault = dict[str, Any]
#: Each kind of failure, and how often it strikes in a row; a request has five attempts, so some fail for good.
FAULTS: dict[str, Fault] = {
    "429": {"status": 429, "retry_after": 2, "times": 4},
    "429 without a time": {"status": 429, "retry_after": None, "times": 3},
    "500": {"status": 500, "times": 6},
    "502": {"status": 502},
    "503": {"status": 503, "times": 2},
    "504": {"status": 504, "times": 2},
    "403": {"status": 403, "times": 2},
    "hang": {"answer": "hang"},
    "stall": {"answer": "stall"},
    "drop": {"answer": "drop", "times": 3},
    "drop-after": {"answer": "drop-after", "times": 2},
    "garbage": {"answer": "garbage"},
    "html": {"answer": "html", "times": 2},
    "truncated": {"answer": "truncated", "times": 2},
    "cut-short": {"answer": "cut-short", "times": 2},
    "wrong-candles": {"answer": "wrong-candles", "query": "frequencyType=minute", "times": 3},
    "wrong days": {"answer": "wrong-candles", "query": DAYS, "times": 2},
    "new-york-days": {"answer": "new-york-days", "query": DAYS, "times": 3},
}


#: Those that are answers all the same.
ANSWERED = ("wrong-candles", "new-york-days")


def schedule(rng: random.Random, rounds: int, requests: int) -> list[Fault]:
    """Every kind of failure ``rounds`` times, in any order, spread over so many requests.

    Each entry counts the requests that got past those before it: few enough that all of them strike.
    """
    faults = [FAULTS[kind] | {"path": PATH} for kind in FAULTS for _ in range(rounds)]
    rng.shuffle(faults)
    for fault in faults:
        share = requests // 6 if fault.get("query") == DAYS else requests
        fault["after"] = rng.randrange(max(share // 2, 1))
    return faults


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
def hasty_sandbox() -> Iterator[RunningSandbox]:
    """A sandbox whose limit of requests passes quickly."""
    with running_sandbox() as sandbox:
        sandbox.run_clock(PACE)
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
    hasty_sandbox: RunningSandbox, tmp_path: Path, count: int, kills: int
) -> None:
    symbols, rng, requests = shares(count), random.Random(11), 6 * count
    faults = schedule(rng, max(count // 20, 1), requests)
    hasty_sandbox.faults(faults)
    folder, notes_file = tmp_path / "data", tmp_path / "notes.jsonl"
    until = time.time_ns() // 1_000_000 // MINUTE_MS * MINUTE_MS - 10 * MINUTE_MS
    arguments = [hasty_sandbox.base_url, str(folder), str(notes_file), str(until), *symbols]
    for _ in range(kills):
        killed = await run_once(
            arguments, notes_file, 1 + rng.randrange(2 * requests // (kills + 1)), rng.random() * 0.3
        )
        assert killed is None
    assert await run_once(arguments, notes_file, None, 0) == 0
    status = hasty_sandbox.status()
    struck = Counter(status["struck"])
    for fault in faults:
        struck[str(fault.get("answer", fault.get("status")))] -= fault.get("times", 1)
    assert set(struck.values()) == {0}  # each struck, and as often as it should
    told = notes(notes_file)
    assert in_vain(told) == []
    # Each hole was asked for once, and again only when that failed, came spoiled, or was under way at a kill.
    counts = Counter(note.what for note in told)
    spoiled = [note.symbol for note in told if note.what == "noted" and note.holes]
    served = status["requests"] - status["tokens"]["codes"] - status["tokens"]["renewals"]
    _log.info("%d requests: %s, %d spoiled; struck: %s", served, dict(counts), len(spoiled), status["struck"])
    assert counts["failed"] > 0
    assert requests - kills <= counts["noted"] <= requests + len(spoiled) + kills
    assert counts["ask"] <= counts["noted"] + counts["failed"] + kills
    # As the sandbox counts them, too, attempts among them: each either failed there or brought what was noted.
    failures = sum(fault.get("times", 1) for fault in faults if fault.get("answer") not in ANSWERED)
    assert served <= counts["noted"] + failures + kills
    await assert_complete(folder, symbols, until)
    assert spoiled
    for symbol in {symbols[0], symbols[-1], *spoiled}:
        for interval in (Interval.M1, Interval.DAY):
            assert stored(folder, symbol, interval, until) == history(hasty_sandbox, symbol, interval, until)


def in_vain(told: list[Note]) -> list[Note]:
    """The requests for what history had answered for already."""
    answered: dict[tuple[str, str], list[Range]] = {}
    found = []
    for note in told:
        ranges = answered.setdefault((note.symbol, note.interval), [])
        if note.what == "noted":
            ranges += missing([(start, end) for start, end in note.holes], note.start, note.end)
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


def stored(folder: Path, symbol: str, interval: Interval, until: int) -> list[tuple[Any, ...]]:
    """The bars on disk of what could be had."""
    return rows(
        folder,
        "SELECT start_ms, open, high, low, close, volume FROM bar JOIN instrument ON id = instrument_id"
        " WHERE symbol = ? AND interval_s = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms",
        *(symbol, int(interval), first_reachable(interval, until), last_of(interval, until)),
    )


def last_of(interval: Interval, until: int) -> int:
    """Up to when bars are final: today's day is under way."""
    return until if interval.intraday else day_start(until)


def history(sandbox: RunningSandbox, symbol: str, interval: Interval, until: int) -> list[tuple[Any, ...]]:
    """The same bars as the sandbox tells them: days are stamped at midnight in Chicago."""
    found: dict[int, tuple[Any, ...]] = {}
    kinds, step = (("day", "minute"), 5) if interval.intraday else (("year", "daily"), 30 * 366)
    query = {"symbol": symbol, "periodType": kinds[0], "frequencyType": kinds[1], "needExtendedHoursData": "true"}
    late = 0 if interval.intraday else 3_600_000
    first, last = first_reachable(interval, until), last_of(interval, until)
    with sandbox.client() as client:
        for start in range(first, last, step * DAY_MS):
            span = {"startDate": str(start), "endDate": str(min(start + step * DAY_MS, last))}
            for c in client.get(PATH, params=query | span).raise_for_status().json()["candles"]:
                values = [c[name] for name in ("open", "high", "low", "close", "volume")]
                found[c["datetime"] - late] = (c["datetime"] - late, *values)
    return [found[start] for start in sorted(found) if first <= start < last]


def rows(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)) as database:
        return database.execute(sql, values).fetchall()

"""Killed at any moment while rows stream in and move: none is lost, none is there twice."""

import csv
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from monitor.ports import ExportRequest, StorageRules
from monitor.store import open_for_reading, open_store
from tests.support.old_rows import moved
from tests.unit.store.conftest import Rows
from tests.unit.store.test_kill import killed_after

NAMES = tuple(f"S{n}" for n in range(9))

OLD_A_TURN, NOW_A_TURN = 30, 600
TODAY = "SELECT count(*) FROM quote JOIN instrument ON id = instrument_id WHERE symbol LIKE 'NOW%'"

#: Today streams in as fast as it is written; days that are old already come too, and move while they do; some files go
#: on to another folder.
MOVING = (
    """
import asyncio, sqlite3, sys
from contextlib import closing
from pathlib import Path
from monitor.live.receive import ReceiveClock
from monitor.market.quote import Quote
from monitor.ports import StorageRules
from monitor.store import open_store
from tests.support.old_rows import days_ago, stamp

async def keep_moving(store, rules, tell):
    while True:
        await store.tiers.move(rules, tell, lambda: False)
        await asyncio.sleep(0.002)

async def record(path):
    store = open_store(path, sandbox=True, on_trouble=print)
    clock = ReceiveClock(store.last_received_us())
    with closing(sqlite3.connect(path)) as connection:
        today = connection.execute(TODAY).fetchone()[0]
    volume = int(sys.argv[2])
    first = volume // 1000 % 80 + 9
    rules = StorageRules(warm_days=7, cold_days=50, cold=str(path.parent / "cold"))
    begun, awaited = asyncio.Event(), sys.argv[3]
    moving = asyncio.create_task(
        keep_moving(store, rules, lambda said: begun.set() if said.startswith(awaited) else None)
    )
    while not moving.done():
        for _ in range(OLD_A_TURN):
            volume += 1
            us = stamp(days_ago(first + volume % 2)) + volume
            store.recorder.record_quote(us, Quote(symbol=f"S{volume % 9}", bid=volume / 8, volume=volume))
        for _ in range(NOW_A_TURN):
            today += 1
            store.recorder.record_quote(clock.stamp(), Quote(symbol=f"NOW{today % 3}", bid=today / 8, volume=today))
        await store.recorder.flushed()
        if begun.is_set():
            print(volume, flush=True)
        await asyncio.sleep(0)
    await moving

asyncio.run(record(Path(sys.argv[1])))
""".replace("TODAY", repr(TODAY))
    .replace("NOW_A_TURN", str(NOW_A_TURN))
    .replace("OLD_A_TURN", str(OLD_A_TURN))
)


async def read_as_one(path: Path, out: Path) -> list[int]:
    """The volumes of every row of every tier, in order."""
    store = open_for_reading(path)
    try:
        names = [name for name in NAMES if name in _known(path)]
        request = ExportRequest("quotes", tuple(names), out)
        result = await store.exporter.export(request, lambda _done, _total: None, lambda: False)
    finally:
        await store.close()
    assert result is not None
    assert result.troubles == ()
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["bid"]) == int(row["volume"]) / 8 for row in rows)
    return sorted(int(row["volume"]) for row in rows)


def _known(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {symbol for (symbol,) in connection.execute("SELECT symbol FROM instrument")}


def forget_today(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "DELETE FROM quote WHERE instrument_id IN (SELECT id FROM instrument WHERE symbol LIKE 'NOW%')"
        )
        connection.commit()


@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])])
async def test_a_kill_neither_loses_nor_doubles_a_row(path: Path, rows: Rows, tmp_path: Path, kills: int) -> None:
    rng = random.Random(7)
    kept = cut_short = 0
    for kill in range(kills):
        # Every other is killed while a file is written or soon after, the others while its rows are deleted.
        awaited = ("Writing", "Freeing")[kill % 2]
        confirmed = await killed_after(
            path, kept, rng.randrange(2, 40), rng.random() * 0.05, program=MOVING, more=(awaited,)
        )
        assert rows("PRAGMA integrity_check") == [("ok",)]
        cut_short += rows("SELECT count(*) FROM tier_file WHERE state = 'moving'")[0][0]
        found = await read_as_one(path, tmp_path / "quotes.csv")
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= confirmed
        # While the worker's process still reads, SQLite may not see a last commit of which nobody was told; the next
        # program that writes settles whether it counts.
        await open_store(path, sandbox=True, on_trouble=print).close()
        settled = await read_as_one(path, tmp_path / "quotes.csv")
        assert settled == list(range(1, len(settled) + 1))
        assert len(settled) >= len(found)
        (count, newest), before = rows(TODAY.replace("count(*)", "count(*), max(volume)"))[0], kept
        assert count == (newest or 0)
        assert count >= (confirmed - before) // OLD_A_TURN * NOW_A_TURN
        forget_today(path)  # or the check of the file would take longer each time
        kept = len(settled)
    assert rows("SELECT count(*) FROM tier_file")[0][0] > 0
    store = open_store(path, sandbox=True, on_trouble=print)
    came = await moved(store, StorageRules(cold_days=50, cold=str(path.parent / "cold")))
    await store.close()
    assert came.troubles == ()
    assert rows("SELECT count(*) FROM quote") == [(0,)]
    assert rows("SELECT sum(rows) FROM tier_file")[0][0] == kept
    assert await read_as_one(path, tmp_path / "quotes.csv") == list(range(1, kept + 1))
    ledger = {str(path.parent / place) for (place,) in rows("SELECT place FROM tier_file")}
    found = {str(file) for file in path.parent.rglob("*.parquet")}
    assert found == ledger
    if kills > 100:
        assert cut_short > 0

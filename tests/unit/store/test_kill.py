"""Killed at any moment: the database is sound, and everything that was confirmed is in it."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

from monitor.store import open_store
from tests.unit.store.conftest import Rows

RECORDING = """
import asyncio, sys
from pathlib import Path
from monitor.live.receive import ReceiveClock
from monitor.market.quote import Quote
from monitor.store import open_store

async def record(path):
    store = open_store(path, sandbox=True, on_trouble=print)
    clock = ReceiveClock(store.last_received_us())
    volume = int(sys.argv[2])
    while True:
        for _ in range(50):
            volume += 1
            store.recorder.record_quote(clock.stamp(), Quote(symbol=f"S{volume % 9}", volume=volume))
        store.recorder.record_audit("test", str(volume))
        await store.recorder.flushed()
        print(volume, flush=True)

asyncio.run(record(Path(sys.argv[1])))
"""


async def killed_after(
    path: Path, first: int, confirmations: int, delay: float, program: str = RECORDING, more: tuple[str, ...] = ()
) -> int:
    """Record until so many confirmations came and ``delay`` passed, then kill; gives the last one confirmed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(path), str(first), *more, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    confirmed = first
    for _ in range(confirmations):
        confirmed = int(await child.stdout.readline())
    await asyncio.sleep(delay)  # the kill falls anywhere in the next batch
    child.kill()
    rest = await child.stdout.read()
    await child.wait()
    return max([confirmed, *(int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n"))])


@pytest.mark.parametrize("kills", [4, pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
async def test_a_kill_loses_nothing_that_was_confirmed(path: Path, rows: Rows, kills: int) -> None:
    rng = random.Random(3)
    confirmed = 0
    for _ in range(kills):
        on_disk = rows("SELECT ifnull(max(volume), 0) FROM quote")[0][0] if path.exists() else 0
        confirmed = await killed_after(path, on_disk, rng.randrange(1, 12), rng.random() * 0.01)
        assert rows("PRAGMA integrity_check") == [("ok",)]
        count, newest = rows("SELECT count(*), max(volume) FROM quote")[0]
        assert count == newest >= confirmed
        assert rows("SELECT count(*) FROM quote WHERE instrument_id NOT IN (SELECT id FROM instrument)") == [(0,)]
    assert confirmed > 0


LOCKED = """
import asyncio, sqlite3, sys
from pathlib import Path
from monitor.live.receive import ReceiveClock
from monitor.market.quote import Quote
from monitor.store import connect, open_store, overflow, writer

connect.BUSY_MS, writer.RETRY_SECONDS, overflow.LOOK_SECONDS = 1, 0.005, 0.001

def in_memory(own):
    with own._spill.lock:  # while it is held nothing is on its way from the one to the other
        return own.intake.bytes or (own._hand and not own._hand.spilled)

async def record(path):
    store = open_store(path, sandbox=True, on_trouble=lambda sentence: None)
    clock = ReceiveClock(store.last_received_us())
    volume = int(sys.argv[2])
    other = sqlite3.connect(path, isolation_level=None)
    while True:
        locked = False
        try:
            other.execute("BEGIN IMMEDIATE")
            locked = True
        except sqlite3.OperationalError:
            pass
        for _ in range(volume % 7 + 1):
            for _ in range(20):
                volume += 1
                store.recorder.record_quote(clock.stamp(), Quote(symbol=f"S{volume % 9}", volume=volume))
            await asyncio.sleep(0.002)
        if locked:
            while not (store.meter().trouble and not in_memory(store._writer)):
                await asyncio.sleep(0.0005)
        else:
            await store.recorder.flushed()
        print(volume, flush=True)
        if locked:
            other.rollback()
        await asyncio.sleep(volume % 3 * 0.004)

asyncio.run(record(Path(sys.argv[1])))
"""


HELD_UP = """
import asyncio, sys, time
from pathlib import Path
from monitor.live.receive import ReceiveClock
from monitor.market.quote import Quote
from monitor.store import batch, open_store, overflow, writer

batch.LARGEST_BATCH, overflow.LARGEST_QUEUE, overflow.LOOK_SECONDS = 40, 400 * 60, 0.001
commit = writer.Writer._commit

def slowly(own, taken):
    if taken.spilled:
        time.sleep(0.004)
    elif taken.size:  # held up until the file is in use, or nothing comes that could bring it into use
        for _ in range(60):
            if own._spill.size:
                break
            time.sleep(0.001)
    commit(own, taken)

writer.Writer._commit = slowly

async def record(path):
    store = open_store(path, sandbox=True, on_trouble=lambda sentence: None)
    clock = ReceiveClock(store.last_received_us())
    volume = int(sys.argv[2])
    while True:
        for _ in range(30):
            for _ in range(20):
                volume += 1
                store.recorder.record_quote(clock.stamp(), Quote(symbol=f"S{volume % 9}", volume=volume))
            if volume % 3 == 0:
                store.recorder.record_audit("test", str(volume))
            await asyncio.sleep(0.001)
        await store.recorder.flushed()
        print(volume, flush=True)

asyncio.run(record(Path(sys.argv[1])))
"""


def tear(spill: Path, rng: random.Random) -> None:
    """Put the beginning of a block at the end, as a program does that is killed while it writes one."""
    if spill.exists() and rng.random() < 0.5:
        with spill.open("ab") as file:
            file.write(b"BLCK" + rng.randbytes(rng.randrange(2_000)))


@pytest.mark.parametrize("kills", [6, pytest.param(250, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
@pytest.mark.parametrize(("program", "most"), [(LOCKED, 12), (HELD_UP, 4)], ids=["locked", "held-up"])
async def test_a_kill_loses_nothing_that_waits_beside_the_database(
    path: Path, rows: Rows, kills: int, program: str, most: int
) -> None:
    rng = random.Random(5)
    confirmed = kept = waited = 0
    for _ in range(kills):
        confirmed = await killed_after(
            path, confirmed + 10_000, rng.randrange(1, most), rng.random() * 0.03, program=program
        )
        tear(path.with_suffix(".spill"), rng)
        store = open_store(path, sandbox=True, on_trouble=print)  # takes up what waits
        waited += store.meter().spilled > 0
        await store.recorder.flushed()
        await store.close()
        assert rows("PRAGMA integrity_check") == [("ok",)]
        # Each program counts on from its own first volume: no hole, none twice, nothing missing that was confirmed.
        count, newest = rows("SELECT count(*), max(volume) FROM quote")[0]
        assert rows("SELECT count(DISTINCT volume) FROM quote") == [(count,)]
        assert newest >= confirmed
        first = rows("SELECT min(volume) FROM quote WHERE volume > ?", kept)[0][0]
        assert rows("SELECT count(*) FROM quote WHERE volume > ?", kept) == [(newest - first + 1,)]
        assert rows("SELECT count(*) FROM quote WHERE instrument_id NOT IN (SELECT id FROM instrument)") == [(0,)]
        wrong = "SELECT count(*) FROM quote JOIN instrument ON id = instrument_id WHERE symbol <> 'S' || (volume % 9)"
        assert rows(wrong) == [(0,)]
        assert rows("SELECT count(*) FROM audit") == rows("SELECT count(DISTINCT sentence) FROM audit")
        confirmed = kept = newest
    assert waited >= kills // 8  # the file was in use when the program was killed

"""Killed at any moment: the database is sound, and everything that was confirmed is in it."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

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


async def killed_after(path: Path, first: int, confirmations: int, delay: float) -> int:
    """Record until so many confirmations came and ``delay`` passed, then kill; gives the last one confirmed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RECORDING, str(path), str(first), stdout=asyncio.subprocess.PIPE
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


@pytest.mark.parametrize("kills", [3, pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
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

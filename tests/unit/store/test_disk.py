"""A real disk that is full, or may only be read: what a person hears, what goes on, and that nothing is lost."""

import asyncio
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.ports import ExportRequest
from monitor.store import Store, open_for_reading, open_store, spill, writer
from tests.support.builders import a_bar, a_quote, a_trade
from tests.support.small_disk import SmallDisk, needs_mount, small_disk

Troubles = asyncio.Queue[str]
_MIB = 1024 * 1024
_START_MS = 1_795_185_000_000

pytestmark = needs_mount


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(writer, "BATCH_SECONDS", 0.01)
    monkeypatch.setattr(writer, "CLOSE_SECONDS", 0.1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 24 * _MIB) as disk:
        yield disk


@pytest.fixture
def path(disk: SmallDisk) -> Path:
    return disk.folder / "data" / "monitor.db"


async def heard(troubles: Troubles) -> str:
    return await asyncio.wait_for(troubles.get(), 60)


def record(store: Store, begin: int, end: int) -> None:
    """Quotes with the numbers from ``begin`` on, a print and a bar for each hundred of them, and an audit line."""
    rng = random.Random(begin)
    for number in range(begin, end):
        store.recorder.record_quote(number, a_quote(f"S{number % 7}", bid=number, last=rng.random()))
        if number % 100 == 0:
            store.recorder.record_trade(number, a_trade("S1", price=number))
            store.recorder.record_bars([a_bar("S1", at=_START_MS + number * 600)])
    store.recorder.record_audit("test", f"from {begin}")


def look(path: Path) -> dict[str, int]:
    """How many rows another program finds, and the last number, in a file that SQLite finds sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counts = {
            "quotes": "SELECT count(DISTINCT bid) FROM quote",
            "prints": "SELECT count(*) FROM trade",
            "bars": "SELECT count(*) FROM bar WHERE interval_s = 60",
            "audit": "SELECT count(*) FROM audit WHERE kind = 'test'",
            "newest": "SELECT max(received_us) FROM quote",
        }
        return {what: connection.execute(sql).fetchone()[0] for what, sql in counts.items()}


def all_of(numbers: int, audit: int) -> dict[str, int]:
    share = numbers // 100
    return {"quotes": numbers, "prints": share, "bars": share, "audit": audit, "newest": numbers - 1}


@pytest.mark.parametrize(
    "reserve", [pytest.param(spill.RESERVE, id="what waits is kept in memory"), pytest.param(0, id="and in the file")]
)
@pytest.mark.parametrize("leave", [0, _MIB])
async def test_a_full_disk_loses_nothing_of_before_meanwhile_and_after(
    disk: SmallDisk, path: Path, troubles: Troubles, monkeypatch: pytest.MonkeyPatch, reserve: int, leave: int
) -> None:
    monkeypatch.setattr(spill, "RESERVE", reserve)
    monkeypatch.setattr("monitor.store.overflow.LITTLE_BYTES", 0)  # that it is nearly full is another sentence
    store = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    record(store, 0, 2_000)
    await store.recorder.flushed()
    disk.fill(leave)
    record(store, 2_000, 60_000)
    assert await heard(troubles) == (
        f"The disk that holds {path} is full. What is recorded waits and is written as soon as that is possible."
    )
    with pytest.raises(StoreUnavailable, match="is full"):
        await store.watchlists.create("Tech", ["S1"])
    assert len(await store.archive.trades("S1", 1_000)) >= 20  # reading goes on
    waiting = store.meter()
    assert waiting.trouble
    assert waiting.queued > 0
    disk.make_room()
    assert await heard(troubles) == "Recording goes on: what had waited is on disk."
    record(store, 60_000, 62_000)
    await store.recorder.flushed()
    assert (store.meter().queued, store.meter().trouble, store.meter().lost) == (0, "", 0)
    assert troubles.empty()
    await store.close()
    assert look(path) == all_of(62_000, audit=3)


async def test_a_program_that_ends_while_the_disk_is_full_says_what_is_lost_and_nothing_else_is(
    disk: SmallDisk, path: Path, troubles: Troubles
) -> None:
    store = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    record(store, 0, 2_000)
    await store.recorder.flushed()
    disk.fill()
    record(store, 2_000, 22_000)
    assert "is full" in await heard(troubles)
    await store.close()
    said = [troubles.get_nowait() for _ in range(troubles.qsize())]
    left = re.fullmatch(
        rf"(\d+) recorded rows and \d+ other entries could not be written to {path} and are lost\.", said[-1]
    )
    assert left
    assert int(left[1]) == store.meter().lost
    with pytest.raises(StoreUnavailable, match=f"The disk that holds {path} is full."):
        open_store(path, sandbox=True, on_trouble=print)
    disk.make_room()
    again = open_store(path, sandbox=True, on_trouble=print)
    record(again, 22_000, 24_000)
    await again.close()
    found = look(path)
    assert found["quotes"] + found["prints"] == 24_240 - int(left[1])
    assert (found["newest"], found["bars"] >= 40, found["audit"] >= 2) == (23_999, True, True)
    with closing(sqlite3.connect(path)) as connection:
        of_before = "SELECT count(*) FROM quote WHERE received_us < 2000"
        assert connection.execute(of_before).fetchone() == (2_000,)


async def test_a_new_database_on_a_full_disk_is_begun_when_there_is_room(disk: SmallDisk, path: Path) -> None:
    path.parent.mkdir()
    disk.fill()
    with pytest.raises(StoreUnavailable, match=r"is full\.|No space left on device"):
        open_store(path, sandbox=True, on_trouble=print)
    disk.make_room()
    store = open_store(path, sandbox=True, on_trouble=print)
    record(store, 0, 100)
    await store.close()
    assert look(path) == all_of(100, audit=1)


async def test_a_folder_that_may_only_be_read_is_named_and_read_and_recorded_into_when_it_may_be_again(
    disk: SmallDisk, path: Path, tmp_path: Path
) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    record(store, 0, 500)
    await store.close()
    disk.allow_writing(False)
    with pytest.raises(StoreUnavailable) as refused:
        open_store(path, sandbox=True, on_trouble=print)
    assert refused.value.sentence == f"The folder {path.parent} cannot be used: Read-only file system."
    reading = open_for_reading(path)
    request = ExportRequest("quotes", tuple(f"S{n}" for n in range(7)), tmp_path / "quotes.csv")
    result = await reading.exporter.export(request, lambda _done, _total: None, lambda: False)
    assert result is not None
    assert result.rows == 500
    facts = await reading.facts()
    assert (facts.problems, facts.rows["quote"]) == ((), 500)
    await reading.close()
    disk.allow_writing(True)
    store = open_store(path, sandbox=True, on_trouble=print)
    record(store, 500, 1_000)
    await store.close()
    assert look(path) == all_of(1_000, audit=2)


async def test_what_a_kill_left_in_a_folder_that_may_only_be_read_waits_for_the_next_program(
    disk: SmallDisk, path: Path
) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    record(store, 0, 500)
    await store.recorder.flushed()
    killed = disk.folder / "killed"
    killed.mkdir()
    for file in (path, path.with_name("monitor.db-wal")):
        (killed / file.name).write_bytes(file.read_bytes())
    await store.close()
    disk.allow_writing(False)
    # Without its log the file alone would be an older state, passed off as the newest.
    with pytest.raises(StoreUnavailable, match=r"The database .* cannot be opened\."):
        open_for_reading(killed / "monitor.db")
    disk.allow_writing(True)
    await open_store(killed / "monitor.db", sandbox=True, on_trouble=print).close()
    assert look(killed / "monitor.db") == all_of(500, audit=1)

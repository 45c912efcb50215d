"""The writer when the disk refuses: nothing is lost, one sentence is said, and it goes on by itself."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.store import Store, connect, open_store, opening, spill, writer
from monitor.store.batch import Intake
from tests.support.builders import a_bar, a_quote
from tests.support.ports import until
from tests.unit.store.conftest import Rows

Troubles = asyncio.Queue[str]


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "BUSY_MS", 20)
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(writer, "BATCH_SECONDS", 0.01)
    monkeypatch.setattr(writer, "CLOSE_SECONDS", 0.1)


@pytest.fixture
def intruder(path: Path, store: Store) -> Iterator[sqlite3.Connection]:
    """Another program that holds the database locked for writing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


async def heard(troubles: Troubles) -> str:
    return await asyncio.wait_for(troubles.get(), 20)


async def test_a_lock_is_waited_out_and_nothing_is_lost(
    store: Store, intruder: sqlite3.Connection, troubles: Troubles, rows: Rows
) -> None:
    for received_us in range(1, 101):
        store.recorder.record_quote(received_us, a_quote(bid=received_us))
    assert "Another program has locked the database" in await heard(troubles)
    store.recorder.record_quote(101, a_quote(bid=101))
    await until(lambda: store.meter().queued == 101)
    intruder.execute("COMMIT")
    assert await heard(troubles) == "Recording goes on: what had waited is on disk."
    await store.recorder.flushed()
    assert rows("SELECT count(*), max(bid) FROM quote") == [(101, 101)]


async def test_who_waits_for_a_commit_hears_of_the_failure(
    store: Store, intruder: sqlite3.Connection, rows: Rows
) -> None:
    store.recorder.record_quote(1, a_quote())
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.recorder.flushed()
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.watchlists.create("Tech", ["AAPL"])
    intruder.execute("COMMIT")
    await store.recorder.flushed()
    assert rows("SELECT count(*) FROM quote") == [(1,)]
    assert await store.watchlists.all() == {}


async def test_the_same_trouble_is_told_once(store: Store, intruder: sqlite3.Connection, troubles: Troubles) -> None:
    store.recorder.record_quote(1, a_quote())
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await store.recorder.flushed()
    assert troubles.qsize() == 1
    intruder.execute("COMMIT")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """The connections that stores opened for writing, to play the disk on."""
    made: list[sqlite3.Connection] = []

    def connect_writing(path: Path) -> sqlite3.Connection:
        made.append(connect.connect_writing(path))
        return made[-1]

    monkeypatch.setattr(opening, "connect_writing", connect_writing)
    return made


async def test_recording_goes_on_when_a_full_disk_has_space_again(
    written: list[sqlite3.Connection], store: Store, troubles: Troubles, rows: Rows
) -> None:
    pages = written[0].execute("PRAGMA page_count").fetchone()[0]
    written[0].execute(f"PRAGMA max_page_count = {pages}")
    for received_us in range(20_000):
        store.recorder.record_quote(received_us, a_quote(bid=received_us))
    assert "is full" in await heard(troubles)
    await until(lambda: store.meter().queued == 20_000)
    written[0].execute("PRAGMA max_page_count = 1000000")
    assert "goes on" in await heard(troubles)
    await store.recorder.flushed()
    assert rows("SELECT count(*) FROM quote") == [(20_000,)]
    assert rows("PRAGMA integrity_check") == [("ok",)]


async def test_a_file_moved_away_is_noticed_and_taken_up_again(
    store: Store, path: Path, troubles: Troubles, rows: Rows
) -> None:
    path.rename(path.with_name("elsewhere.db"))
    store.recorder.record_quote(1, a_quote())
    assert "was moved or deleted" in await heard(troubles)
    path.with_name("elsewhere.db").rename(path)
    assert "goes on" in await heard(troubles)
    await store.recorder.flushed()
    assert rows("SELECT count(*) FROM quote") == [(1,)]


async def test_closing_writes_what_waits(path: Path, rows: Rows) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    for received_us in range(30_000):
        store.recorder.record_quote(received_us, a_quote())
    await store.close()
    assert rows("SELECT count(*) FROM quote") == [(30_000,)]
    assert not path.with_name("monitor.db-wal").exists()


async def test_closing_waits_for_a_slow_disk(path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_GRACE_SECONDS", 0.9)
    store, commit = open_store(path, sandbox=True, on_trouble=print), writer.Writer._commit
    monkeypatch.setattr(writer.Writer, "_commit", lambda own, batch: (time.sleep(0.4), commit(own, batch)))
    for received_us in range(60_000):
        store.recorder.record_quote(received_us, a_quote())
    await store.close()
    assert rows("SELECT count(*) FROM quote") == [(60_000,)]


async def test_closing_in_trouble_leaves_what_waits_to_the_next_start(
    path: Path, store: Store, intruder: sqlite3.Connection, troubles: Troubles, rows: Rows
) -> None:
    store.recorder.record_quote(1, a_quote())
    store.recorder.record_bars([a_bar()])
    await store.close()
    said = [troubles.get_nowait() for _ in range(troubles.qsize())]
    assert said[-1] == "1 recorded rows wait in monitor.spill and are written at the next start."
    intruder.execute("ROLLBACK")
    again = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    assert again.last_received_us() == 1
    await again.close()
    assert rows("SELECT count(*) FROM quote JOIN instrument ON id = instrument_id WHERE symbol = 'AAPL'") == [(1,)]
    assert rows("SELECT count(*) FROM bar WHERE interval_s = 60") == [(1,)]
    assert not path.with_name("monitor.spill").exists()


async def test_closing_tells_what_is_lost_where_nothing_can_be_written(
    store: Store, intruder: sqlite3.Connection, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "RESERVE", 2**62)
    store.recorder.record_quote(1, a_quote())
    store.recorder.record_bars([a_bar()])
    await store.close()
    said = [troubles.get_nowait() for _ in range(troubles.qsize())]
    assert "1 recorded rows and 2 other entries could not be written" in said[-1]
    assert store.meter().lost == 1
    intruder.execute("ROLLBACK")


def test_a_row_is_never_taken_without_its_instrument() -> None:
    intake = Intake()
    intake.tasks.append(("instrument", None))  # type: ignore[arg-type]
    intake.quotes.append((1, 2))  # type: ignore[arg-type]
    taken = intake.take()
    assert (taken.tasks, taken.rows_taken, intake.rows) == ([("instrument", None)], 1, 0)

"""The writer when the disk refuses: nothing is lost, one sentence is said, and it goes on by itself."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.market.bar import Interval
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
    return await asyncio.wait_for(troubles.get(), 60)


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


_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
connection.execute("DELETE FROM quote")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked_by_another_program(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun to write into the database, and does not come to an end."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        try:
            yield process
        finally:
            process.kill()


async def test_a_program_that_is_killed_while_it_holds_the_lock_costs_nothing(
    path: Path, store: Store, troubles: Troubles, rows: Rows
) -> None:
    """What was recorded before, meanwhile and after is there, and nothing of what the other one had begun."""
    for received_us in range(1, 101):
        store.recorder.record_quote(received_us, a_quote(bid=received_us))
    await store.recorder.flushed()
    with locked_by_another_program(path) as process:
        for received_us in range(101, 201):
            store.recorder.record_quote(received_us, a_quote(bid=received_us))
        store.recorder.record_bars([a_bar()])
        assert await heard(troubles) == (
            f"Another program has locked the database {path}."
            " What is recorded waits and is written as soon as that is possible."
        )
        assert len(await store.archive.bars("AAPL", Interval.M1)) == 0  # reading goes on
        process.kill()
        assert await heard(troubles) == "Recording goes on: what had waited is on disk."
    for received_us in range(201, 301):
        store.recorder.record_quote(received_us, a_quote(bid=received_us))
    await store.recorder.flushed()
    assert troubles.empty()
    assert rows("SELECT count(*), min(bid), max(bid) FROM quote") == [(300, 1, 300)]
    assert rows("SELECT count(*) FROM bar WHERE interval_s = 60") == [(1,)]
    assert rows("PRAGMA integrity_check") == [("ok",)]


async def test_a_database_that_is_locked_when_it_is_opened_is_opened_later(path: Path, rows: Rows) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    store.recorder.record_quote(1, a_quote())
    await store.close()
    with (
        locked_by_another_program(path),
        pytest.raises(StoreUnavailable, match=rf"Another program has locked the database {path}\."),
    ):
        open_store(path, sandbox=True, on_trouble=print)
    await open_store(path, sandbox=True, on_trouble=print).close()
    assert rows("SELECT count(*) FROM quote") == [(1,)]


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
    # The first few may have found room on the pages there are.
    await until(lambda: store.meter().queued + rows("SELECT count(*) FROM quote")[0][0] == 20_000)
    written[0].execute("PRAGMA max_page_count = 1000000")
    assert "goes on" in await heard(troubles)
    await store.recorder.flushed()
    assert rows("SELECT count(*) FROM quote") == [(20_000,)]
    assert rows("PRAGMA integrity_check") == [("ok",)]


@pytest.fixture
def broken_disk() -> Iterator[Callable[[int | None], None]]:
    """``broken_disk(size)``: the system writes no file of this process beyond ``size``; None for any size again."""
    resource = pytest.importorskip("resource", reason="left out: Windows bounds no files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def bound(size: int | None) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before if size is None else (size, before[1]))

    yield bound
    bound(None)


async def test_a_disk_that_reports_errors_is_tried_until_it_works_again(
    path: Path, store: Store, troubles: Troubles, rows: Rows, broken_disk: Callable[[int | None], None]
) -> None:
    for received_us in range(20_000):
        store.recorder.record_quote(received_us, a_quote(bid=received_us))
    await store.recorder.flushed()
    broken_disk(path.with_name("monitor.db-wal").stat().st_size + 8_192)
    for received_us in range(20_000, 60_000):
        store.recorder.record_quote(received_us, a_quote(bid=received_us))
    assert await heard(troubles) == (
        f"The disk that holds {path} reports an error."
        " What is recorded waits and is written as soon as that is possible."
    )
    broken_disk(None)
    assert await heard(troubles) == "Recording goes on: what had waited is on disk."
    store.recorder.record_quote(60_000, a_quote(bid=60_000))
    await store.recorder.flushed()
    assert troubles.empty()
    assert rows("SELECT count(DISTINCT bid) FROM quote") == [(60_001,)]
    assert rows("PRAGMA integrity_check") == [("ok",)]


async def test_a_file_that_becomes_read_only_is_tried_until_it_may_be_written_again(
    written: list[sqlite3.Connection], path: Path, store: Store, troubles: Troubles, rows: Rows
) -> None:
    written[0].execute("PRAGMA query_only = ON")  # SQLite refuses with the code that a read-only disk has
    store.recorder.record_quote(1, a_quote())
    assert await heard(troubles) == (
        f"The database {path} cannot be written: it is read-only."
        " What is recorded waits and is written as soon as that is possible."
    )
    written[0].execute("PRAGMA query_only = OFF")
    assert await heard(troubles) == "Recording goes on: what had waited is on disk."
    await store.recorder.flushed()
    assert rows("SELECT count(*) FROM quote") == [(1,)]


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

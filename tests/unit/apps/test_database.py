"""The database of a program at its start: what was damaged is told, and an unclean exit is looked into."""

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from monitor.apps import database
from monitor.apps.database import check_after_unclean_exit, open_database
from monitor.apps.opening import Unwatched, prepared
from monitor.apps.wiring import running_services
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.ports import DatabaseCheck
from monitor.schwab.address import Address
from monitor.store import OpeningStopped, open_store, opening
from monitor.store.recovery import Recovery, recover
from tests.support.builders import a_bar, a_quote
from tests.support.held_opening import HeldWatch


@pytest.fixture
def notices(bus: Bus) -> list[Notice]:
    heard: list[Notice] = []
    bus.listen(Notice, heard.append)
    return heard


@pytest.fixture
def bus() -> Bus:
    return Bus()


async def left_by_a_kill(folder: Path) -> Path:
    """A database as it is while a program records into it."""
    path = folder / "monitor.db"
    store = open_store(path, sandbox=True, on_trouble=print)
    store.recorder.record_quote(1, a_quote())
    store.recorder.record_bars([a_bar(at=1_795_185_000_000 + 60_000 * minute) for minute in range(3_000)])
    await store.recorder.flushed()
    other = folder / "killed"
    other.mkdir()
    for file in folder.glob("monitor.db*"):
        shutil.copy(file, other)
    await store.close()
    return other / "monitor.db"


async def test_after_an_unclean_exit_the_database_is_checked_and_that_is_told(
    tmp_path: Path, bus: Bus, notices: list[Notice]
) -> None:
    path = await left_by_a_kill(tmp_path)
    store, greetings = await open_database(path, True, bus, Unwatched())
    await check_after_unclean_exit(store, bus)
    await store.close()
    assert greetings == ()
    assert [(notice.level, notice.sentence) for notice in notices] == [
        (
            Level.INFO,
            "The program was not closed in good order the last time. The database was checked and is sound.",
        )
    ]
    with closing(sqlite3.connect(path)) as connection:
        (check,) = connection.execute("SELECT value FROM about WHERE key = 'last_check'").fetchone()
    assert '"full":false' in check


async def test_a_check_that_lasts_is_told_when_it_has_begun(
    tmp_path: Path, bus: Bus, notices: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await left_by_a_kill(tmp_path)
    store, _ = await open_database(path, True, bus, Unwatched())
    begun = asyncio.Event()
    bus.listen(Notice, lambda _: begun.set())
    check = store.care.check

    async def long(full: bool) -> DatabaseCheck | None:
        await begun.wait()
        return await check(full=full)

    monkeypatch.setattr(database, "_SOON_SECONDS", 0.0)
    monkeypatch.setattr(store.care, "check", long)
    await check_after_unclean_exit(store, bus)
    await store.close()
    assert [notice.sentence for notice in notices] == [
        "The program was not closed in good order the last time. The database is being checked beside the work.",
        "The program was not closed in good order the last time. The database was checked and is sound.",
    ]


async def test_a_check_that_was_broken_off_is_made_at_the_next_start(
    tmp_path: Path, bus: Bus, notices: list[Notice]
) -> None:
    path = await left_by_a_kill(tmp_path)
    store, _ = await open_database(path, True, bus, Unwatched())
    await store.close()  # before anything was checked
    store, _ = await open_database(path, True, bus, Unwatched())
    await check_after_unclean_exit(store, bus)
    await store.close()
    store, _ = await open_database(path, True, bus, Unwatched())
    await check_after_unclean_exit(store, bus)
    await store.close()
    assert [notice.sentence for notice in notices] == [
        "The program was closed before it had checked the database after an unclean end."
        " The database was checked and is sound."
    ]


async def test_after_a_clean_exit_nothing_is_checked(tmp_path: Path, bus: Bus, notices: list[Notice]) -> None:
    await open_store(tmp_path / "monitor.db", sandbox=True, on_trouble=print).close()
    store, _ = await open_database(tmp_path / "monitor.db", True, bus, Unwatched())
    await check_after_unclean_exit(store, bus)
    await store.close()
    assert notices == []


async def test_damage_that_the_check_finds_is_told(tmp_path: Path, bus: Bus, notices: list[Notice]) -> None:
    path = await left_by_a_kill(tmp_path)
    damage(path, "bar")
    store, _ = await open_database(path, True, bus, Unwatched())
    await check_after_unclean_exit(store, bus)
    await store.close()
    told = " ".join(notice.sentence for notice in notices)
    assert "A check found the database damaged" in told
    assert "The database was damaged:" in told


async def test_what_was_saved_at_the_opening_is_told_and_stays(tmp_path: Path, bus: Bus) -> None:
    path = await left_by_a_kill(tmp_path)
    damage(path, "instrument")
    store, (greeting,) = await open_database(path, True, bus, Unwatched())
    await store.close()
    assert greeting.sentence.startswith("The database was damaged:")
    assert "instrument: 1 row saved" in greeting.detail
    assert greeting.stays


async def test_what_was_saved_is_told_once_by_a_program_that_somebody_hears(tmp_path: Path) -> None:
    path = await left_by_a_kill(tmp_path)
    damage(path, "instrument")
    nobody = Address.of_sandbox("http://127.0.0.1:9")
    told: list[list[str]] = []
    for hears in (False, True, True):
        async with running_services(nobody, path.parent) as services:
            told.append([])
            services.bus.listen(Notice, lambda notice: told[-1].append(notice.sentence))
            if hears:
                services.greet()
    damaged = [[sentence for sentence in sentences if "was damaged:" in sentence] for sentences in told]
    assert [len(sentences) for sentences in damaged] == [0, 1, 0]


async def test_what_was_saved_while_the_program_was_stopped_is_told_by_the_next_one(tmp_path: Path, bus: Bus) -> None:
    class Late(Unwatched):
        def end(self) -> None:
            self.stopped = True

    path = await left_by_a_kill(tmp_path)
    damage(path, "instrument")
    with pytest.raises(OpeningStopped):
        await open_database(path, True, bus, Late())
    await assert_told(path, bus)


async def test_what_was_saved_while_the_program_was_cancelled_is_told_by_the_next_one(
    tmp_path: Path, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await left_by_a_kill(tmp_path)
    damage(path, "instrument")
    watch = HeldWatch("Putting the recovered database", lambda: work.cancel())
    with monkeypatch.context() as held:
        watch.hold(held, stops=False)
        work = asyncio.ensure_future(prepared(path, True, watch))
        with pytest.raises(asyncio.CancelledError):
            await work
    await assert_told(path, bus)


async def test_what_is_saved_after_the_window_is_closed_is_told_by_the_next_one(
    tmp_path: Path, bus: Bus, notices: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await left_by_a_kill(tmp_path)
    damage(path, "bar")
    store, _ = await open_database(path, True, bus, Unwatched())
    begun = threading.Event()

    def held(path: Path, sandbox: bool) -> Recovery:
        begun.set()
        assert store._writer._closing.wait(60)
        return recover(path, sandbox)

    monkeypatch.setattr(opening, "recover", held)
    await check_after_unclean_exit(store, bus)
    assert await asyncio.to_thread(begun.wait, 60)
    await store.close()
    await assert_told(path, bus)


async def test_several_recoveries_are_each_told(tmp_path: Path, bus: Bus) -> None:
    path = await left_by_a_kill(tmp_path)
    recoveries = []
    for table in ("instrument", "bar_day"):
        damage(path, table)
        recoveries.append(recover(path, sandbox=True))
    store, greetings = await open_database(path, True, bus, Unwatched())
    await store.close()
    assert [greeting.detail for greeting in greetings] == [recovery.detail for recovery in recoveries]


async def test_the_new_file_is_not_checked_for_what_was_found_in_the_damaged_one(
    tmp_path: Path, bus: Bus, notices: list[Notice]
) -> None:
    path = await left_by_a_kill(tmp_path)
    damage(path, "bar")
    store, _ = await open_database(path, True, bus, Unwatched())
    told = asyncio.Event()
    bus.listen(Notice, lambda notice: told.set() if "was damaged:" in notice.sentence else None)
    await check_after_unclean_exit(store, bus)
    await asyncio.wait_for(told.wait(), 60)
    await store.close()
    assert any("A check found the database damaged" in notice.sentence for notice in notices)
    notices.clear()
    store, greetings = await open_database(path, True, bus, Unwatched())
    await check_after_unclean_exit(store, bus)
    await store.close()
    assert notices == []
    assert greetings == ()  # it was told when it was saved


async def test_where_the_database_is_gone_the_new_one_is_not_passed_off_as_it(tmp_path: Path, bus: Bus) -> None:
    path = await left_by_a_kill(tmp_path)
    store, greetings = await open_database(path, True, bus, Unwatched())
    backup = store.care.proposed_backup()
    await store.care.back_up(backup, lambda *_: None, lambda: False)
    await store.close()
    assert greetings == ()
    path.unlink()
    store, (greeting,) = await open_database(path, True, bus, Unwatched())
    await store.close()
    assert f"only {backup.name}: a new database was begun" in greeting.sentence
    backup.rename(path)
    store, greetings = await open_database(path, True, bus, Unwatched())
    await store.close()
    assert greetings == ()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM bar WHERE interval_s = 60").fetchone() == (3_000,)


async def assert_told(path: Path, bus: Bus) -> None:
    """That the next program tells that a damaged file is kept, and under which name."""
    store, (greeting,) = await open_database(path, True, bus, Unwatched())
    await store.close()
    (kept,) = path.parent.glob("monitor.db.damaged-*")
    assert greeting.sentence.startswith("The database was damaged:")
    assert greeting.sentence.endswith(f"The damaged file is kept as {kept.name}.")
    assert greeting.stays


def damage(path: Path, table: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\x55" * 4096)

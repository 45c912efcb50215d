"""Checks and backups beside the recording, and what an unclean exit leaves behind."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable, Unusable
from monitor.store import Store, backup, open_for_reading, open_store
from tests.support.builders import a_bar, a_quote
from tests.unit.store.conftest import Rows

_ROWS = 30_000


def silent(*_: object) -> None:
    """Progress that nobody follows."""


async def fill(store: Store, first_us: int = 1_000, rows: int = _ROWS) -> None:
    for step in range(rows):
        store.recorder.record_quote(first_us + step, a_quote(f"S{step % 7}", bid=step, ask=step + 0.5, last=step))
    await store.recorder.flushed()


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


async def test_a_backup_is_sound_and_rows_that_come_meanwhile_are_written(
    store: Store, path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PIECE", 8)
    await fill(store)
    seen: list[tuple[int, int]] = []
    asked_for = threading.Event()

    def hold() -> bool:
        """Asked on the writer's thread after each piece: no piece follows the first before somebody waits for rows."""
        return not asked_for.wait(30)

    out = path.parent / "mine.db"
    copying = asyncio.create_task(store.care.back_up(out, lambda *step: seen.append(step), hold))
    store.recorder.record_quote(9_000_000, a_quote("S1", bid=1))
    written = asyncio.create_task(store.recorder.flushed())
    await asyncio.sleep(0)
    asked_for.set()
    await written
    size = await copying
    assert size == out.stat().st_size
    assert len(seen) > 20
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)  # it never starts over
    assert read(out, "PRAGMA integrity_check") == [("ok",)]
    assert read(out, "SELECT count(*) FROM quote") == [(_ROWS + 1,)]
    assert read(out, "SELECT value FROM about WHERE key = 'open_since_ms'") == []
    assert read(out, "PRAGMA journal_mode") == [("delete",)]
    await store.recorder.flushed()
    assert rows("SELECT sentence FROM audit WHERE kind = 'backup'") == [(f"The database was copied to {out}.",)]
    assert [file.name for file in path.parent.glob("*.part*")] == []


async def test_a_cancelled_backup_leaves_what_was_there(
    store: Store, path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PIECE", 8)
    await fill(store)
    out = path.parent / "mine.db"
    out.write_bytes(b"the old one")
    pieces: list[int] = []
    assert await store.care.back_up(out, silent, lambda: pieces.append(1) or len(pieces) > 3) is None
    assert out.read_bytes() == b"the old one"
    assert [file.name for file in path.parent.glob(".*")] == []
    await fill(store, 50_000, 5)
    assert rows("SELECT count(*) FROM quote") == [(_ROWS + 5,)]


async def test_closing_the_program_ends_a_backup(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_PIECE", 1)
    await fill(store)
    seen = asyncio.Event()
    out = path.parent / "mine.db"
    copying = asyncio.create_task(store.care.back_up(out, lambda *_: seen.set(), lambda: False))
    await seen.wait()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await copying
    assert not out.exists()


async def test_where_a_backup_cannot_be_written_a_sentence_says_so(store: Store, path: Path) -> None:
    await fill(store, rows=10)
    with pytest.raises(Unusable, match="is the database itself"):
        await store.care.back_up(path, silent, lambda: False)
    with pytest.raises(Unusable, match="cannot be written"):
        await store.care.back_up(path.parent / "nowhere" / "mine.db", silent, lambda: False)


async def test_the_proposed_backup_is_in_a_folder_of_its_own(store: Store, path: Path) -> None:
    out = store.care.proposed_backup()
    assert out.parent == path.parent / "backups"
    assert await store.care.back_up(out, silent, lambda: False)
    assert backup.backups_of(path) == [out]


async def test_a_full_check_looks_at_every_table_and_is_remembered(store: Store, path: Path) -> None:
    await fill(store, rows=500)
    told: list[tuple[int, int, str]] = []
    check = await store.care.check(lambda *step: told.append(step), lambda: False)
    assert check is not None
    assert (check.full, check.problems) == (True, ())
    assert {"quote", "bar", "instrument_fts_data"} <= {table for _, _, table in told}
    assert [done for done, _, _ in told] == list(range(len(told)))
    reading = open_for_reading(path)
    facts = await reading.facts()
    await reading.close()
    assert facts.last_check == check


async def test_a_check_can_be_cancelled(store: Store) -> None:
    await fill(store, rows=500)
    asked: list[int] = []
    assert await store.care.check(silent, lambda: asked.append(1) or len(asked) > 2) is None


async def test_what_a_check_finds_is_saved_into_a_new_file(
    path: Path, troubles: "asyncio.Queue[str]", rows: Rows
) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    store.recorder.record_bars([a_bar(at=1_795_185_000_000 + 60_000 * minute) for minute in range(3_000)])
    await store.close()
    (root,) = rows("SELECT rootpage FROM sqlite_master WHERE name = 'bar'")[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\x55" * 4096)
    store = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    check = await store.care.check(silent, lambda: False, full=False)
    assert check is not None
    assert check.problems
    assert "The database was damaged:" in await asyncio.wait_for(troubles.get(), 60)
    again = await store.care.check(silent, lambda: False)
    assert again is not None
    assert again.problems == ()
    await store.close()
    assert rows("SELECT count(*) > 2900 FROM bar") == [(1,)]


async def test_an_unclean_exit_is_known_to_the_next_program_and_a_clean_one_is_not(path: Path, rows: Rows) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    assert not store.left_open
    killed = path.parent / "killed" / "monitor.db"
    killed.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, closing(sqlite3.connect(killed)) as copy:
        connection.backup(copy)  # the file as it is while the program runs
    await store.close()
    assert rows("SELECT key FROM about WHERE key <> 'profile'") == []
    after_clean = open_store(path, sandbox=True, on_trouble=print)
    assert not after_clean.left_open
    await after_clean.close()
    after_kill = open_store(killed, sandbox=True, on_trouble=print)
    assert after_kill.left_open
    copy = after_kill.care.proposed_backup()
    await after_kill.care.back_up(copy, silent, lambda: False)
    await after_kill.close()
    assert len(read(killed, "SELECT value FROM about WHERE key = 'unclean_exit_ms'")) == 1
    assert after_kill.check_due
    put_back = open_store(copy, sandbox=True, on_trouble=print)
    assert not put_back.left_open
    assert not put_back.check_due  # the check was due for the other file
    await put_back.close()

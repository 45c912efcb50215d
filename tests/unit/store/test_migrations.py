"""From one version to the next: a copy first, then every step or none, and nothing recorded is lost."""

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.store import OpeningStopped, Progress, backup, open_store, prepare_store, schema
from tests.support.first_version import MINUTE_MS, content
from tests.unit.store.conftest import Rows


async def test_a_database_of_the_first_version_loses_nothing(first: Path, rows: Rows) -> None:
    before = content(first)
    await open_store(first, sandbox=True, on_trouble=print).close()
    assert content(first) == before
    assert rows("PRAGMA user_version") == [(schema.VERSION,)]
    assert rows("PRAGMA integrity_check") == [("ok",)]
    assert rows("SELECT typeof(bid), typeof(last) FROM quote WHERE received_us = 11") == [("integer", "real")]
    assert rows("SELECT streamed, fetched FROM bar_day") == [(1, 0)]
    assert rows("SELECT until_ms, attempts FROM coverage") == [(0, 0)]
    assert rows("SELECT rowid FROM instrument_fts WHERE instrument_fts MATCH 'apple'") == [(1,)]


async def test_books_get_rowids_and_stay_as_they_are(first: Path, rows: Rows) -> None:
    rng = random.Random(1)
    books = [
        (number, venue, us, us // 3, rng.randbytes(rng.choice((0, 300, 1_500, 9_000))))
        for us in range(50, 150)
        for venue in ("NYSE_BOOK", "NASDAQ_BOOK")
        for number in (2, 1)
    ]
    with closing(sqlite3.connect(first)) as connection:
        connection.execute("DELETE FROM book")
        connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?)", books)
        connection.execute("CREATE VIEW mine AS SELECT * FROM book")  # a person's own must not stand in the way
        connection.commit()
    await open_store(first, sandbox=True, on_trouble=print).close()
    assert rows("SELECT * FROM book ORDER BY instrument_id, venue, received_us") == sorted(books)
    assert rows("SELECT count(*) FROM mine") == [(400,)]
    assert rows("SELECT count(*) FROM books WHERE symbol = 'AAPL'") == [(200,)]
    assert rows("SELECT name, wr, strict FROM pragma_table_list WHERE name GLOB 'book*' AND type = 'table'") == [
        ("book", 0, 1)
    ]
    assert rows("SELECT name, pk FROM pragma_table_info('book') WHERE pk ORDER BY pk") == [
        ("instrument_id", 1),
        ("venue", 2),
        ("received_us", 3),
    ]
    assert rows("PRAGMA integrity_check") == [("ok",)]


async def test_the_file_is_backed_up_before_its_tables_change(first: Path) -> None:
    before = content(first)
    await open_store(first, sandbox=True, on_trouble=print).close()
    (copy,) = (first.parent / "backups").iterdir()
    assert copy.name.startswith("monitor-v1-")
    assert content(copy) == before
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    await open_store(first, sandbox=True, on_trouble=print).close()
    assert len(list((first.parent / "backups").iterdir())) == 1  # nothing changes, so nothing is copied


async def test_the_last_three_backups_are_kept_and_a_persons_own_too(
    first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(first, isolation_level=None)) as connection:
        kept = []
        for second in range(5):
            monkeypatch.setattr(backup, "now_ms", lambda at=MINUTE_MS + second * 1000: at)
            with backup.backed_up(connection, first, 1) as copy:
                kept.append(copy)
            (first.parent / "backups" / "monitor-2026.db").touch()
    assert {file.name for file in kept[-3:]} == {
        file.name for file in (first.parent / "backups").iterdir() if file.name != "monitor-2026.db"
    }
    assert (first.parent / "backups" / "monitor-2026.db").exists()


def add_earlier(path: Path) -> set[str]:
    """Backups of three changes before, and their names."""
    folder = path.parent / "backups"
    folder.mkdir()
    names = {f"monitor-v{version}-2026010{version}-000000.db" for version in (1, 2, 3)}
    for name in names:
        (folder / name).touch()
        os.utime(folder / name, (1, 1))
    return names


def backups(path: Path) -> set[str]:
    return {file.name for file in (path.parent / "backups").iterdir()}


def test_stopped_again_and_again_a_change_takes_no_earlier_backup(first: Path) -> None:
    earlier, before = add_earlier(first), content(first)

    def stopped() -> bool:
        return progress.step is not None and progress.step.sentence.startswith("Changing")

    for _ in range(backup.KEPT):
        progress = Progress(stopped)
        with pytest.raises(OpeningStopped):
            prepare_store(first, True, progress)
        assert backups(first) == earlier
    prepare_store(first, True)
    assert len(backups(first)) == backup.KEPT
    (copy,) = backups(first) - earlier
    assert content(first.parent / "backups" / copy) == before


def failure(code: int) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("a step failed")
    error.sqlite_errorcode = code
    return error


def fail(path: Path, error: Exception, *statements: str) -> None:
    """Change the tables, by these statements, until it fails."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, backup.backed_up(connection, path, 1):
        for statement in statements:
            connection.execute(statement)
        raise error


@pytest.mark.parametrize(
    ("error", "stays"),
    [
        (failure(sqlite3.SQLITE_CONSTRAINT), 0),
        (failure(sqlite3.SQLITE_FULL), 0),
        (MemoryError(), 0),
        (failure(sqlite3.SQLITE_CORRUPT), 1),
        (failure(sqlite3.SQLITE_IOERR_READ), 1),
        (OSError(), 1),
    ],
)
def test_a_backup_stays_where_a_failure_leaves_doubt_about_the_file(first: Path, error: Exception, stays: int) -> None:
    earlier = add_earlier(first)
    with pytest.raises(type(error)):
        fail(first, error)
    assert len(backups(first) - earlier) == stays
    assert backups(first) >= earlier


@pytest.mark.parametrize("statements", [("PRAGMA user_version = 2",), ("BEGIN",)])
def test_a_backup_stays_where_the_database_may_not_be_as_it_was(first: Path, statements: tuple[str, ...]) -> None:
    earlier = add_earlier(first)
    with pytest.raises(MemoryError):
        fail(first, MemoryError(), *statements)
    assert len(backups(first) - earlier) == 1
    assert backups(first) >= earlier


def test_changes_that_end_in_doubt_fill_no_disk_and_take_no_earlier_backup(
    first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = {name for name in add_earlier(first) if "-v1-" not in name}
    for second in range(5):
        monkeypatch.setattr(backup, "now_ms", lambda at=MINUTE_MS + second * 1000: at)
        with pytest.raises(OSError, match="no answer"):
            fail(first, OSError("no answer"))
    assert backups(first) > earlier
    assert len(backups(first) - earlier) == backup.KEPT


async def test_without_room_for_the_backup_nothing_is_changed(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "RESERVE", 2**60)
    before = content(first)
    with pytest.raises(StoreUnavailable, match=r"A backup of the database needs .* GB are free\."):
        open_store(first, sandbox=True, on_trouble=print)
    assert content(first) == before
    with closing(sqlite3.connect(first)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


async def test_a_backup_that_fails_leaves_no_file(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(backup, "note_copied", fail)
    with pytest.raises(StoreUnavailable):
        open_store(first, sandbox=True, on_trouble=print)
    assert list((first.parent / "backups").iterdir()) == []


async def test_a_newer_database_is_not_even_backed_up(first: Path) -> None:
    with closing(sqlite3.connect(first)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = first.read_bytes()
    with pytest.raises(StoreUnavailable, match="newer version"):
        open_store(first, sandbox=True, on_trouble=print)
    assert first.read_bytes() == before
    assert not (first.parent / "backups").exists()


#: Takes the steps on a fresh copy again and again, each time in a process that is killed one statement later.
KILLED = """
import os, shutil, signal, sqlite3, sys
from pathlib import Path
from monitor.store.connect import connect_writing
from monitor.store.migrations import migrate
import sqlite_utils

def steps(path, last):
    connection, count = connect_writing(path), 0
    def trace(statement):
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
    connection.set_trace_callback(trace)
    migrate(connection, True)
    os._exit(0)

base, last, status = Path(sys.argv[1]), 0, 1
while status:
    last += 1
    path = base.with_name(f"killed-{last}.db")
    shutil.copy(base, path)
    child = os.fork()
    if child == 0:
        steps(path, last)
    status = os.waitpid(child, 0)[1]
print(last)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="left out: needs fork")
def test_a_kill_in_any_step_leaves_the_old_version_or_the_new_one(first: Path) -> None:
    with closing(sqlite3.connect(first)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    done = subprocess.run([sys.executable, "-c", KILLED, str(first)], capture_output=True, text=True, check=True)
    kills = int(done.stdout)
    before = content(first)
    old, new = _tables(first), None
    assert kills > 2 * schema.VERSION
    for last in range(kills, 0, -1):
        path = first.with_name(f"killed-{last}.db")
        found = _tables(path)
        new = new or found  # the last one came to its end
        assert found in (old, new)
        assert content(path) == before
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert old != new


def _tables(path: Path) -> tuple[int, frozenset[str]]:
    """The version, and everything that the schema has."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name || ifnull(sql, '') FROM sqlite_master").fetchall()
        return connection.execute("PRAGMA user_version").fetchone()[0], frozenset(name for (name,) in names)

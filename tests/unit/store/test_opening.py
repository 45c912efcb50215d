"""Opening a database: new, known, foreign, newer, the other profile's, and where there is none."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.store import Store, open_for_reading, open_store, opening, schema
from tests.support.builders import a_bar, a_quote
from tests.unit.store.conftest import Rows


def refusal(path: Path, sandbox: bool = True) -> str:
    """The sentence with which the database is refused."""
    with pytest.raises(StoreUnavailable) as caught:
        open_store(path, sandbox, on_trouble=print)
    assert "\n" not in caught.value.sentence
    return caught.value.sentence


def make(path: Path, sql: str) -> bytes:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)
    return path.read_bytes()


async def test_a_new_database_has_the_tables_the_profile_and_write_ahead_logging(store: Store, rows: Rows) -> None:
    tables = {name for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(schema.TABLES) <= tables
    assert rows("SELECT value FROM about WHERE key = 'profile'") == [("sandbox",)]
    assert rows("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.skipif(os.name == "nt", reason="left out: Windows has no modes")
async def test_nobody_else_may_read_what_is_recorded(store: Store, path: Path) -> None:
    store.recorder.record_quote(11, a_quote())
    await store.recorder.flushed()
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("monitor.db", "monitor.db-wal", "monitor.db-shm", "monitor.db.lock"), 0o600)


async def test_what_was_recorded_is_there_after_closing_and_opening_again(path: Path, rows: Rows) -> None:
    for received_us, symbol in ((11, "AAPL"), (12, "MSFT"), (13, "AAPL")):
        store = open_store(path, sandbox=True, on_trouble=print)
        store.recorder.record_quote(received_us, a_quote(symbol, bid=received_us))
        await store.close()
    assert rows("SELECT symbol, bid FROM quote JOIN instrument ON id = instrument_id ORDER BY received_us") == [
        ("AAPL", 11),
        ("MSFT", 12),
        ("AAPL", 13),
    ]


async def test_the_receive_clock_can_go_on_from_the_newest_stamp(path: Path) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    assert store.last_received_us() == 0
    store.recorder.record_quote(700, a_quote())
    store.recorder.record_quote(900, a_quote("MSFT"))
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert again.last_received_us() == 900
    await again.close()


async def test_a_newer_database_is_refused_and_left_as_it_is(path: Path) -> None:
    await open_store(path, sandbox=True, on_trouble=print).close()
    before = make(path, "PRAGMA user_version = 99; CREATE TABLE future (x); DROP TABLE about")
    assert "newer version" in refusal(path)
    assert path.read_bytes() == before


async def test_each_profile_refuses_the_other_ones_database(path: Path) -> None:
    await open_store(path, sandbox=True, on_trouble=print).close()
    before = path.read_bytes()
    assert "holds sandbox data" in refusal(path, sandbox=False)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at " * 20, b"\0" * 5000])
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert "not a database of Market Monitor" in refusal(path)
    assert path.read_bytes() == content


async def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    before = make(path, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
    assert "not a database of Market Monitor" in refusal(path)
    assert path.read_bytes() == before


async def test_a_folder_that_cannot_be_made_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert str(tmp_path / "taken") in refusal(tmp_path / "taken" / "monitor.db")


async def test_a_file_that_may_only_be_read_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await open_store(path, sandbox=True, on_trouble=print).close()

    def connect_read_only(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path.as_uri() + "?mode=ro", uri=True, isolation_level=None)

    monkeypatch.setattr(opening, "connect_writing", connect_read_only)
    assert "read-only" in refusal(path)


async def test_a_second_writer_is_refused_until_the_first_one_closes(store: Store, path: Path) -> None:
    assert "Another Market Monitor is recording" in refusal(path)
    await store.close()
    await open_store(path, sandbox=True, on_trouble=print).close()


async def test_a_migration_that_fails_half_way_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(db: object) -> None:
        raise sqlite3.OperationalError("no space for another table")

    monkeypatch.setattr("monitor.store.migrations.STEPS", (*schema.STEPS, fail))
    monkeypatch.setattr("monitor.store.migrations.VERSION", schema.VERSION + 1)
    refusal(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)


async def test_an_older_database_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch, rows: Rows) -> None:
    await open_store(path, sandbox=True, on_trouble=print).close()
    step = (*schema.STEPS, lambda db: db.executescript("ALTER TABLE instrument ADD COLUMN note TEXT"))
    monkeypatch.setattr("monitor.store.migrations.STEPS", step)
    monkeypatch.setattr("monitor.store.migrations.VERSION", schema.VERSION + 1)
    await open_store(path, sandbox=True, on_trouble=print).close()
    assert rows("SELECT note FROM instrument") == []
    assert rows("PRAGMA user_version") == [(schema.VERSION + 1,)]


async def test_reading_beside_the_writer_tells_the_facts(store: Store, path: Path) -> None:
    store.recorder.record_bars([a_bar(), a_bar("MSFT")])
    await store.recorder.flushed()
    reading = open_for_reading(path)
    facts = await reading.facts()
    await reading.close()
    assert (facts.profile, facts.schema_version, facts.problems) == ("sandbox", schema.VERSION, ())
    assert (facts.rows["bar_day"], facts.rows["instrument"], facts.rows["quote"]) == (2, 2, 0)
    assert facts.bytes > 0


async def test_reading_needs_a_database_that_is_there(path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="There is no database"):
        open_for_reading(path)
    assert not path.parent.exists()


async def test_damage_is_among_the_facts(store: Store, path: Path, rows: Rows) -> None:
    store.recorder.record_bars([a_bar(at=f"10:{minute:02d}", close=minute) for minute in range(60)] * 5)
    await store.close()
    (root,) = rows("SELECT rootpage FROM sqlite_master WHERE name = 'bar'")[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\x55" * 4096
    path.write_bytes(content)
    reading = open_for_reading(path)
    facts = await reading.facts()
    await reading.close()
    assert facts.problems
    assert facts.rows == {}


async def test_a_closed_store_answers_with_a_sentence(store: Store) -> None:
    await store.close()
    for question in (store.recorder.flushed(), store.watchlists.all(), store.watchlists.create("Tech")):
        with pytest.raises(StoreUnavailable, match="closed"):
            await question

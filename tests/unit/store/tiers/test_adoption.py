"""A ledger that is lost, or older than the files, gets them back: all rows are read again, each once."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from monitor.ports import StorageRules
from monitor.store import Store, open_store
from monitor.store.tiers.ledger import DropRows, NoteFile
from tests.support.builders import a_quote, a_trade
from tests.support.old_rows import (
    RULES,
    SYMBOLS,
    cut_short,
    days_ago,
    exported,
    moved,
    record_days,
    recorded_and_moved,
    stamp,
)
from tests.unit.store.conftest import Rows
from tests.unit.store.tiers.conftest import Change

OLD, OLDER = days_ago(10), days_ago(12)
ROWS_A_DAY = 4 * 60 * len(SYMBOLS) + 60
LEDGER = "SELECT table_name, day, part, tier, place, state, rows, bytes, checksum, first_us, last_us FROM tier_file"
IN_ORDER = f"{LEDGER} ORDER BY table_name, day, part"
SYMBOLS_OF = (
    "SELECT table_name, day, symbol, tier_symbol.rows FROM tier_symbol JOIN tier_file ON id = file_id ORDER BY 1, 2, 3"
)


async def test_a_lost_ledger_is_made_again(store: Store, rows: Rows, change: Change, tmp_path: Path) -> None:
    before = await recorded_and_moved(store, tmp_path, OLD, OLDER, days_ago(2))
    ledger, symbols = rows(IN_ORDER), rows(SYMBOLS_OF)
    change("DELETE FROM tier_symbol")
    change("DELETE FROM tier_file")
    assert await exported(store, tmp_path / "between") != before
    came = await store.tiers.adopt(RULES)
    sentence = f"2 days of old rows ({2 * ROWS_A_DAY:,}) came back: the database had lost sight of their files."
    assert (came.returned, came.troubles) == (sentence, ())
    assert (rows(IN_ORDER), rows(SYMBOLS_OF)) == (ledger, symbols)
    assert await exported(store, tmp_path / "after") == before
    await store.recorder.flushed()
    assert rows("SELECT sentence FROM audit WHERE kind = 'recovery'") == [(sentence,)]
    assert (await store.tiers.adopt(RULES)).returned == ""


async def test_a_lost_database_has_its_files_again_under_other_numbers(path: Path, rows: Rows, tmp_path: Path) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    before = await recorded_and_moved(store, tmp_path, OLD)
    await store.close()
    for file in path.parent.glob("monitor.db*"):
        file.unlink()
    store = open_store(path, sandbox=True, on_trouble=print)
    record_days(store, days_ago(2), rows=3, symbols=("NVDA",))
    await store.recorder.flushed()
    await store.tiers.adopt(RULES)
    assert await exported(store, tmp_path / "after") == before
    # Rows that come late have another number than those in the file.
    record_days(store, OLD + timedelta(days=1), rows=1, symbols=("MSFT", "AAPL"))
    store.recorder.record_quote(stamp(OLD) + 1, a_quote("AAPL", bid=1))
    late = await exported(store, tmp_path / "late")
    assert (await moved(store)).troubles == ()
    assert rows("SELECT part FROM tier_file WHERE table_name = 'quote' AND day = ?", f"{OLD}") == [(1,), (2,)]
    assert await exported(store, tmp_path / "moved") == late
    await store.close()


@pytest.mark.parametrize("with_backup", [True, False])
async def test_a_recovery_while_the_program_runs_brings_them_back(
    store: Store, path: Path, rows: Rows, tmp_path: Path, troubles: "asyncio.Queue[str]", with_backup: bool
) -> None:
    record_days(store, OLD)
    await store.recorder.flushed()
    if with_backup:  # with rows that have moved since
        await store.care.back_up(store.care.proposed_backup(), lambda *_: None, lambda: False)
    before = await exported(store, tmp_path / "before")
    await moved(store)
    symbols = rows(SYMBOLS_OF)
    damage_tables(path, "tier_file", "tier_symbol")
    assert not store.tiers.in_doubt()
    check = await store.care.check()
    assert check is not None
    assert check.problems
    assert "The database was damaged" in await troubles.get()
    assert rows("SELECT count(*) FROM tier_symbol") == [(0,)]
    assert store.tiers.in_doubt()
    came = await store.tiers.adopt(RULES)
    assert (came.returned != "", came.troubles) == (True, ())
    assert not store.tiers.in_doubt()
    assert rows(SYMBOLS_OF) == symbols
    assert await exported(store, tmp_path / "after") == before


def damage_tables(path: Path, *tables: str) -> None:
    """Overwrite their first pages; what is in the log is moved into the file before."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        roots = [connection.execute(root, (table,)).fetchone()[0] for table in tables]
    with path.open("r+b") as file:
        for page in roots:
            file.seek((page - 1) * 4096)
            file.write(b"\x55" * 4096)
        file.flush()
        os.fsync(file.fileno())


async def test_a_backup_from_before_a_move_loses_and_doubles_nothing(path: Path, rows: Rows, tmp_path: Path) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    record_days(store, OLD)
    await store.recorder.flushed()
    backup = store.care.proposed_backup()
    await store.care.back_up(backup, lambda *_: None, lambda: False)
    before = await recorded_and_moved(store, tmp_path, OLDER)
    ledger = rows(IN_ORDER)
    await store.close()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    shutil.copy(backup, path)
    store = open_store(path, sandbox=True, on_trouble=print)
    assert rows("SELECT count(*) FROM quote") == [(60 * len(SYMBOLS),)]
    assert (await store.tiers.adopt(RULES)).returned.startswith("2 days of old rows")
    assert rows("SELECT DISTINCT day, state FROM tier_file ORDER BY 1") == [
        (f"{OLDER}", "moved"),
        (f"{OLD}", "moving"),
    ]
    assert await exported(store, tmp_path / "between") == before
    assert (await moved(store)).days == 5
    assert rows("SELECT count(*) FROM quote") == [(0,)]
    assert rows(IN_ORDER) == ledger
    assert await exported(store, tmp_path / "after") == before
    await store.close()


async def test_rows_that_came_back_out_of_a_backup_are_deleted_once_more(
    store: Store, rows: Rows, path: Path, tmp_path: Path
) -> None:
    record_days(store, OLD)
    await store.recorder.flushed()
    backup = tmp_path / "before.db"
    await store.care.back_up(backup, lambda *_: None, lambda: False)
    before = await exported(store, tmp_path / "before")
    await moved(store)
    ledger = rows(IN_ORDER)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
        connection.execute("ATTACH ? AS backup", (str(backup),))
        for table in ("quote", "trade"):
            connection.execute(f"INSERT INTO {table} SELECT * FROM backup.{table}")
    store.recorder.record_trade(stamp(OLD) + 1, a_trade("AAPL", at=stamp(OLD) // 1000))
    assert (await moved(store)).troubles == ()
    assert rows("SELECT count(*) FROM quote") == rows("SELECT count(*) FROM trade") == [(0,)]
    assert rows("SELECT rows FROM tier_file WHERE part = 2") == [(1,)]
    assert [row for row in rows(IN_ORDER) if row[2] == 1] == ledger
    assert (await exported(store, tmp_path / "after"))["quotes"] == before["quotes"]


async def test_a_file_that_a_kill_left_without_a_note_is_not_written_twice(
    store: Store, rows: Rows, warm: Path, tmp_path: Path
) -> None:
    record_days(store, OLD)
    before = await exported(store, tmp_path / "before")
    await cut_short(store, NoteFile)
    (file,) = warm.rglob("*.parquet")
    content = file.read_bytes()
    assert rows(LEDGER) == []
    store.recorder.record_quote(stamp(OLD) + 1, a_quote(bid=1))
    store.recorder.record_quote(stamp(OLD) + 10**10, a_quote(bid=1))
    late = await exported(store, tmp_path / "late")
    assert late["quotes"].count(b"\n") == before["quotes"].count(b"\n") + 2
    came = await moved(store)
    assert (came.days, came.troubles) == (6, ())
    assert file.read_bytes() == content
    assert rows("SELECT part, rows FROM tier_file WHERE table_name = 'quote'") == [(1, 60 * len(SYMBOLS)), (2, 2)]
    assert await exported(store, tmp_path / "after") == late


async def test_rows_that_differ_from_a_file_are_never_deleted(
    store: Store, rows: Rows, change: Change, tmp_path: Path
) -> None:
    record_days(store, OLD, symbols=("AAPL",))
    await store.recorder.flushed()
    await cut_short(store, NoteFile)
    change("UPDATE quote SET bid = 7 WHERE received_us = (SELECT max(received_us) FROM quote)")
    await store.tiers.adopt(RULES)
    assert rows("SELECT state, rows FROM tier_file") == [("moved", 60)]
    assert (await moved(store)).troubles == ()
    # All of them went to a file of their own, the one that differs among them.
    assert rows("SELECT part, rows FROM tier_file WHERE table_name = 'quote'") == [(1, 60), (2, 60)]
    assert (await exported(store, tmp_path / "after", ("AAPL",)))["quotes"].count(b"\n") == 61


async def test_the_same_key_of_another_symbol_is_no_row_of_the_file(store: Store, rows: Rows, change: Change) -> None:
    record_days(store, OLD, symbols=("AAPL",))
    await store.recorder.flushed()
    await cut_short(store, NoteFile)
    change("UPDATE instrument SET symbol = 'OTHER' WHERE symbol = 'AAPL'")
    await store.tiers.adopt(RULES)
    assert rows("SELECT state FROM tier_file") == [("moved",)]


@pytest.mark.parametrize("short", ["some", "all"])
async def test_symbols_that_the_ledger_lost_are_read_again(
    store: Store, rows: Rows, change: Change, tmp_path: Path, short: str
) -> None:
    before = await recorded_and_moved(store, tmp_path, OLD)
    ledger, symbols, newest = rows(IN_ORDER), rows(SYMBOLS_OF), rows("SELECT max(id) FROM tier_file")[0][0]
    change("DELETE FROM tier_symbol" + (" WHERE symbol = 'AAPL'" if short == "some" else ""))
    assert await exported(store, tmp_path / "between") != before
    came = await store.tiers.adopt(RULES)
    assert came.troubles == ()
    assert came.returned.startswith("1 day of old rows")
    assert (rows(IN_ORDER), rows(SYMBOLS_OF)) == (ledger, symbols)
    assert await exported(store, tmp_path / "after") == before
    # Whoever reads meanwhile sees by the number that he has to read anew.
    again = rows("SELECT min(id) FROM tier_file JOIN tier_symbol ON id = file_id WHERE symbol = 'AAPL'")[0][0]
    assert again > newest


async def test_symbols_of_a_number_that_is_given_again_do_not_stop_a_move(
    store: Store, rows: Rows, change: Change
) -> None:
    record_days(store, OLD)
    for number in range(1, 9):
        change("INSERT INTO tier_symbol VALUES (?, 'AAPL', 99)", number)
    assert (await moved(store)).days == 5
    assert rows("SELECT DISTINCT tier_symbol.rows FROM tier_symbol JOIN tier_file ON file_id = id") == [(60,)]


async def test_a_file_that_was_written_anew_since_the_backup_is_noted_as_it_is(
    store: Store, rows: Rows, change: Change
) -> None:
    record_days(store, OLD)
    await moved(store)
    ledger = rows(IN_ORDER)
    change("UPDATE tier_file SET bytes = 1, checksum = 'another'")
    assert (await store.tiers.adopt(RULES)).returned != ""
    assert rows(IN_ORDER) == ledger


async def test_an_unreadable_file_is_told_once_and_left(store: Store, rows: Rows, change: Change, warm: Path) -> None:
    record_days(store, OLD)
    await moved(store)
    change("DELETE FROM tier_file")
    file = warm / "quote" / f"{OLD}.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    record_days(store, OLD + timedelta(days=1), rows=1)
    store.recorder.record_quote(stamp(OLD) + 1, a_quote(bid=1))
    came = await moved(store)
    assert came.troubles == (
        f"warm/quote/{OLD}.parquet is not known to the database and cannot all be read: it is left as it is.",
    )
    assert file.read_bytes() == content
    assert rows("SELECT part FROM tier_file WHERE table_name = 'quote' AND day = ?", f"{OLD}") == [(2,)]
    assert (await moved(store)).troubles == ()


@pytest.mark.parametrize("kind", ["of another table", "of another day", "not sorted", "no Parquet"])
async def test_what_is_no_file_of_its_name_is_left(store: Store, rows: Rows, warm: Path, kind: str) -> None:
    record_days(store, OLD, rows=3)
    await moved(store)
    target = warm / "trade" / f"{OLD}.7.parquet"
    if kind == "of another table":
        shutil.copy(warm / "quote" / f"{OLD}.parquet", target)
    elif kind == "of another day":
        target = warm / "trade" / f"{OLDER}.parquet"
        shutil.copy(warm / "trade" / f"{OLD}.parquet", target)
    elif kind == "not sorted":
        table = pq.read_table(warm / "trade" / f"{OLD}.parquet")
        pq.write_table(table.sort_by([("received_us", "descending")]), target)
    else:
        target.write_bytes(b"no Parquet")
    content, ledger = target.read_bytes(), rows(IN_ORDER)
    came = await store.tiers.adopt(RULES)
    assert (came.returned, len(came.troubles)) == ("", 1)
    assert (target.read_bytes(), rows(IN_ORDER)) == (content, ledger)


async def test_files_of_the_cold_folder_come_back_too(
    store: Store, rows: Rows, change: Change, tmp_path: Path, to_nas: StorageRules
) -> None:
    before = await recorded_and_moved(store, tmp_path, days_ago(100), OLD, rules=to_nas)
    ledger = rows(IN_ORDER)
    change("DELETE FROM tier_file")
    assert (await store.tiers.adopt(to_nas)).returned.startswith("2 days of old rows")
    assert rows(IN_ORDER) == ledger
    assert await exported(store, tmp_path / "after") == before


async def test_a_backup_from_before_files_went_on_finds_them_there(
    store: Store, rows: Rows, change: Change, tmp_path: Path, to_nas: StorageRules
) -> None:
    before = await recorded_and_moved(store, tmp_path, days_ago(100))
    ledger = rows(IN_ORDER)
    await moved(store, to_nas)
    noted, symbols = rows("SELECT id, place FROM tier_file"), rows(SYMBOLS_OF)
    change("UPDATE tier_file SET tier = 'warm', place = 'warm/' || table_name || '/' || day || '.parquet'")
    assert rows(IN_ORDER) == ledger
    came = await store.tiers.adopt(to_nas)
    assert (came.returned != "", came.troubles) == (True, ())
    assert (rows("SELECT id, place FROM tier_file"), rows(SYMBOLS_OF)) == (noted, symbols)
    assert await exported(store, tmp_path / "after") == before


async def test_a_copy_of_a_file_is_not_taken_in(store: Store, rows: Rows, warm: Path) -> None:
    record_days(store, OLD)
    await moved(store)
    ledger = rows(IN_ORDER)
    shutil.copy(warm / "trade" / f"{OLD}.parquet", warm / "trade" / f"{OLD}.2.parquet")
    came = await store.tiers.adopt(RULES)
    assert (came.returned, came.troubles, rows(IN_ORDER)) == ("", (), ledger)


async def test_a_damaged_file_of_the_ledger_is_told_and_left(
    store: Store, rows: Rows, change: Change, warm: Path
) -> None:
    record_days(store, OLD)
    await moved(store)
    change("DELETE FROM tier_symbol WHERE symbol = 'AAPL'")
    file = warm / "quote" / f"{OLD}.parquet"
    file.write_bytes(file.read_bytes()[:-300])
    came = await store.tiers.adopt(RULES)
    assert came.troubles == (f"The quotes of {OLD} cannot all be read: warm/quote/{OLD}.parquet is damaged.",)
    assert rows("SELECT state FROM tier_file WHERE table_name = 'quote'") == [("moved",)]


async def test_a_move_that_goes_on_after_its_file_was_taken_in_again_can_be_cut_once_more(
    store: Store, rows: Rows, change: Change, tmp_path: Path
) -> None:
    """Noted, half of it deleted, the ledger lost: the rest goes on."""
    record_days(store, OLD, rows=2600, symbols=("AAPL",))
    before = await exported(store, tmp_path / "before", ("AAPL",))
    await cut_short(store, DropRows, after=1)
    assert rows("SELECT count(*) FROM quote") == [(600,)]
    change("DELETE FROM tier_file")
    await store.tiers.adopt(RULES)
    assert await exported(store, tmp_path / "between", ("AAPL",)) == before
    assert (await moved(store)).troubles == ()
    assert rows("SELECT count(*) FROM quote") == [(0,)]
    assert rows("SELECT count(*) FROM tier_file") == [(5,)]
    assert await exported(store, tmp_path / "after", ("AAPL",)) == before

"""Moving: what is old goes to files and on, nothing changes for those who read, and a cut at any point is made good."""

import asyncio
import sys
from contextlib import closing, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.errors import BadData, StoreUnavailable
from monitor.ports import ExportRequest, StorageRules, Tier
from monitor.store import Store, open_for_reading, open_store
from monitor.store.connect import connect_reading
from monitor.store.tiers import parquet, places, process
from monitor.store.tiers.ledger import DropRows, Relocate, SetState
from monitor.store.tiers.tables import TABLES, columns_of
from monitor.store.tiers.writing import write_day
from tests.support.builders import a_quote
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

STREAMED = "quote", "quote_detail", "trade", "book", "screener"


def counted(rows: Rows, since_us: int = 0) -> list[int]:
    """How many rows each streamed table has that came since then."""
    count = "SELECT count(*) FROM {} WHERE received_us >= ?"
    return [rows(count.format(table), since_us)[0][0] for table in STREAMED]


LEDGER = "SELECT table_name, day, part, tier, state FROM tier_file ORDER BY id"


async def test_what_is_old_moves_and_exports_are_the_same_byte_for_byte(
    store: Store, rows: Rows, warm: Path, tmp_path: Path
) -> None:
    old, older, new = days_ago(10), days_ago(12), days_ago(3)
    record_days(store, older, old, new)
    before = await exported(store, tmp_path / "before")
    prints = await store.archive.trades("AAPL", 1000)
    came = await moved(store)
    assert (came.days, came.troubles) == (10, ())
    assert came.rows == 2 * (4 * 60 * len(SYMBOLS) + 60)
    assert rows("SELECT DISTINCT state, tier FROM tier_file") == [("moved", "warm")]
    assert counted(rows) == counted(rows, stamp(new))
    for table in STREAMED:
        files = sorted(file.name for file in (warm / table).iterdir())
        assert files == [f"{older}.parquet", f"{old}.parquet"]
    assert await exported(store, tmp_path / "after") == before
    assert await store.archive.trades("AAPL", 1000) == prints
    assert [p.size for p in await store.archive.trades("MSFT", 70)] == [*range(50, 60), *range(60)]
    assert await store.tiers.due(RULES) == 0


async def test_a_program_that_only_reads_reads_all_tiers(store: Store, path: Path, tmp_path: Path) -> None:
    before = await recorded_and_moved(store, tmp_path, days_ago(10))
    reading = open_for_reading(path)
    try:
        request = ExportRequest("quotes", SYMBOLS, tmp_path / "quotes.csv")
        await reading.exporter.export(request, lambda _done, _total: None, lambda: False)
        assert request.out.read_bytes() == before["quotes"]
    finally:
        await reading.close()


async def test_rows_that_come_late_get_a_file_of_their_own(store: Store, rows: Rows, tmp_path: Path) -> None:
    day = days_ago(10)
    record_days(store, day, rows=5)
    await moved(store)
    store.recorder.record_quote(stamp(day) + 7, a_quote(bid=1))
    store.recorder.record_quote(stamp(day) + 10**10, a_quote(bid=2.0))
    before = await exported(store, tmp_path / "before")
    assert before["quotes"].count(b"\nAAPL,") == 7
    assert (await moved(store)).rows == 2
    assert rows("SELECT part FROM tier_file WHERE table_name = 'quote'") == [(1,), (2,)]
    assert await exported(store, tmp_path / "after") == before


async def test_the_newest_stamp_is_known_when_everything_has_moved(store: Store, path: Path) -> None:
    us = stamp(days_ago(10))
    store.recorder.record_quote(us, a_quote(bid=1))
    await moved(store)
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert again.last_received_us() == us
    await again.close()


async def test_a_move_can_be_called_off_between_two_pages(store: Store, rows: Rows, warm: Path) -> None:
    record_days(store, days_ago(10))
    await store.recorder.flushed()
    told: list[str] = []
    came = await store.tiers.move(RULES, told.append, lambda: len(told) > 2)
    assert came.days <= 1
    assert len(rows(LEDGER)) <= 1
    assert rows("SELECT count(*) FROM trade") == [(60 * len(SYMBOLS),)]
    assert list(warm.rglob("*.part")) == []
    assert (await moved(store)).days == 5 - came.days


async def test_a_move_tells_what_it_does_and_how_far_it_is(store: Store) -> None:
    record_days(store, days_ago(10), rows=5)
    await store.recorder.flushed()
    told: list[str] = []
    await store.tiers.move(RULES, told.append, lambda: False)
    day = days_ago(10)
    assert told[:2] == [f"Writing the quotes of {day} (1 of 5)…", f"Writing the quotes of {day} (1 of 5)… 5 rows"]
    assert f"Freeing the prints of {day} in the database…" in told
    assert told[-1] == f"Freeing the rankings of {day} in the database…"


async def test_closing_while_rows_move_leaves_all_of_them(path: Path, rows: Rows, tmp_path: Path) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    record_days(store, days_ago(10), rows=400)
    before = await exported(store, tmp_path / "before")
    freeing = asyncio.Event()
    move = asyncio.create_task(
        store.tiers.move(RULES, lambda said: freeing.set() if "Freeing" in said else None, lambda: False)
    )
    await freeing.wait()
    await store.close()
    with suppress(StoreUnavailable):
        await move
    assert rows("SELECT state FROM tier_file") == [("moving",)]
    again = open_store(path, sandbox=True, on_trouble=print)
    assert await exported(again, tmp_path / "between") == before
    await moved(again)
    assert await exported(again, tmp_path / "after") == before
    await again.close()


@pytest.mark.parametrize("cut", ["noted", "half deleted", "deleted"])
async def test_a_move_that_was_cut_short_goes_on(store: Store, rows: Rows, tmp_path: Path, cut: str) -> None:
    record_days(store, days_ago(10), rows=2600, symbols=("AAPL",))
    before = await exported(store, tmp_path / "before", ("AAPL",))
    step, after = {"noted": (DropRows, 0), "half deleted": (DropRows, 1), "deleted": (SetState, 0)}[cut]
    await cut_short(store, step, after)
    assert rows("SELECT state FROM tier_file") == [("moving",)]
    assert await exported(store, tmp_path / "between", ("AAPL",)) == before
    assert [p.size for p in await store.archive.trades("AAPL", 2)] == [2598, 2599]
    await moved(store)
    assert rows("SELECT DISTINCT state FROM tier_file") == [("moved",)]
    assert counted(rows) == [0] * 5
    assert await exported(store, tmp_path / "after", ("AAPL",)) == before


async def test_a_file_that_was_damaged_before_anything_was_deleted_is_written_anew(
    store: Store, rows: Rows, warm: Path, tmp_path: Path
) -> None:
    record_days(store, days_ago(10))
    before = await exported(store, tmp_path / "before")
    await cut_short(store, DropRows)
    (file,) = (warm / "quote").iterdir()
    file.write_bytes(file.read_bytes()[:-300])
    assert (await moved(store)).troubles == ()
    assert await exported(store, tmp_path / "after") == before


def _with_other_values(file: Path) -> None:
    """A whole file with the same keys: only its SHA-256 tells that it is not the one that was verified."""
    table = pq.read_table(file)
    at = table.schema.get_field_index("bid")
    other = pa.array([7.5] * table.num_rows, pa.float64())
    pq.write_table(table.set_column(at, table.schema.field(at), other), file)


async def test_a_file_that_was_exchanged_before_anything_was_deleted_deletes_nothing(
    store: Store, rows: Rows, warm: Path, tmp_path: Path
) -> None:
    record_days(store, days_ago(10))
    before = await exported(store, tmp_path / "before")
    await cut_short(store, DropRows)
    (file,) = (warm / "quote").iterdir()
    _with_other_values(file)
    assert (await moved(store)).troubles == ()
    assert rows("SELECT table_name, part, state FROM tier_file WHERE table_name = 'quote'") == [("quote", 1, "moved")]
    assert await exported(store, tmp_path / "after") == before


async def test_a_file_that_was_exchanged_after_something_was_deleted_is_told_and_deletes_no_more(
    store: Store, path: Path, rows: Rows, warm: Path
) -> None:
    record_days(store, days_ago(10), rows=2600, symbols=("AAPL",))
    await cut_short(store, DropRows, after=1)
    left = rows("SELECT * FROM quote ORDER BY received_us")
    assert len(left) == 600
    (file,) = (warm / "quote").iterdir()
    _with_other_values(file)
    name = f"warm/quote/{days_ago(10)}.parquet"
    came = await moved(store)
    assert came.troubles == (f"The quotes of {days_ago(10)} cannot all be read: {name} is damaged.",)
    # What was left went to a file of its own, whole; and nothing by the one that is not what was verified.
    assert rows("SELECT part, state, rows FROM tier_file WHERE table_name = 'quote'") == [
        (1, "moved", 2600),
        (2, "moved", 600),
    ]
    with closing(connect_reading(path)) as connection:
        declared = columns_of(connection, TABLES["quote"])
    kept = parquet.rows_of(warm / "quote" / f"{days_ago(10)}.2.parquet", declared, [name for name, _ in declared])
    assert [row for page in kept for row in page] == left


async def test_a_file_that_does_not_give_the_rows_back_is_refused(
    store: Store, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_days(store, days_ago(10))
    await store.recorder.flushed()
    decoded = parquet._decoded

    def wrong(column: parquet.Column, *rest: object) -> list[object]:
        values = decoded(column, *rest)  # type: ignore[arg-type]
        return [214 if value == 214.0 else value for value in values] if column.name == "bid" else values

    with closing(connect_reading(path)) as connection:
        day = connection, tmp_path / "draft", TABLES["quote"], days_ago(10), lambda _seconds, _rows: None
        assert write_day(*day).rows == 60 * len(SYMBOLS)
        monkeypatch.setattr(parquet, "_decoded", wrong)
        with pytest.raises(StoreUnavailable, match="did not give back"):
            write_day(*day)


async def test_nothing_is_deleted_when_a_file_cannot_be_written(store: Store, rows: Rows, warm: Path) -> None:
    record_days(store, days_ago(10))
    warm.mkdir()
    (warm / "quote").write_text("no folder")
    with pytest.raises(StoreUnavailable, match=f"{warm} cannot be written"):
        await moved(store)
    assert rows(LEDGER) == []
    assert counted(rows) == [60 * len(SYMBOLS)] * 4 + [60]


async def test_a_worker_that_ends_by_itself_costs_nothing(
    store: Store, rows: Rows, warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_days(store, days_ago(10))
    with monkeypatch.context() as broken:
        broken.setattr(process, "_WORKER", "monitor.nothing")
        with pytest.raises(StoreUnavailable, match="has ended by itself"):
            await moved(store)
    assert rows(LEDGER) == []
    assert [file for file in warm.rglob("*") if file.is_file()] == []
    assert (await moved(store)).days == 5


async def test_what_streams_in_while_rows_move_is_all_there(store: Store, rows: Rows) -> None:
    record_days(store, *(days_ago(days) for days in range(10, 14)))
    await store.recorder.flushed()
    move = asyncio.create_task(moved(store))
    us = stamp(days_ago(0))
    count = 0
    while not move.done():
        for _ in range(20):
            count += 1
            store.recorder.record_quote(us + count, a_quote("LIVE", volume=count))
        await store.recorder.flushed()
    assert (await move).days == 20
    await store.recorder.flushed()
    assert rows("SELECT count(*), min(volume), max(volume) FROM quote") == [(count, 1, count)]


async def test_a_read_that_is_under_way_while_rows_move_misses_none(store: Store, tmp_path: Path) -> None:
    record_days(store, *(days_ago(days) for days in range(10, 16)), rows=400, symbols=("AAPL",))
    record_days(store, days_ago(2), symbols=SYMBOLS)
    before = await exported(store, tmp_path / "before")
    move = asyncio.create_task(moved(store))
    times = 0
    while not move.done():
        times += 1
        assert await exported(store, tmp_path / "meanwhile") == before
    assert times > 1
    await move


async def test_old_files_go_on_to_a_folder(
    store: Store, rows: Rows, warm: Path, tmp_path: Path, nas: Path, to_nas: StorageRules
) -> None:
    record_days(store, days_ago(100), days_ago(10))
    before = await exported(store, tmp_path / "before")
    came = await moved(store, to_nas)
    assert (came.days, came.cold, came.troubles) == (10, 5, ())
    assert (nas / "trade" / f"{days_ago(100)}.parquet").is_file()
    assert [file.name for file in (warm / "trade").iterdir()] == [f"{days_ago(10)}.parquet"]
    assert await exported(store, tmp_path / "after") == before
    uses = {(use.table, use.tier): use for use in await store.tiers.uses()}
    assert uses["trade", Tier.COLD].rows == 60 * len(SYMBOLS)
    assert uses["trade", Tier.COLD].first == days_ago(100)


def test_a_copy_that_is_not_the_same_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nas: Path) -> None:
    (tmp_path / "file").write_bytes(b"new")
    checksum = places.checksum
    monkeypatch.setattr(places, "checksum", lambda path: (0, "") if "nas" in str(path) else checksum(path))
    with pytest.raises(places.Mismatch):
        places.Places(tmp_path).copy(tmp_path / "file", str(nas), "trade/file")
    assert list((nas / "trade").iterdir()) == []


async def test_a_file_of_another_in_the_cold_folder_is_not_replaced(
    store: Store, warm: Path, nas: Path, to_nas: StorageRules
) -> None:
    record_days(store, days_ago(100))
    other = nas / "trade" / f"{days_ago(100)}.parquet"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another's")
    came = await moved(store, to_nas)
    assert came.cold == 4
    assert came.troubles[1:] == (
        f"The prints of {days_ago(100)} stay in the data folder: another file has their name in {nas}.",
    )
    assert other.read_bytes() == b"another's"
    assert (warm / "trade" / other.name).is_file()


async def test_a_copy_that_was_not_noted_is_not_made_again(
    store: Store, rows: Rows, warm: Path, to_nas: StorageRules
) -> None:
    record_days(store, days_ago(100))
    await cut_short(store, Relocate, rules=to_nas)
    came = await moved(store, to_nas)
    assert (came.cold, came.returned, came.troubles) == (5, "", ())
    assert rows("SELECT count(*), min(part), max(part) FROM tier_file") == [(5, 1, 1)]
    assert [file for file in warm.rglob("*") if file.is_file()] == []


async def test_a_cold_folder_that_cannot_be_used_is_told_once(store: Store, warm: Path, tmp_path: Path) -> None:
    record_days(store, days_ago(100))
    (tmp_path / "file").write_text("no folder")
    came = await moved(store, StorageRules(cold=str(tmp_path / "file" / "nas")))
    assert came.troubles == (f"Old files stay in the data folder: {tmp_path / 'file' / 'nas'} cannot be used now.",)
    assert len(list(warm.rglob("*.parquet"))) == 5


async def test_the_warm_folder_is_no_cold_one(store: Store, warm: Path) -> None:
    with pytest.raises(BadData, match="in that folder already"):
        await moved(store, StorageRules(cold=str(warm / "deeper")))


async def test_what_a_kill_left_is_swept(store: Store, warm: Path, nas: Path, to_nas: StorageRules) -> None:
    record_days(store, days_ago(100))
    await moved(store, to_nas)
    name = f"{days_ago(100)}.parquet"
    (warm / "trade" / f".{name}.0123456789abcdef.part").write_bytes(b"half")
    (warm / "trade" / name).write_bytes((nas / "trade" / name).read_bytes())
    (warm / "trade" / "mine.parquet").write_bytes(b"a person's")
    await moved(store)
    assert [file.name for file in (warm / "trade").iterdir()] == ["mine.parquet"]


async def test_no_parquet_is_loaded_where_nothing_moves(path: Path) -> None:
    await open_store(path, sandbox=True, on_trouble=print).close()  # what makes the tables may load anything
    program = f"""
import asyncio, sys
from pathlib import Path
from monitor.market.quote import Quote
from monitor.clock import now_ms
from monitor.ports import StorageRules, ExportRequest
from monitor.store import open_store

async def main():
    store = open_store(Path({str(path)!r}), sandbox=True, on_trouble=print)
    store.recorder.record_quote(now_ms() * 1000, Quote(symbol="AAPL", bid=1))
    await store.recorder.flushed()
    await store.tiers.move(StorageRules(), print, lambda: False)
    await store.archive.trades("AAPL", 5)
    await store.close()
    print("pyarrow" in sys.modules)

asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate()
    assert out == b"False\n"

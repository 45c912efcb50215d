"""A file that is missing or damaged costs its own rows only, and a sentence names the day."""

import asyncio
import zlib
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.ports import ExportRequest, ExportResult, StorageRules
from monitor.store import Store
from tests.support.old_rows import days_ago, moved, record_days

BAD, GOOD, NEW = days_ago(12), days_ago(10), days_ago(2)


def away(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def flipped(file: Path) -> None:
    """One bit of the times of receipt."""
    group = pq.read_metadata(file).row_group(0)
    chunks = [group.column(n) for n in range(group.num_columns)]
    (chunk,) = (each for each in chunks if each.path_in_schema == "received_us")
    content = bytearray(file.read_bytes())
    content[chunk.data_page_offset + chunk.total_compressed_size - 3] ^= 1
    file.write_bytes(content)


def flipped_unseen(file: Path) -> None:
    """One byte of the times of receipt that only the page's checksum tells: without it the file gives other times."""
    whole = pq.read_table(file, columns=["received_us"])
    group = pq.read_metadata(file).row_group(0)
    chunks = [group.column(n) for n in range(group.num_columns)]
    (chunk,) = (each for each in chunks if each.path_in_schema == "received_us")
    content = file.read_bytes()
    end = chunk.data_page_offset + chunk.total_compressed_size
    # From behind: before the page's data is its header, which no checksum is of.
    for at, bit in product(range(end - 1, end - chunk.total_compressed_size // 2, -1), (1, 4, 16, 64)):
        damaged = bytearray(content)
        damaged[at] ^= bit
        with suppress(OSError, ValueError):
            if pq.read_table(pa.BufferReader(damaged), columns=["received_us"]) != whole:
                file.write_bytes(damaged)
                return
    pytest.fail("every byte that is flipped is told without a checksum too")


def of_another_kind(file: Path) -> None:
    file.write_bytes(zlib.compress(b"no Parquet" * 100))


DAMAGES = pytest.mark.parametrize("damage", [away, cut, emptied, flipped, flipped_unseen, of_another_kind])


def told_of(damage: Callable[[Path], None]) -> str:
    return "is missing" if damage is away else "is damaged"


async def written(store: Store, out: Path, what: str) -> tuple[ExportResult, str]:
    request = ExportRequest(what, ("AAPL",), out)
    result = await store.exporter.export(request, lambda _done, _total: None, lambda: False)
    assert result is not None
    return result, out.read_text()


@DAMAGES
@pytest.mark.parametrize(
    ("table", "what", "words"),
    [("quote", "quotes", "quotes"), ("trade", "trades", "prints"), ("book", "book", "books")],
)
async def test_an_export_leaves_the_day_out_and_says_so(
    store: Store, warm: Path, tmp_path: Path, damage: Callable[[Path], None], what: str, table: str, words: str
) -> None:
    record_days(store, BAD, GOOD, NEW, rows=20, symbols=("AAPL",))
    await store.recorder.flushed()
    whole = (await written(store, tmp_path / "before.csv", what))[1].splitlines()
    await moved(store)
    damage(warm / table / f"{BAD}.parquet")
    result, text = await written(store, tmp_path / "after.csv", what)
    (sentence,) = result.troubles
    assert sentence == f"The {words} of {BAD} cannot all be read: warm/{table}/{BAD}.parquet {told_of(damage)}."
    assert text.splitlines() == [line for line in whole if f",{BAD}T" not in line]
    assert len(text.splitlines()) > 20


@DAMAGES
async def test_the_tape_shows_the_rest_and_says_so_once(
    store: Store, warm: Path, damage: Callable[[Path], None], troubles: "asyncio.Queue[str]"
) -> None:
    record_days(store, BAD, GOOD, NEW, rows=20, symbols=("AAPL",))
    await moved(store)
    damage(warm / "trade" / f"{BAD}.parquet")
    for _ in range(2):
        assert [p.size for p in await store.archive.trades("AAPL", 100)] == [*range(20), *range(20)]
    assert (
        await troubles.get() == f"The prints of {BAD} cannot all be read: warm/trade/{BAD}.parquet {told_of(damage)}."
    )
    assert troubles.empty()


@DAMAGES
async def test_every_file_that_is_not_whole_is_named_until_it_is_put_back(
    store: Store, warm: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """The tape, exports and the sheet on storage say it; put back, all of its rows are there, in each of them."""
    record_days(store, BAD, GOOD, NEW, rows=20, symbols=("AAPL",))
    await store.recorder.flushed()
    _, whole = await written(store, tmp_path / "before.csv", "trades")
    prints = await store.archive.trades("AAPL", 100)
    await moved(store)
    assert await store.tiers.missing() == []
    file = warm / "trade" / f"{BAD}.parquet"
    content = file.read_bytes()
    damage(file)
    sentence = f"The prints of {BAD} cannot all be read: warm/trade/{BAD}.parquet {told_of(damage)}."
    # A bit that flipped is found by who reads the file: its length is right.
    assert await store.tiers.missing() == ([] if damage in {flipped, flipped_unseen} else [sentence])
    assert (await written(store, tmp_path / "meanwhile.csv", "trades"))[0].troubles == (sentence,)
    assert len(await store.archive.trades("AAPL", 100)) == 40
    again = await moved(store)  # which neither gives the day up nor makes it anew
    assert (again.days, again.deleted) == (0, 0)
    file.write_bytes(content)
    assert await store.tiers.missing() == []
    result, text = await written(store, tmp_path / "after.csv", "trades")
    assert (result.troubles, text) == ((), whole)
    assert await store.archive.trades("AAPL", 100) == prints


async def test_what_is_not_asked_for_is_not_looked_at(store: Store, warm: Path, tmp_path: Path) -> None:
    record_days(store, BAD, rows=20, symbols=("AAPL",))
    record_days(store, NEW, rows=20, symbols=("MSFT",))
    await moved(store)
    away(warm / "quote" / f"{BAD}.parquet")
    request = ExportRequest("quotes", ("MSFT",), tmp_path / "msft.csv")
    result = await store.exporter.export(request, lambda _done, _total: None, lambda: False)
    assert result == ExportResult(20, request.out)


async def test_a_damaged_file_does_not_go_on(store: Store, warm: Path, nas: Path, to_nas: StorageRules) -> None:
    record_days(store, days_ago(100), rows=20)
    await moved(store)
    flipped(warm / "quote" / f"{days_ago(100)}.parquet")
    came = await moved(store, to_nas)
    assert came.cold == 4
    (sentence,) = came.troubles
    assert sentence.startswith(f"The quotes of {days_ago(100)} cannot all be read: ")
    assert not (nas / "quote").exists()


async def test_a_cold_file_that_is_gone_is_named_with_its_place(
    store: Store, tmp_path: Path, nas: Path, to_nas: StorageRules
) -> None:
    record_days(store, days_ago(100), rows=20)
    await moved(store, to_nas)
    file = nas / "quote" / f"{days_ago(100)}.parquet"
    away(file)
    result, _ = await written(store, tmp_path / "after.csv", "quotes")
    assert result.troubles == (f"The quotes of {days_ago(100)} cannot all be read: {file} is missing.",)

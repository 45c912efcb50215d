"""The cold tier in a bucket, over a server that speaks S3."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.ports import Keep, StorageRules
from monitor.store import Store
from monitor.store.tiers.places import Places, checksum
from tests.support.bucket import KEYS, running_bucket
from tests.support.old_rows import days_ago, exported, moved, record_days
from tests.unit.store.conftest import Rows

OLD = days_ago(100)


@pytest.fixture(scope="module")
def query() -> Iterator[str]:
    with running_bucket("archive") as query:
        yield query


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def cold(query: str, folder: str) -> str:
    return f"s3://archive/{folder}?{query}"


async def test_old_files_go_on_to_a_bucket_and_are_read_from_there(
    store: Store, rows: Rows, warm: Path, tmp_path: Path, query: str
) -> None:
    record_days(store, OLD, days_ago(10))
    before = await exported(store, tmp_path / "before")
    came = await moved(store, StorageRules(cold=cold(query, "mine/files")))
    assert (came.cold, came.troubles) == (5, ())
    assert [file.name for file in (warm / "trade").iterdir()] == [f"{days_ago(10)}.parquet"]
    assert rows("SELECT place FROM tier_file WHERE tier = 'cold' AND table_name = 'trade'") == [
        (f"s3://archive/mine/files/trade/{OLD}.parquet?{query}",)
    ]
    assert await exported(store, tmp_path / "after") == before
    assert [p.size for p in await store.archive.trades("AAPL", 70)] == [*range(50, 60), *range(60)]
    files = [path for path in warm.parent.rglob("*") if path.is_file()]
    assert not any(KEYS["AWS_SECRET_ACCESS_KEY"].encode() in path.read_bytes() for path in files)


async def test_what_need_not_be_kept_is_deleted_there(store: Store, tmp_path: Path, query: str) -> None:
    record_days(store, OLD)
    here = cold(query, "deleted")
    await moved(store, StorageRules(cold=here))
    place = here.replace("deleted?", f"deleted/trade/{OLD}.parquet?")
    places = Places(tmp_path)
    assert places.checksum(place)[0] > 0
    assert (await moved(store, StorageRules(cold=here, keep={"trade": Keep(days=30)}))).deleted == 1
    with pytest.raises(FileNotFoundError):
        places.source(place)
    places.remove(place)  # as the next move would, after a kill


async def test_an_object_that_is_gone_or_damaged_is_named(
    store: Store, tmp_path: Path, query: str, troubles: "asyncio.Queue[str]"
) -> None:
    record_days(store, OLD, rows=20)
    here = cold(query, "damaged")
    await moved(store, StorageRules(cold=here))
    place = here.replace("damaged?", f"damaged/trade/{OLD}.parquet?")
    other = tmp_path / f"{OLD}.parquet"
    other.write_bytes(b"not what was there" * 30)
    Places(tmp_path).remove(place)
    Places(tmp_path).copy(other, here, f"trade/{OLD}.parquet")
    assert await store.archive.trades("AAPL", 5) == []
    assert await troubles.get() == (
        f"The prints of {OLD} cannot all be read: s3://archive/damaged/trade/{OLD}.parquet is damaged."
    )
    Places(tmp_path).remove(place)
    assert await store.archive.trades("AAPL", 5) == []
    assert await troubles.get() == (
        f"The prints of {OLD} cannot all be read: s3://archive/damaged/trade/{OLD}.parquet is missing."
    )


async def test_a_bucket_that_is_not_there_keeps_the_files_here(store: Store, warm: Path, query: str) -> None:
    record_days(store, OLD)
    came = await moved(store, StorageRules(cold=f"s3://elsewhere/files?{query}"))
    assert came.troubles == ("Old files stay in the data folder: s3://elsewhere/files cannot be used now.",)
    assert len(list(warm.rglob("*.parquet"))) == 5


async def test_a_bucket_that_cannot_be_reached_costs_its_days_only(
    store: Store, rows: Rows, troubles: "asyncio.Queue[str]"
) -> None:
    record_days(store, days_ago(10), rows=20)
    with running_bucket("brief") as query:
        record_days(store, OLD, rows=20)
        await moved(store, StorageRules(cold=f"s3://brief/files?{query}"))
        assert len(await store.archive.trades("AAPL", 100)) == 40
    assert len(await store.archive.trades("AAPL", 100)) == 20
    assert "the bucket of s3://brief/files/trade/" in await troubles.get()


async def test_files_of_a_bucket_that_the_ledger_does_not_know_come_back(
    store: Store, rows: Rows, path: Path, tmp_path: Path, query: str
) -> None:
    record_days(store, OLD, rows=20)
    before = await exported(store, tmp_path / "before")
    rules = StorageRules(cold=cold(query, "back"))
    await moved(store, rules)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM tier_file")
    assert (await store.tiers.adopt(rules)).returned == ""  # who only starts asks no bucket
    came = await moved(store, rules)
    assert (came.returned, came.troubles) == (
        "1 day of old rows (260) came back: the database had lost sight of their files.",
        (),
    )
    assert rows("SELECT DISTINCT tier, state FROM tier_file") == [("cold", "moved")]
    assert await exported(store, tmp_path / "after") == before


async def test_an_object_of_another_is_not_replaced(store: Store, warm: Path, tmp_path: Path, query: str) -> None:
    record_days(store, OLD, rows=20)
    here = cold(query, "taken")
    other = tmp_path / f"{OLD}.parquet"
    other.write_bytes(b"another's")
    place = Places(tmp_path).copy(other, here, f"trade/{OLD}.parquet")
    came = await moved(store, StorageRules(cold=here))
    assert came.cold == 4
    assert (
        f"The prints of {OLD} stay in the data folder: another file has their name in s3://archive/taken."
        in came.troubles
    )
    assert Places(tmp_path).checksum(place) == checksum(other)
    assert (warm / "trade" / other.name).is_file()

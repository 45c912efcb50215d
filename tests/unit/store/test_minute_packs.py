"""Packed minutes beside the rows: whatever happens to the rows, what is read is what they say."""

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, BarSource, Interval
from monitor.store import Store, minute_packs, open_store, schema
from monitor.store.connect import connect_writing
from monitor.store.migrations import migrate
from tests.support.ports import until
from tests.unit.store.conftest import Rows

#: The first minute of a stretch.
BEGIN = 780 << 31
STRETCH_MINUTES = (1 << 31) // 60_000
FIRST = -(-BEGIN // 60_000)


def minute(place: int, close: float = 100.0, source: BarSource = BarSource.REST) -> Bar:
    """The minute ``place`` minutes into the stretch."""
    return Bar("AAPL", Interval.M1, (FIRST + place) * 60_000, 100, 200, 1, close, 10 + place % 7, source)


@pytest.fixture(autouse=True)
def soon_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minute_packs, "WORTH_PACKING", 3)
    monkeypatch.setattr(minute_packs, "_ROWS_AT_ONCE", 4)


async def packed(store: Store) -> None:
    """Have the minutes of the first instrument packed."""
    await store.recorder.flushed()
    await store._writer.lend(partial(minute_packs.pack, 1))


def as_rows(path: Path) -> BarSeries:
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT start_ms, open, high, low, close, volume FROM bar WHERE interval_s = 60 ORDER BY start_ms"
        return np.array(connection.execute(sql).fetchall(), BAR_DTYPE)


def lose_rows(path: Path) -> None:
    """Take the minutes away, and leave what is packed of them."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER minute_deleted")
        connection.execute("DELETE FROM bar")
        connection.commit()


async def test_a_long_read_has_the_minutes_packed_for_the_next_one(store: Store, path: Path, rows: Rows) -> None:
    places = [0, 1, 2, 500, STRETCH_MINUTES + 3]
    store.recorder.record_bars([minute(place) for place in places])
    await store.recorder.flushed()
    await store.archive.bars("AAPL", Interval.M1)
    await until(lambda: rows("SELECT stretch FROM minute_pack ORDER BY 1") == [(780,), (781,)])
    lose_rows(path)
    found = await store.archive.bars("AAPL", Interval.M1)
    assert (found["start"] // 60_000 - FIRST).tolist() == places
    inside = await store.archive.bars("AAPL", Interval.M1, minute(1).start, minute(400).start)
    assert len(inside) == 0  # a part of a stretch is read row by row


async def test_few_minutes_are_not_worth_it(store: Store, rows: Rows) -> None:
    store.recorder.record_bars([minute(0), minute(1)])
    await store.recorder.flushed()
    assert len(await store.archive.bars("AAPL", Interval.M1)) == 2
    await store._writer.lend(lambda _connection, _go_on: None)
    assert rows("SELECT * FROM minute_pack") == []


async def test_what_is_not_over_is_not_packed(store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minute_packs, "now_ms", lambda: BEGIN + 1)
    store.recorder.record_bars([minute(-1), minute(0)])
    await packed(store)
    assert rows("SELECT stretch FROM minute_pack") == [(779,)]


async def test_a_pack_that_is_damaged_is_left_aside(store: Store, path: Path, rows: Rows) -> None:
    store.recorder.record_bars([minute(place) for place in range(9)])
    await packed(store)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("UPDATE minute_pack SET bars = x'00'").rowcount == 1
        connection.commit()
    assert np.array_equal(await store.archive.bars("AAPL", Interval.M1), as_rows(path))


async def test_a_database_from_before_has_its_minutes_packed_too(
    path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    steps = schema.STEPS[: schema.STEPS.index(schema._pack_table)]
    with monkeypatch.context() as before, closing(connect_writing(path)) as connection:
        before.setattr("monitor.store.migrations.STEPS", steps)
        before.setattr("monitor.store.migrations.VERSION", len(steps))
        migrate(connection, sandbox=True)
        connection.execute("INSERT INTO instrument (id, symbol) VALUES (1, 'AAPL')")
        connection.execute("INSERT INTO bar VALUES (1, 60, ?, 1, 2, 1, 2, 3, 'rest', 1, 1, 1)", (minute(0).start,))
    store = open_store(path, sandbox=True, on_trouble=pytest.fail)
    await packed(store)
    await store.close()
    assert rows("SELECT stretch FROM minute_pack") == [(780,)]


Change = tuple[str, int, int]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["stream", "rest", "computed", "delete", "pack", "pack", "sql"]),
        st.integers(-3, 12),
        st.integers(1, 3),
    ),
    max_size=14,
)


@given(changes=CHANGES, start=st.integers(-4, 12), length=st.integers(0, 2 * STRETCH_MINUTES))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_is_always_what_the_rows_say(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Change], start: int, length: int
) -> None:
    path = tmp_path_factory.mktemp("packs") / "monitor.db"

    async def run() -> None:
        store = open_store(path, sandbox=True, on_trouble=pytest.fail)
        try:
            store.recorder.record_bars([minute(0), minute(STRETCH_MINUTES)])
            for what, place, close in changes:
                await change(store, path, what, place * (STRETCH_MINUTES // 6), close)
                expected = as_rows(path)
                assert np.array_equal(await store.archive.bars("AAPL", Interval.M1), expected)
                first, last = minute(start).start, minute(start + length).start
                inside = expected[(expected["start"] >= first) & (expected["start"] < last)]
                assert np.array_equal(await store.archive.bars("AAPL", Interval.M1, first, last), inside)
        finally:
            await store.close()

    asyncio.run(run())


async def change(store: Store, path: Path, what: str, place: int, close: int) -> None:
    if what == "pack":
        await packed(store)
    elif what == "delete":
        await store.deletion.delete(["AAPL"], Interval.M1, minute(place).start, minute(place + 9_000).start)
    elif what == "sql":  # whoever writes
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE bar SET volume = volume + 1 WHERE start_ms = ?", (minute(place).start,))
            connection.commit()
    else:
        store.recorder.record_bars([minute(place, close, BarSource(what)), minute(place + 1, 1, BarSource(what))])
        await store.recorder.flushed()

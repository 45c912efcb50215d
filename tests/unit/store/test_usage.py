"""What recording has cost, counted on disk: rows a day, sizes, chains, today apart from the days before."""

from datetime import time
from pathlib import Path

import pytest

from monitor.analysis.rates import ASSUMED, BYTES_A_BAR, BYTES_A_CONTRACT, Rows
from monitor.market.bar import Bar, Interval
from monitor.market.book import Book, BookService, Level, Maker
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.chain_schedule import ChainSlot, SlotState
from monitor.market.quote import Quote
from monitor.store import Store
from monitor.store.usage import StoredUsage
from tests.unit.store.conftest import Rows as Sql

NOW_MS = 1_795_193_162_000  # Friday 20 November 2026, 11:46:02 New York
HOUR_MS = 3_600_000
THURSDAY = from_ms(NOW_MS - 24 * HOUR_MS).date()


@pytest.fixture
def usage(store: Store, path: Path) -> StoredUsage:
    return StoredUsage(store._reader, path, now_ms=lambda: NOW_MS)


def record_quotes(store: Store, symbol: str, start_ms: int, count: int, step_ms: int) -> None:
    for number in range(count):
        store.recorder.record_quote((start_ms + number * step_ms) * 1000, Quote(symbol=symbol, bid=100.0, ask=100.1))


async def test_an_empty_database_tells_nothing_but_the_room(usage: StoredUsage) -> None:
    found = await usage.recorded()
    assert (found.rates, found.days, found.today, found.contracts) == ({}, (), 0, {})
    assert 0 < found.free_bytes < 2**62


async def test_a_part_of_a_session_tells_of_a_full_day(store: Store, usage: StoredUsage) -> None:
    opened = at_new_york(THURSDAY, time(9, 30))
    record_quotes(store, "AAPL", opened, 3_601, 1_000)  # an hour of 6.5
    record_quotes(store, "AAPL", opened - HOUR_MS, 50, 1_000)  # before the open, as it is
    await store.recorder.flushed()
    found = await usage.recorded()
    rate = found.rates[Rows.QUOTE]
    assert rate.found == 1
    assert rate.rows_a_day == pytest.approx(3_601 * 6.5 + 50)
    assert found.days == (3_651 * rate.bytes_a_row,)
    assert found.today == 0


async def test_today_is_told_apart_and_older_days_are_left_out(store: Store, usage: StoredUsage) -> None:
    record_quotes(store, "AAPL", NOW_MS - 30 * 24 * HOUR_MS, 100, 1_000)
    record_quotes(store, "MSFT", NOW_MS - HOUR_MS, 1_000, 1_000)
    await store.recorder.flushed()
    found = await usage.recorded()
    assert found.days == ()
    assert found.today == 1_000 * found.rates[Rows.QUOTE].bytes_a_row


async def test_of_many_symbols_some_are_counted_for_all(store: Store, usage: StoredUsage) -> None:
    for number in range(100):
        record_quotes(store, f"S{number}", NOW_MS - HOUR_MS, 20, 60_000)
    await store.recorder.flushed()
    found = await usage.recorded()
    assert 0 < found.rates[Rows.QUOTE].found <= 40
    assert found.today == pytest.approx(2_000 * found.rates[Rows.QUOTE].bytes_a_row)


async def test_books_have_the_size_they_have_and_count_for_all_services(
    store: Store, usage: StoredUsage, rows: Sql
) -> None:
    levels = tuple(Level(100.0 - n, 500, 1, (Maker("NSDQ", 500, n),)) for n in range(20))
    for number in range(700):
        for service in (BookService.NYSE, BookService.NASDAQ):
            stamp = (NOW_MS - HOUR_MS + number * 1_000) * 1000
            store.recorder.record_book(stamp, service, Book("AAPL", NOW_MS + number, levels, levels))
    await store.recorder.flushed()
    rate = (await usage.recorded()).rates[Rows.BOOK]
    (mean,) = rows("SELECT avg(length(levels)) FROM book")[0]
    assert rate.bytes_a_row == pytest.approx(mean * 1.1 + 72)
    assert rate.rows_a_day == pytest.approx(1_400 * 23_400 / 699)


async def test_minutes_of_whole_days_count_and_those_of_today_are_no_measure(store: Store, usage: StoredUsage) -> None:
    for day in (THURSDAY, from_ms(NOW_MS).date()):
        start = at_new_york(day, time(9, 30))
        bars = [Bar("AAPL", Interval.M1, start + n * 60_000, 1.0, 1.0, 1.0, 1.0, 1) for n in range(60)]
        store.recorder.record_bars(bars[: 60 if day == THURSDAY else 10])
    await store.recorder.flushed()
    found = await usage.recorded()
    assert found.rates[Rows.BAR] == (60, BYTES_A_BAR, 1)
    assert (found.days, found.today) == ((), 10 * BYTES_A_BAR)  # Thursday's may have been downloaded
    record_quotes(store, "AAPL", at_new_york(THURSDAY, time(9, 30)), 2, 1_000)
    await store.recorder.flushed()
    assert (await usage.recorded()).days == (60 * BYTES_A_BAR + 2 * ASSUMED[Rows.QUOTE].bytes_a_row,)


async def test_contracts_are_those_of_the_newest_snapshot_that_has_any(store: Store, usage: StoredUsage) -> None:
    for hours, contracts in ((30, 900), (2, 1_000), (1, 1_200)):
        slot = NOW_MS - hours * HOUR_MS
        store.recorder.record_chain(ChainSlot("SPY", slot, SlotState.TAKEN, "", slot, contracts))
    store.recorder.record_chain(ChainSlot("SPY", NOW_MS, SlotState.MISSED, "no network"))
    await store.recorder.flushed()
    found = await usage.recorded()
    assert found.contracts == {"SPY": 1_200}
    assert found.today == 2_200 * BYTES_A_CONTRACT
    assert found.days == (900 * BYTES_A_CONTRACT,)

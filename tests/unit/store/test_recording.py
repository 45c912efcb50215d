"""What is recorded reads back digit for digit, in order, with nothing missing."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.activity import Activity
from monitor.market.book import BookService
from monitor.market.instrument import Instrument
from monitor.market.quote import Number
from monitor.market.trade import Side, Trade
from monitor.store import Store, batch, open_store, schema
from monitor.store.batch import QUOTES
from tests.support.builders import a_book, a_quote, a_trade, ms
from tests.unit.store.conftest import Rows

numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)


def typed(row: tuple[Any, ...]) -> list[tuple[type, str]]:
    """Values with their kind: 214 and 214.0 differ."""
    return [(type(value), repr(value)) for value in row]


@given(st.lists(numbers | st.none(), min_size=7, max_size=7))
def test_numbers_keep_their_digits_and_their_kind(values: list[Number | None]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(schema._TABLES)
    QUOTES.insert.run(connection, [(1, 2, *values, None, 4)])
    assert typed(connection.execute("SELECT * FROM quote").fetchone()) == typed((1, 2, *values, None, 4))
    connection.close()


async def test_a_quote_row_is_the_state_after_the_message(store: Store, rows: Rows) -> None:
    state = a_quote(bid=214, ask=214.0, last=0.1, bid_size=3, volume=10**12, quote_time="09:30:00.004", high=999)
    store.recorder.record_quote(5, state)
    state.bid = 215
    store.recorder.record_quote(6, state)
    await store.recorder.flushed()
    first, second = rows("SELECT * FROM quote ORDER BY received_us")
    assert typed(first) == typed((1, 5, 214, 214.0, 0.1, 3, None, None, 10**12, ms("09:30:00.004"), None))
    assert second[:3] == (1, 6, 215)


async def test_every_row_arrives_in_order_over_many_batches(
    store: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST_BATCH", 1000)
    for received_us in range(1, 20_001):
        store.recorder.record_quote(received_us, a_quote(f"S{received_us % 7}", volume=received_us))
    await store.recorder.flushed()
    assert rows("SELECT count(*), sum(volume = received_us) FROM quote") == [(20_000, 20_000)]
    assert store.meter().written == 20_000
    assert store.meter().queued == 0


async def test_several_symbols_may_share_a_stamp(store: Store, rows: Rows) -> None:
    for symbol in ("AAPL", "MSFT", "SPY"):
        store.recorder.record_quote(7, a_quote(symbol, bid=1))
    await store.recorder.flushed()
    assert rows("SELECT symbol FROM quote JOIN instrument ON id = instrument_id ORDER BY symbol") == [
        ("AAPL",),
        ("MSFT",),
        ("SPY",),
    ]


async def test_prints_read_back_oldest_first(store: Store) -> None:
    prints = [
        a_trade(at="09:30", price=214, volume=5, side=Side.AT_ASK),
        Trade("AAPL", ms("09:31"), 214.0, 100, None, 2.5, Side.UNKNOWN),
        a_trade(at="09:32", side=Side.AT_BID),
    ]
    for received_us, trade in enumerate(prints):
        store.recorder.record_trade(received_us, trade)
    await store.recorder.flushed()
    assert await store.archive.trades("AAPL", 10) == prints
    assert await store.archive.trades("AAPL", 2) == prints[1:]
    assert await store.archive.trades("NONE", 2) == []


async def test_an_instrument_remembers_which_book_services_answer(store: Store, rows: Rows) -> None:
    services = [BookService.NASDAQ, BookService.NASDAQ, BookService.NYSE]
    for received_us, service in enumerate(services):
        store.recorder.record_book(received_us, service, a_book())
    await store.recorder.flushed()
    assert rows("SELECT book_services FROM instrument") == [("NASDAQ_BOOK NYSE_BOOK",)]
    assert rows("SELECT venue, count(*) FROM book GROUP BY venue ORDER BY venue") == [
        ("NASDAQ_BOOK", 2),
        ("NYSE_BOOK", 1),
    ]


async def test_the_only_book_service_of_a_symbol_is_known_to_the_next_program(path: Path) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    minute = 60_000_000
    sent = [("F", BookService.NYSE, minute), ("T", BookService.NYSE, minute - 1)]
    sent += [("SPY", BookService.NYSE, minute), ("SPY", BookService.NASDAQ, minute)]
    for symbol, service, last_us in sent:
        for received_us in (0, last_us):
            store.recorder.record_book(received_us, service, a_book(symbol))
    store.recorder.record_quote(1, a_quote("AAPL", bid=1))
    assert store.book_services() == {}
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert again.book_services() == {"F": "NYSE_BOOK"}  # of T it is not sure yet
    await again.close()


async def test_a_row_that_no_column_holds_is_left_out_and_told(store: Store, rows: Rows, troubles: Any) -> None:
    for received_us, volume in enumerate((1, 2**70, float("nan"), 4)):
        store.recorder.record_quote(received_us, a_quote(volume=volume))
    store.recorder.record_trade(9, a_trade(price=float("nan")))
    await store.recorder.flushed()
    assert rows("SELECT volume FROM quote") == [(1,), (None,), (4,)]
    assert rows("SELECT count(*) FROM trade") == [(0,)]
    assert (await troubles.get()).startswith("2 recorded rows hold values that cannot be stored")


async def test_account_activity_that_no_column_holds_is_not_shown_in_the_log(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.recorder.record_activity(1, Activity("12345678", "OrderCreated", "sold \ud800"))
    await store.recorder.flushed()
    assert "an entry of account activity cannot be stored" in caplog.text
    assert "12345678" not in caplog.text
    assert "sold" not in caplog.text


async def test_facts_of_an_instrument_grow_and_are_never_emptied(store: Store) -> None:
    store.recorder.record_quote(1, a_quote("AAPL"))
    store.recorder.record_instruments([Instrument("AAPL", "Apple Inc", "NASDAQ", "EQUITY"), Instrument("SPY", "S&P")])
    store.recorder.record_instruments([Instrument("AAPL")])
    await store.recorder.flushed()
    assert await store.archive.find_instruments("AAPL") == [Instrument("AAPL", "Apple Inc", "NASDAQ", "EQUITY")]


async def test_the_audit_keeps_its_order(store: Store, rows: Rows) -> None:
    store.recorder.record_audit("sign-in", "Signed in to the sandbox.")
    store.recorder.record_audit("renewal", "The access token was renewed.")
    await store.recorder.flushed()
    assert rows("SELECT kind, sentence FROM audit ORDER BY id") == [
        ("sign-in", "Signed in to the sandbox."),
        ("renewal", "The access token was renewed."),
    ]


async def test_the_meter_counts_what_waits_and_what_is_on_disk(store: Store, path: Path) -> None:
    for received_us in range(50):
        store.recorder.record_quote(received_us, a_quote())
    meter = store.meter()
    assert meter.queued + meter.written <= 50
    await store.recorder.flushed()
    assert store.meter().queued == 0
    assert store.meter().written == 50
    assert store.meter().bytes >= path.stat().st_size

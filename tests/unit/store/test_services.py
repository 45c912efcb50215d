"""What the streamer's other services send, the holes between, and what could not be read: on disk, and bounded."""

import asyncio
import json
from pathlib import Path

import pytest

from monitor.market.activity import Activity
from monitor.market.book import BookService
from monitor.market.gap import Cause, Gap
from monitor.market.headline import Headline
from monitor.market.screener import Ranked, Screener
from monitor.store import Store, open_store, opening
from tests.support.builders import a_book
from tests.unit.store.conftest import Rows


async def test_details_keep_their_digits(store: Store, rows: Rows) -> None:
    details = {"strike": 210, "delta": 0.5210, "underlying": "AAPL", "penny_pilot": True}
    store.recorder.record_details(5, "AAPL  250620C00210000", details)
    await store.recorder.flushed()
    ((symbol, received_us, text),) = rows(
        "SELECT symbol, received_us, details FROM quote_detail JOIN instrument ON id = instrument_id"
    )
    assert (symbol, received_us) == ("AAPL  250620C00210000", 5)
    assert json.loads(text) == details
    assert '"strike":210,' in text


async def test_a_screener_is_kept_with_its_ranking(store: Store, rows: Rows) -> None:
    ranked = (Ranked("NVDA", "NVIDIA", 135.5, volume=10**9), Ranked("AAPL", last=214))
    store.recorder.record_screener(6, "SCREENER_EQUITY", Screener("NASDAQ_VOLUME_30", 77, "VOLUME", 30, ranked))
    await store.recorder.flushed()
    ((*key, text),) = rows("SELECT name, received_us, service, time, rows FROM screener")
    assert key == ["NASDAQ_VOLUME_30", 6, "SCREENER_EQUITY", 77]
    first, second = json.loads(text)
    assert (first["symbol"], first["last"], first["volume"]) == ("NVDA", 135.5, 10**9)
    assert second == {"symbol": "AAPL", "last": 214}


async def test_activity_and_headlines_are_kept_as_sent(store: Store, rows: Rows) -> None:
    store.recorder.record_activity(7, Activity("123", "OrderCreated", '{"a": 1}', 4))
    store.recorder.record_headline(8, Headline("story-1", 99, "Up “again”", ("AAPL", "MSFT"), "DJ", "More …"))
    await store.recorder.flushed()
    assert rows("SELECT received_us, account, kind, text FROM activity") == [(7, "123", "OrderCreated", '{"a": 1}')]
    assert rows("SELECT received_us, time, story, text, symbols, source, teaser FROM headline") == [
        (8, 99, "story-1", "Up “again”", "AAPL MSFT", "DJ", "More …")
    ]


async def test_a_gap_is_one_row_from_its_beginning_to_its_end(store: Store, rows: Rows) -> None:
    store.recorder.record_gap(Gap("LEVELONE_EQUITIES", 100, Cause.CONNECTION, sentence="The connection was lost."))
    await store.recorder.flushed()
    assert rows("SELECT to_ms, cause FROM gap") == [(None, "connection")]
    store.recorder.record_gap(Gap("LEVELONE_EQUITIES", 100, Cause.SLEEP, 250, sentence="The machine slept."))
    await store.recorder.flushed()
    assert rows("SELECT service, symbol, from_ms, to_ms, cause, sentence FROM gap") == [
        ("LEVELONE_EQUITIES", "", 100, 250, "sleep", "The machine slept.")
    ]


async def test_gaps_of_a_symbol_are_its_own_and_those_of_whole_services(store: Store) -> None:
    whole = Gap("LEVELONE_EQUITIES", 100, Cause.CONNECTION, 200)
    own = Gap("NASDAQ_BOOK", 150, Cause.SILENCE, 300, "AAPL")
    lasting = Gap("CHART_EQUITY", 400, Cause.REFUSED, None, "AAPL", "Schwab does not send it.")
    for gap in (lasting, own, whole, Gap("NASDAQ_BOOK", 150, Cause.SILENCE, 300, "MSFT")):
        store.recorder.record_gap(gap)
    await store.recorder.flushed()
    assert await store.archive.gaps("AAPL") == [whole, own, lasting]
    assert await store.archive.gaps("AAPL", 200, 400) == [own]
    assert await store.archive.gaps("AAPL", 500) == [lasting]
    assert await store.archive.gaps("SPY", 0, 101) == [whole]


async def test_a_gap_that_a_killed_program_left_open_ends_when_the_next_one_opens(
    path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_store(path, sandbox=True, on_trouble=print)
    first.recorder.record_gap(Gap("CHART_EQUITY", 1_000, Cause.CONNECTION, 1_500))
    first.recorder.record_gap(Gap("CHART_EQUITY", 2_000, Cause.CONNECTION))
    await first.recorder.flushed()
    await first._writer.close()  # as a killed program leaves it: nobody closes the gap
    await first._reader.close()
    first._lock.release()
    monkeypatch.setattr(opening, "now_ms", lambda: 9_000)
    await open_store(path, sandbox=True, on_trouble=print).close()
    assert rows("SELECT from_ms, to_ms FROM gap ORDER BY from_ms") == [(1_000, 1_500), (2_000, 9_000)]


async def test_a_gap_that_lasts_to_the_end_of_the_program_ends_with_it(path: Path, rows: Rows) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    store.recorder.record_gap(Gap("CHART_EQUITY", 1_000, Cause.CONNECTION))
    store.recorder.record_gap(Gap("CHART_EQUITY", 2_000, Cause.CONNECTION))
    store.recorder.record_gap(Gap("CHART_EQUITY", 2_000, Cause.CONNECTION, 2_500))
    await store.close()
    ((first,), (second,)) = rows("SELECT to_ms FROM gap ORDER BY from_ms")
    assert first > 1_000
    assert second == 2_500


@pytest.mark.parametrize("newest", range(7))
async def test_stamps_go_on_after_the_newest_of_any_table(path: Path, newest: int) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    stamps = [50 if kind == newest else 40 for kind in range(7)]
    record = store.recorder
    record.record_details(stamps[0], "X", {})
    record.record_screener(stamps[1], "SCREENER_EQUITY", Screener("A"))
    record.record_screener(stamps[2], "SCREENER_EQUITY", Screener("B"))
    record.record_activity(stamps[3], Activity("1", "x", "{}"))
    record.record_headline(stamps[4], Headline("s", 1, "t"))
    record.record_rejected(stamps[5], "json", b"?", "why")
    record.record_book(stamps[6], BookService.OPTIONS, a_book())
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert again.last_received_us() == 50
    await again.close()


async def test_the_quarantine_keeps_the_newest_thousand(store: Store, rows: Rows) -> None:
    for received_us in range(1, 1_501):
        store.recorder.record_rejected(received_us, "json", b"{", "not JSON")
        if received_us == 700:
            await store.recorder.flushed()
    await store.recorder.flushed()
    assert rows("SELECT count(*), min(received_us), max(received_us) FROM quarantine") == [(1_000, 501, 1_500)]


async def test_the_quarantine_is_bounded_in_bytes_and_holds_any_bytes_as_text(store: Store, rows: Rows) -> None:
    for received_us in range(1, 101):
        store.recorder.record_rejected(received_us, "huge", b"\x00" * 100_000, "too large")
    store.recorder.record_rejected(101, "binary", b"\xff\x00A\xed\xa0\x80", "not JSON")
    await store.recorder.flushed()
    kept, total, newest = rows("SELECT count(*), sum(length(CAST(raw AS BLOB))), max(received_us) FROM quarantine")[0]
    assert 60 <= kept <= 64
    assert total <= 4 * 1024 * 1024
    assert newest == 101
    assert rows("SELECT CAST(raw AS BLOB) FROM quarantine WHERE received_us = 101")[0][0].decode() == "�\x00A���"


async def test_a_row_of_any_kind_that_cannot_be_stored_leaves_the_others_alone(
    store: Store, rows: Rows, troubles: "asyncio.Queue[str]"
) -> None:
    store.recorder.record_headline(1, Headline("s", 2**70, "too late"))
    store.recorder.record_headline(2, Headline("s", 3, "in time"))
    await store.recorder.flushed()
    assert rows("SELECT text FROM headline") == [("in time",)]
    assert (await troubles.get()).startswith("1 recorded rows hold values")

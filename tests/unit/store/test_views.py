"""The views named for people: what they show, and that they run along the keys."""

from pathlib import Path

import pytest

from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.store import Store
from tests.support.builders import a_bar, a_book, a_quote, a_trade
from tests.unit.store.conftest import Rows

#: Friday 20 November 2026, 14:30:00.125 UTC.
AT_MS = 1_795_185_000_125


async def test_quotes_and_the_latest_of_each_symbol(store: Store, rows: Rows) -> None:
    for step, bid in enumerate((10.5, 11.0)):
        store.recorder.record_quote(AT_MS * 1000 + step, a_quote("AAPL", bid=bid, quote_time=AT_MS))
    store.recorder.record_quote(AT_MS * 1000 + 999, a_quote("MSFT", bid=20))
    await store.recorder.flushed()
    at = "2026-11-20 14:30:00.125"
    assert rows("SELECT received_utc, bid, quote_utc FROM quotes WHERE symbol = 'AAPL' ORDER BY received_us DESC") == [
        (at, 11.0, at),
        (at, 10.5, at),
    ]
    assert rows("SELECT symbol, bid, received_utc, quote_utc FROM latest ORDER BY symbol") == [
        ("AAPL", 11.0, at, at),
        ("MSFT", 20, at, None),
    ]


async def test_bars_by_minute_and_day(store: Store, rows: Rows) -> None:
    midnight = 1_795_150_800_000  # in New York
    store.recorder.record_bars(
        [a_bar("AAPL", at=AT_MS // 60_000 * 60_000), a_bar("AAPL", interval=Interval.DAY, at=midnight)]
    )
    await store.recorder.flushed()
    assert rows("SELECT symbol, start_utc FROM bars_1m") == [("AAPL", "2026-11-20 14:30:00.000")]
    assert rows("SELECT symbol, day FROM bars_1d") == [("AAPL", "2026-11-20")]


async def test_prints_and_books(store: Store, rows: Rows) -> None:
    store.recorder.record_trade(AT_MS * 1000, a_trade("AAPL", at=AT_MS))
    store.recorder.record_book(AT_MS * 1000, BookService.NASDAQ, a_book("AAPL", at=AT_MS))
    await store.recorder.flushed()
    assert rows("SELECT symbol, utc FROM trades") == [("AAPL", "2026-11-20 14:30:00.125")]
    assert rows("SELECT symbol, service, book_utc FROM books") == [
        ("AAPL", BookService.NASDAQ.value, "2026-11-20 14:30:00.125")
    ]


@pytest.mark.parametrize("view", ["quotes", "trades", "bars_1m", "bars_1d"])
async def test_a_symbol_and_a_stretch_of_time_are_found_along_the_key(store: Store, rows: Rows, view: str) -> None:
    time = "start_ms" if view.startswith("bars") else "received_us"
    question = f"SELECT * FROM {view} WHERE symbol = 'AAPL' AND {time} BETWEEN 1 AND 2 ORDER BY {time} DESC LIMIT 9"
    plan = [detail for *_, detail in rows(f"EXPLAIN QUERY PLAN {question}")]
    assert len(plan) == 2
    assert plan[0].endswith("(symbol=?)")
    assert "USING PRIMARY KEY (instrument_id=?" in plan[1]
    assert f"{time}>? AND {time}<?" in plan[1]


async def test_the_latest_quotes_cost_a_seek_each(store: Store, rows: Rows) -> None:
    plan = [detail for *_, detail in rows("EXPLAIN QUERY PLAN SELECT * FROM latest")]
    assert [line for line in plan if "SCAN" in line] == ["SCAN instrument"]
    assert any("quote USING PRIMARY KEY (instrument_id=? AND received_us=?)" in line for line in plan)


async def test_books_of_a_service_and_a_stretch_of_time_are_found_along_the_key(store: Store, rows: Rows) -> None:
    question = "SELECT * FROM books WHERE symbol = 'AAPL' AND service = 'NYSE_BOOK' AND received_us BETWEEN 1 AND 2"
    plan = [detail for *_, detail in rows(f"EXPLAIN QUERY PLAN {question} ORDER BY received_us DESC")]
    key = "(instrument_id=? AND venue=? AND received_us>? AND received_us<?)"
    assert plan[1:] == [f"SEARCH book USING INDEX sqlite_autoindex_book_1 {key}"]


async def test_a_query_reads_the_levels_of_a_book(store: Store) -> None:
    """The question and the program of docs/storage.md."""
    book = a_book("AAPL", at=AT_MS)
    store.recorder.record_book(AT_MS * 1000, BookService.NASDAQ, book)
    await store.recorder.flushed()
    storage = (Path(__file__).parents[3] / "docs" / "storage.md").read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in storage.split("```sql\n")[1:]]
    question = next(each for each in examples if "levels_json" in each)
    answer = await store.queries.ask(question)
    assert answer.rows[0] == (book.bids[0].price, book.bids[0].size)
    odd = await store.queries.ask(
        "SELECT levels_json(x'0102'), levels_json(NULL), levels_json(5), levels_json(x'789c')"
    )
    assert odd.rows == [(None, None, None, None)]


async def test_a_program_reads_the_levels_of_a_book(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = a_book("AAPL", at=AT_MS)
    store.recorder.record_book(AT_MS * 1000, BookService.NASDAQ, book)
    await store.recorder.flushed()
    storage = (Path(__file__).parents[3] / "docs" / "storage.md").read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in storage.split("```python\n")[1:]]
    program = next(each for each in examples if "as_json" in each)
    monkeypatch.chdir(path.parent)
    exec(compile(program, "storage.md", "exec"), {})  # noqa: S102  it is ours
    assert capsys.readouterr().out == f"{AT_MS * 1000} {book.bids[0].price} {book.asks[0].price}\n"

"""Reading: instruments found as people type, and questions that may not last."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.market.instrument import Instrument
from monitor.store import Store
from monitor.store.connect import connect_reading
from monitor.store.reader import Reader
from tests.support.builders import a_quote

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
async def known(store: Store) -> Store:
    store.recorder.record_instruments(
        [
            Instrument("APP", "AppLovin Corp"),
            Instrument("AAPL", "Apple Inc"),
            Instrument("AA", "Alcoa Corp"),
            Instrument("APLE", "Apple Hospitality REIT"),
            Instrument("BRK/B", "Berkshire Hathaway"),
            Instrument("$SPX", "S&P 500 Index"),
        ]
    )
    await store.recorder.flushed()
    return store


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("aap", ["AAPL"]),
        ("AA", ["AA", "AAPL"]),
        ("app", ["APP", "AAPL", "APLE"]),
        ("apple hosp", ["APLE"]),
        ("hathaway", ["BRK/B"]),
        ("brk/", ["BRK/B"]),
        ("$", ["$SPX"]),
        ("500", ["$SPX"]),
        ('" OR 1 --', []),
        ("%", []),
        ("  ", []),
    ],
)
async def test_symbols_that_begin_so_come_before_descriptions(known: Store, text: str, symbols: list[str]) -> None:
    assert [found.symbol for found in await known.archive.find_instruments(text)] == symbols


async def test_no_more_are_found_than_asked_for(known: Store) -> None:
    assert [found.symbol for found in await known.archive.find_instruments("a", limit=2)] == ["AA", "AAPL"]


async def test_a_new_description_replaces_the_old_one_in_the_search(known: Store) -> None:
    known.recorder.record_instruments([Instrument("AA", "Howmet Aerospace")])
    await known.recorder.flushed()
    assert [found.symbol for found in await known.archive.find_instruments("alcoa")] == []
    assert [found.symbol for found in await known.archive.find_instruments("howmet")] == ["AA"]


@pytest.fixture
async def reader(store: Store, path: Path) -> AsyncIterator[Reader]:
    reader = Reader(path)
    yield reader
    await reader.close()


async def test_a_question_that_lasts_too_long_is_stopped(reader: Reader) -> None:
    with pytest.raises(StoreUnavailable, match="took too long"):
        await reader.ask(lambda connection: connection.execute(ENDLESS).fetchone(), limit_seconds=0.01)
    assert await reader.ask(lambda connection: connection.execute("SELECT 1").fetchone()) == (1,)


async def test_closing_stops_a_question_under_way(reader: Reader) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def question(connection: sqlite3.Connection) -> object:
        loop.call_soon_threadsafe(begun.set)
        return connection.execute(ENDLESS).fetchone()

    asked = asyncio.create_task(reader.ask(question, limit_seconds=None))
    await begun.wait()
    await reader.close()
    with pytest.raises(StoreUnavailable):
        await asked


async def test_a_reader_cannot_write(store: Store, path: Path) -> None:
    store.recorder.record_quote(1, a_quote())
    await store.recorder.flushed()
    with closing(connect_reading(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM quote")

"""Days that are old enough to move, and a market recorded on them."""

import random
from datetime import date, time, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from monitor.clock import now_ms
from monitor.market.book import BookService
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.screener import Screener
from monitor.ports import ExportRequest, Moved, StorageRules
from monitor.store import Store
from tests.support.builders import a_book, a_quote, a_trade

RULES = StorageRules()
SYMBOLS = "AAPL", "MSFT", "/ESH26"


def days_ago(days: int) -> date:
    return from_ms(now_ms()).date() - timedelta(days=days)


def stamp(day: date, clock: time = time(12)) -> int:
    """A time of receipt, µs UTC."""
    return at_new_york(day, clock) * 1000


def record_day(store: Store, day: date, rows: int = 60, symbols: tuple[str, ...] = SYMBOLS) -> None:
    """So many rows of every streamed table and symbol, integers and floats mixed."""
    rng = random.Random(day.toordinal())
    us = stamp(day)
    for n in range(rows):
        for symbol in symbols:
            us += rng.randrange(1, 5_000_000)
            price = rng.choice([214, 214.0, 214.25, 0.1, 1e-7])
            store.recorder.record_quote(us, a_quote(symbol, bid=price, last=rng.choice([None, 3]), volume=n))
            store.recorder.record_details(us, symbol, {"delta": 0.5, "strike": n})
            store.recorder.record_trade(us, a_trade(symbol, at=us // 1000, price=price, size=n))
            venue = rng.choice([BookService.NASDAQ, BookService.NYSE])
            store.recorder.record_book(us, venue, a_book(symbol, at=us // 1000))
        store.recorder.record_screener(us, "SCREENER_EQUITY", Screener("NASDAQ_VOLUME_30", us // 1000, ()))


async def moved(store: Store, rules: StorageRules = RULES) -> Moved:
    await store.recorder.flushed()
    return await store.tiers.move(rules, lambda _: None, lambda: False)


async def exported(store: Store, folder: Path, symbols: tuple[str, ...] = SYMBOLS) -> dict[str, bytes]:
    """The files of every kind of export that reads streamed rows; of Parquet the values, ``quotes.parquet``."""
    await store.recorder.flushed()
    folder.mkdir(exist_ok=True)
    files = {}
    for what in ("quotes", "trades", "book"):
        for suffix in ("csv", "parquet"):
            request = ExportRequest(what, symbols, folder / f"{what}.{suffix}")
            result = await store.exporter.export(request, lambda _done, _total: None, lambda: False)
            assert result is not None
            assert result.troubles == ()
        files[what] = (folder / f"{what}.csv").read_bytes()
        files[f"{what}.parquet"] = str(pq.read_table(folder / f"{what}.parquet").to_pylist()).encode()
    return files


@pytest.fixture
def warm(path: Path) -> Path:
    return path.parent / "warm"

"""Days that are old enough to move: a market recorded on them, moved, cut short at it, and read from all tiers."""

import random
import sqlite3
from collections.abc import Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from monitor.clock import now_ms
from monitor.errors import BadData
from monitor.market.book import BookService
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.screener import Screener
from monitor.ports import ExportRequest, Moved, StorageRules
from monitor.store import Store
from monitor.store.tiers.ledger import DropRows, NoteFile, Relocate, SetState
from tests.support.builders import a_book, a_quote, a_trade

RULES = StorageRules()
#: What the writer is given of a move.
Step = type[NoteFile | DropRows | SetState | Relocate]
SYMBOLS = "AAPL", "MSFT", "/ESH26"


def days_ago(days: int) -> date:
    return from_ms(now_ms()).date() - timedelta(days=days)


def stamp(day: date, clock: time = time(12)) -> int:
    """A time of receipt, µs UTC."""
    return at_new_york(day, clock) * 1000


def record_days(store: Store, *days: date, rows: int = 60, symbols: Sequence[str] = SYMBOLS) -> None:
    """On each day so many rows of every streamed table and symbol, integers and floats mixed."""
    for day in days:
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


async def cut_short(store: Store, step: Step, after: int = 0, rules: StorageRules = RULES) -> None:
    """Move what is old, until the writer is to take that step once more than ``after`` times."""
    run, calls = step.run, list[object]()

    def refuse(own: Any, connection: sqlite3.Connection) -> object:
        calls.append(own)
        if len(calls) > after:
            raise BadData("cut")
        return run(own, connection)

    with pytest.MonkeyPatch.context() as cutting:
        cutting.setattr(step, "run", refuse)
        with pytest.raises(BadData, match="cut"):
            await moved(store, rules)


async def exported(store: Store, folder: Path, symbols: Sequence[str] = SYMBOLS) -> dict[str, bytes]:
    """The files of every kind of export that reads streamed rows; of Parquet the values, ``quotes.parquet``."""
    await store.recorder.flushed()
    folder.mkdir(exist_ok=True)
    files = {}
    for what in ("quotes", "trades", "book"):
        for suffix in ("csv", "parquet"):
            request = ExportRequest(what, tuple(symbols), folder / f"{what}.{suffix}")
            result = await store.exporter.export(request, lambda _done, _total: None, lambda: False)
            assert result is not None
            assert result.troubles == ()
        files[what] = (folder / f"{what}.csv").read_bytes()
        files[f"{what}.parquet"] = str(pq.read_table(folder / f"{what}.parquet").to_pylist()).encode()
    return files


async def recorded_and_moved(
    store: Store,
    folder: Path,
    *days: date,
    rows: int = 60,
    symbols: Sequence[str] = SYMBOLS,
    rules: StorageRules = RULES,
) -> dict[str, bytes]:
    """Record days, and move those that are old; gives what was exported before that into ``folder / "before"``."""
    record_days(store, *days, rows=rows, symbols=symbols)
    before = await exported(store, folder / "before", symbols)
    assert (await moved(store, rules)).troubles == ()
    return before

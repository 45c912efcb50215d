"""Exported rows a second: CSV beside Python's csv module, Parquet beside pandas, over the same rows in one run.

Run: ``python -m benchmarks.export``. Both read the same minute bars, and the same quotes, from the same SQLite file
and write the same file: in CSV the times as text with New York's offset, in Parquet as timestamps of that zone. Rates
are by processor time, which other programs on the machine disturb least; the best of five runs each.
"""

import asyncio
import csv
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from benchmarks.report import report
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import NEW_YORK
from monitor.market.quote import Quote
from monitor.ports import ExportRequest
from monitor.store import Store, open_store

BARS, SYMBOLS, RUNS = 40_000, 5, 5
_FIRST_MS = 1_780_000_020_000
_HEADER = ("symbol", "interval", "start", "open", "high", "low", "close", "volume", "source")
_ROWS = """
SELECT symbol, '1m', start_ms, open, high, low, close, volume, source FROM bar
JOIN instrument ON instrument.id = instrument_id WHERE interval_s = 60 ORDER BY symbol, start_ms
"""
_QUOTES = """
SELECT symbol, received_us AS received, bid, ask, last, bid_size, ask_size, last_size, volume, quote_time, trade_time
FROM quote JOIN instrument ON instrument.id = instrument_id ORDER BY symbol, received_us
"""


def bars() -> list[Bar]:
    """Minutes one after the other, as a price walks."""
    rng, found = random.Random(7), []
    for symbol in range(SYMBOLS):
        close = 100.0
        for number in range(BARS):
            opened, close = close, round(max(close + rng.gauss(0, 0.2), 1), 2)
            high, low = (round(side(opened, close) + off, 2) for side, off in ((max, 0.05), (min, -0.05)))
            start = _FIRST_MS + 60_000 * number
            volume = rng.randrange(100, 90_000)
            found.append(Bar(f"S{symbol}", Interval.M1, start, opened, high, low, close, volume, BarSource.STREAM))
    return found


def quotes() -> Iterator[tuple[int, Quote]]:
    """As many quotes as there are bars, a second apart, each with its time of receipt in µs UTC."""
    rng = random.Random(8)
    for symbol in range(SYMBOLS):
        last, volume = 100.0, 0
        for number in range(BARS):
            at, last, volume = _FIRST_MS + 1000 * number, round(max(last + rng.gauss(0, 0.02), 1), 2), volume + 100
            bid, ask = round(last - 0.01, 2), round(last + 0.01, 2)
            sizes = {name: rng.randrange(1, 40) * 100 for name in ("bid_size", "ask_size", "last_size")}
            times = {"quote_time": at, "trade_time": at}
            quote = Quote(symbol=f"S{symbol}", bid=bid, ask=ask, last=last, volume=volume, **sizes, **times)
            yield at * 1000 + symbol, quote


def csv_module(database: Path, out: Path) -> None:
    """What is written by hand: a row at a time into ``csv.writer``."""
    connection = sqlite3.connect(database)
    with out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADER)
        for symbol, interval, start, *rest in connection.execute(_ROWS):
            moment = datetime.fromtimestamp(start / 1000, UTC).astimezone(NEW_YORK)
            writer.writerow((symbol, interval, moment.isoformat(timespec="milliseconds"), *rest))
    connection.close()


def pandas_parquet(database: Path, out: Path) -> None:
    """What is written by hand: ``read_sql`` and ``to_parquet``."""
    connection = sqlite3.connect(database)
    frame = pd.read_sql_query(_ROWS, connection)
    connection.close()
    frame.columns = pd.Index(_HEADER)
    frame["start"] = pd.to_datetime(frame["start"], unit="ms", utc=True).dt.tz_convert("America/New_York")
    frame.to_parquet(out, compression="zstd", index=False)


def pandas_quotes(database: Path, out: Path) -> None:
    """Quotes written by hand, in the same way."""
    connection = sqlite3.connect(database)
    frame = pd.read_sql_query(_QUOTES, connection)
    connection.close()
    for name, unit in (("received", "us"), ("quote_time", "ms"), ("trade_time", "ms")):
        frame[name] = pd.to_datetime(frame[name], unit=unit, utc=True).dt.tz_convert("America/New_York")
    frame.to_parquet(out, compression="zstd", index=False)


def pandas_csv(database: Path, out: Path) -> None:
    """The same table as CSV, times as pandas writes them."""
    connection = sqlite3.connect(database)
    frame = pd.read_sql_query(_ROWS, connection)
    connection.close()
    frame["start_ms"] = pd.to_datetime(frame["start_ms"], unit="ms", utc=True).dt.tz_convert("America/New_York")
    frame.to_csv(out, index=False)


async def ours(store: Store, what: str, out: Path) -> None:
    symbols = tuple(f"S{number}" for number in range(SYMBOLS))
    request = ExportRequest(what, symbols, out, sidecar=False)
    await store.exporter.export(request, lambda _done, _total: None, lambda: False)


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "monitor.db"
        store = open_store(database, sandbox=True, on_trouble=print)
        store.recorder.record_bars(bars())
        for received_us, quote in quotes():
            store.recorder.record_quote(received_us, quote)
        await store.recorder.flushed()
        best: dict[str, float] = {}

        def peer(what: str, write: Callable[[Path, Path], None], suffix: str) -> None:
            started = time.process_time()
            write(database, folder / f"{what}.{suffix}")
            best[what] = min(best.get(what, 1e9), time.process_time() - started)

        for _ in range(RUNS):
            for told, what, suffix in (
                ("csv", "bars", "csv"),
                ("parquet", "bars", "parquet"),
                ("quotes_parquet", "quotes", "parquet"),
            ):
                started = time.process_time()
                await ours(store, what, folder / f"{what}.{suffix}")
                best[told] = min(best.get(told, 1e9), time.process_time() - started)
            peer("csv_module", csv_module, "csv")
            peer("pandas_parquet", pandas_parquet, "parquet")
            peer("pandas_quotes_parquet", pandas_quotes, "parquet")
            peer("pandas_csv", pandas_csv, "csv")
        await store.close()
        assert (folder / "bars.csv").read_bytes() == (folder / "csv_module.csv").read_bytes()
        assert len(pd.read_parquet(folder / "bars.parquet")) == BARS * SYMBOLS
        theirs = pd.read_parquet(folder / "pandas_quotes_parquet.parquet")
        assert (pd.read_parquet(folder / "quotes.parquet")[theirs.columns] == theirs).all(axis=None)
    rate = {what: round(BARS * SYMBOLS / seconds) for what, seconds in best.items()}
    figures = {
        **{f"{what}_rows_per_second": value for what, value in rate.items()},
        "csv_ratio": round(rate["csv"] / rate["csv_module"], 2),
        "csv_ratio_to_pandas": round(rate["csv"] / rate["pandas_csv"], 2),
        "parquet_ratio": round(rate["parquet"] / rate["pandas_parquet"], 2),
        "quotes_parquet_ratio": round(rate["quotes_parquet"] / rate["pandas_quotes_parquet"], 2),
        "parquet_ratio_to_csv_module": round(rate["parquet"] / rate["csv_module"], 2),
    }
    report("export", figures)


if __name__ == "__main__":
    asyncio.run(main())

"""A database of years: its size, what a crowd of quotes costs every question, and rows that move meanwhile.

Run: ``python -m benchmarks.years`` for a small one; the figures in the table are of ::

    python -m benchmarks.years --symbols 50 --years 10 --days 30 --quotes-a-day 500000 --crowd 85000000

Minutes of that many symbols and years are recorded with the longer bars made of them, then quotes of so many days, and
of the last six so many more (``crowd``). Beside it stands a database of the minutes alone. Both are asked the same, in
turn; ``…_crowded`` is the time in the large one by that in the small one, 1.0 where the crowd costs nothing. Then the
days that are older than a week move to files while 2,000 quotes a second come in: told are the rows moved a second, how
long the loop was away, and what was dropped (nothing).
"""

import argparse
import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path

import numpy as np

from benchmarks.report import report
from monitor.clock import now_ms
from monitor.market.bar import Bar, Interval
from monitor.market.calendar import Phase, at_new_york, from_ms, sessions
from monitor.market.quote import Quote
from monitor.ports import ExportRequest, StorageRules
from monitor.store import Store, open_for_reading, open_store

RUNS, WINDOW, RECORDED, STREAMED_A_SECOND = 7, 5_000, 100_000, 2_000
_SESSION_US = 23_400_000_000
Question = Callable[[], Awaitable[object]]


# ---------------------------------------------------------------------------------------------- filling


def minutes(symbol: str, years: int) -> list[Bar]:
    """The regular sessions of so many years until yesterday, prices in cents, ascending."""
    today = from_ms(now_ms()).date()
    days = (today - timedelta(days=n) for n in range(365 * years, 0, -1))
    starts = [
        start
        for day in days
        for session in sessions(day)
        if session.phase is Phase.REGULAR
        for start in range(session.start, session.end, 60_000)
    ]
    rng = np.random.default_rng(int(symbol[1:]))
    cents = np.maximum(10_000 + np.cumsum(rng.integers(-5, 6, len(starts))), 500).tolist()
    volumes = rng.lognormal(8, 1.2, len(starts)).astype(np.int64).tolist()
    return [
        Bar(symbol, Interval.M1, start, c / 100, (c + 3) / 100, (c - 3) / 100, (c + 1) / 100, volume)
        for start, c, volume in zip(starts, cents, volumes, strict=True)
    ]


async def fill_minutes(store: Store, symbols: list[str], years: int) -> None:
    for symbol in symbols:
        bars = minutes(symbol, years)
        for first in range(0, len(bars), 20_000):
            store.recorder.record_bars(bars[first : first + 20_000])
            await store.recorder.flushed()


def quotes(symbols: list[str], day: date, number: int, offset_us: int) -> Iterator[tuple[int, Quote]]:
    """That many quotes over a day's regular session."""
    begin_us = at_new_york(day, clock(9, 30)) * 1000 + offset_us
    for n in range(number):
        us = begin_us + n * _SESSION_US // number
        price = 100 + n % 977 / 100
        yield (
            us,
            Quote(
                symbol=symbols[n * 7 % len(symbols)],
                bid=price,
                ask=round(price + 0.02, 2),
                last=price,
                bid_size=n % 40 * 100,
                ask_size=300,
                last_size=100,
                volume=n * 100,
                quote_time=us // 1000,
                trade_time=us // 1000 - 3,
            ),
        )


async def fill_quotes(store: Store, symbols: list[str], days: int, a_day: int, crowd: int) -> None:
    today = from_ms(now_ms()).date()
    for ago in range(days, 0, -1):
        await _record(store, quotes(symbols, today - timedelta(days=ago), a_day, 0))
    for ago in range(6, 0, -1):
        await _record(store, quotes(symbols, today - timedelta(days=ago), crowd // 6, 1))


async def _record(store: Store, received: Iterator[tuple[int, Quote]]) -> None:
    for n, (us, quote) in enumerate(received, start=1):
        store.recorder.record_quote(us, quote)
        if n % 50_000 == 0:
            await store.recorder.flushed()
    await store.recorder.flushed()


# ---------------------------------------------------------------------------------------------- asking


def questions(store: Store, symbols: list[str], folder: Path) -> dict[str, Question]:
    symbol = symbols[3]
    archive = store.archive
    since = now_ms() - 20 * 86_400_000

    async def recorded() -> None:
        begin_us = now_ms() * 1000
        for n, (_, quote) in enumerate(quotes(symbols, from_ms(now_ms()).date(), RECORDED, 0)):
            store.recorder.record_quote(begin_us + n, quote)
        await store.recorder.flushed()

    async def exported(what: str, suffix: str) -> None:
        request = ExportRequest(what, (symbol,), folder / f"{what}{suffix}", start_ms=since, sidecar=False)
        await store.exporter.export(request, lambda _done, _total: None, lambda: False)

    return {
        "record_100000_quotes": recorded,
        "all_minutes_of_a_symbol": lambda: archive.bars(symbol, Interval.M1),
        "window_of_5000_minutes": lambda: archive.bars(
            symbol, Interval.M1, now_ms() - WINDOW // 390 * 7 // 5 * 86_400_000
        ),
        "all_hours_of_a_symbol": lambda: archive.bars(symbol, Interval.H1),
        "all_days_of_a_symbol": lambda: archive.bars(symbol, Interval.DAY),
        "csv_of_20_days_of_minutes": lambda: exported("bars", ".csv"),
        "find_a_symbol": lambda: archive.find_instruments("S0", 20),
    }


async def asked_in_turn(small: dict[str, Question], large: dict[str, Question]) -> dict[str, float]:
    """The best time of each question in the large database, in ms, and that by the best in the small one."""
    found = {}
    for name, ask in large.items():
        await small[name]()  # where it is the first, what it needs is not there yet
        await ask()
        best = [float("inf")] * 2
        for _ in range(RUNS):
            for place, each in enumerate((small[name], ask)):
                began = time.perf_counter()
                await each()
                best[place] = min(best[place], (time.perf_counter() - began) * 1000)
        found[f"{name}_ms"] = round(best[1], 2)
        found[f"{name}_crowded"] = round(best[1] / best[0], 2)
    return found


async def quote_questions(path: Path) -> dict[str, float]:
    """Times of what only quotes can answer, in ms: in the large database alone."""
    found, today = {}, from_ms(now_ms()).date()
    noon_us = at_new_york(today - timedelta(days=2), clock(12)) * 1000
    for name, sql, values in (
        ("latest_of_all_symbols", "SELECT count(*) FROM latest", ()),
        (
            "an_hour_of_quotes",
            "SELECT bid, ask FROM quote WHERE instrument_id = 1 AND received_us BETWEEN ? AND ?",
            (noon_us, noon_us + 3_600_000_000),
        ),
    ):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            began = time.perf_counter()
            rows = connection.execute(sql, values).fetchall()
            found[f"{name}_ms"] = round((time.perf_counter() - began) * 1000, 2)
            found[f"{name}_rows"] = len(rows)
    return found


# ---------------------------------------------------------------------------------------------- sizes and moving


async def sizes(path: Path) -> dict[str, float]:
    """Rows, bytes and bytes a row of the tables that hold the most."""
    store = open_for_reading(path)
    facts = await store.facts()
    await store.close()
    found: dict[str, float] = {"database_mb": round(facts.bytes / 1e6)}
    for table, size in list(facts.table_bytes.items())[:4]:
        rows = facts.rows.get(table, 0)
        found |= {f"{table}_rows": rows, f"{table}_mb": round(size / 1e6)}
        if rows:
            found[f"{table}_bytes_a_row"] = round(size / rows, 1)
    return found


async def moved_beside_the_stream(store: Store, symbols: list[str]) -> dict[str, float]:
    began = time.perf_counter()
    moving = asyncio.create_task(store.tiers.move(StorageRules(), lambda _: None, lambda: False))
    recorded, longest, before = 0, 0.0, began
    first_us = now_ms() * 1000 + 10_000_000  # behind what was recorded so far
    stream = iter(quotes(symbols, from_ms(now_ms()).date(), 10**9, 0))
    while not moving.done():
        while recorded < (time.perf_counter() - began) * STREAMED_A_SECOND:
            store.recorder.record_quote(first_us + recorded, next(stream)[1])
            recorded += 1
        await asyncio.sleep(0.002)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    came = await moving
    seconds = time.perf_counter() - began
    await store.recorder.flushed()
    assert not came.troubles, came.troubles
    return {
        "moved_rows": came.rows,
        "moved_days": came.days,
        "moved_rows_per_second": round(came.rows / seconds),
        "streamed_meanwhile": recorded,
        "loop_away_ms": round(longest * 1000, 1),
        "first_us": first_us,
    }


def counted(path: Path, first_us: int) -> dict[str, int]:
    """Rows in the database before the stream, since, and in files."""
    with closing(sqlite3.connect(path)) as connection:
        one = lambda sql, *values: connection.execute(sql, values).fetchone()[0]  # noqa: E731
        return {
            "before": one("SELECT count(*) FROM quote WHERE received_us < ?", first_us),
            "since": one("SELECT count(*) FROM quote WHERE received_us >= ?", first_us),
            "files": one("SELECT ifnull(sum(rows), 0) FROM tier_file"),
            "file_bytes": one("SELECT ifnull(sum(bytes), 0) FROM tier_file"),
        }


async def figures(folder: Path, chosen: argparse.Namespace) -> dict[str, float]:
    symbols = [f"S{n:03d}" for n in range(chosen.symbols)]
    small, large = folder / "small" / "monitor.db", folder / "large" / "monitor.db"
    if not large.exists():
        store = open_store(small, sandbox=True, on_trouble=print)
        await fill_minutes(store, symbols, chosen.years)
        await store.close()
        large.parent.mkdir()
        shutil.copy(small, large)
        store = open_store(large, sandbox=True, on_trouble=print)
        await fill_quotes(store, symbols, chosen.days, chosen.quotes_a_day, chosen.crowd)
        await store.close()
    if chosen.fill_only:
        return {}
    stores = [open_store(path, sandbox=True, on_trouble=print) for path in (small, large)]
    found = await sizes(large)
    for store in stores:  # has them packed
        await store.archive.bars(symbols[3], Interval.M1)
        await store.recorder.flushed()
    found |= await asked_in_turn(*(questions(store, symbols, folder) for store in stores))
    found |= await quote_questions(large)
    await stores[0].close()
    if chosen.ask_only:
        await stores[1].close()
        return found
    before = counted(large, 2**62)
    moved = await moved_beside_the_stream(stores[1], symbols)
    await stores[1].close()
    after = counted(large, int(moved.pop("first_us")))
    assert after["before"] + after["files"] == before["before"] + before["files"]
    found |= moved
    found["dropped"] = moved["streamed_meanwhile"] - after["since"]
    found["files_bytes_a_row"] = round(after["file_bytes"] / max(after["files"], 1), 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, number in (("symbols", 5), ("years", 1), ("days", 9), ("quotes-a-day", 20_000), ("crowd", 500_000)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--folder", type=Path, help="keep the databases there, and take them again the next time")
    parser.add_argument("--fill-only", action="store_true", help="make the databases and end")
    parser.add_argument("--ask-only", action="store_true", help="move nothing")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = asyncio.run(figures(chosen.folder or Path(name), chosen))
    if found:
        report("years", found)


if __name__ == "__main__":
    main()

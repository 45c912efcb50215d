"""The window under load: what a day's stream costs, and how soon a flood is on the screen.

Run: ``python -m benchmarks.load [--minutes 10]``. The sandbox runs in a process of its own, the window offscreen in
this one.

- *day*: 500 quotes once a second, 20 books twice a second, 500 minute bars. Share of one core, growth of memory after
  the first minute (after half the time in shorter runs), and what was not heard or not recorded.
- *flood*: 5 thousand quotes a second. From the sandbox's stamp to the end of the paint that showed it, for the symbols
  in sight; the longest that the loop was away from everything else; and what was not heard or not recorded.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import logging
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

import numpy as np
import psutil
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from benchmarks.report import report
from benchmarks.stream import signed_in
from monitor.apps.screen import _view_ports
from monitor.apps.settings import Settings
from monitor.apps.wiring import DATABASE, Services
from monitor.collect.streaming import Streaming
from monitor.live.events import BoardChanged
from monitor.market.quote import Quote
from monitor.ports import Profile, Wanted
from monitor.sandbox.market.universe import universe
from monitor.ui.theme import Theme
from monitor.ui.watchlist.table import WatchlistTable
from monitor.ui.window import MainWindow
from tests.support.sandbox import RunningSandbox, running_sandbox

SYMBOLS, BOOKS, LEVELS = 500, 20, 20
FLOOD = 5_000
_SETTLE_SECONDS, _QUIET_SECONDS, _TICK = 8.0, 2.0, 0.005
_SLOTS = 4  # a second; a quarter of the quotes in each, books in every other one


# ---------------------------------------------------------------------------------------------- what is streamed


def symbols() -> list[str]:
    return [f"S{number:03d}" for number in range(SYMBOLS)]


def write_day(file: Path, seconds: int) -> None:
    """A replay of so many seconds, in the times of now."""
    rng, known, first = random.Random(7), symbols(), time.time_ns() // 1_000_000
    volume = dict.fromkeys(known, 100_000)
    with gzip.open(file, "wb", compresslevel=1) as out:
        for slot in range(seconds * _SLOTS):
            passed = slot * 1000 // _SLOTS
            for service, content in _slot(rng, known, volume, slot, first + passed):
                data = [{"service": service, "timestamp": first + passed, "command": "SUBS", "content": content}]
                line = {"t": passed, "frame": {"data": data}}
                out.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


def _slot(
    rng: random.Random, known: list[str], volume: dict[str, int], slot: int, now: int
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield "LEVELONE_EQUITIES", [_quote(rng, symbol, volume, now) for symbol in known[slot % _SLOTS :: _SLOTS]]
    if slot % (_SLOTS // 2) == 0:
        yield "NASDAQ_BOOK", [_book(rng, symbol, now) for symbol in known[:BOOKS]]
    if slot % (60 * _SLOTS) == 0:
        start = now // 60_000 * 60_000 - 60_000
        prices = {"2": 100, "3": 101, "4": 99, "5": 100.5, "6": 1000, "7": start, "8": 1}
        yield "CHART_EQUITY", [{"seq": slot, "key": symbol, "1": slot} | prices for symbol in known]


def _quote(rng: random.Random, symbol: str, volume: dict[str, int], now: int) -> dict[str, Any]:
    price = round(rng.uniform(99, 101), 2)
    volume[symbol] += 100
    prices = {"1": price, "2": round(price + 0.02, 2), "3": price, "4": rng.randrange(1, 900), "5": 300}
    return {"key": symbol, **prices, "8": volume[symbol], "9": 100, "12": 100, "34": now, "35": now}


def _book(rng: random.Random, symbol: str, now: int) -> dict[str, Any]:
    def side(step: float) -> list[dict[str, Any]]:
        sizes = [rng.randrange(1, 9) * 100 for _ in range(LEVELS)]
        return [
            {"0": round(100 + step * n, 2), "1": size, "2": 1, "3": [{"0": "NSDQ", "1": size, "2": now % 86_400_000}]}
            for n, size in enumerate(sizes, start=1)
        ]

    return {"key": symbol, "1": now, "2": side(-0.01), "3": side(0.01)}


# ---------------------------------------------------------------------------------------------- what is measured


@dataclass
class Watch:
    """What the screen showed, and when: paints of the watchlist, and how old the quotes in it were."""

    window: MainWindow
    services: Services
    database: Path
    delays_ms: list[float] = field(default_factory=list)
    longest_stall: float = 0.0
    sent: dict[str, int] = field(default_factory=dict)
    awaited: dict[str, int] = field(default_factory=dict)

    def hear(self, changed: BoardChanged) -> None:
        """Note when the sandbox sent what the next paint will show; the panel has worked out its rows just before."""
        for symbol in changed.quotes & self._in_sight():
            self.awaited[symbol] = self.sent[symbol]

    def painted(self) -> None:
        now = time.time() * 1000
        self.delays_ms += [now - sent for sent in self.awaited.values()]
        self.awaited.clear()

    def forget(self) -> None:
        self.delays_ms.clear()
        self.longest_stall = 0.0

    async def watch_loop(self) -> None:
        """Whatever takes the loop for long, a frame above all, makes a short sleep a long one."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(_TICK)
            self.longest_stall = max(self.longest_stall, time.monotonic() - began - _TICK)

    def _in_sight(self) -> frozenset[str]:
        seen, symbols = self.window.watchlist.table.rows_in_sight(), self.window.watchlist.model.symbols
        return frozenset(symbols[seen.start : seen.stop])


@asynccontextmanager
async def open_window(base_url: str, watched: list[str], books: list[str]) -> AsyncIterator[tuple[Services, Watch]]:
    """The window on the sandbox's stream, with ``watched`` in its list. The body closes it."""
    async with signed_in(base_url) as (folder, services):
        await services.store.watchlists.create("Benchmark", watched)
        settings = Settings(folder)
        settings.set("symbol", watched[0])
        ports = _view_ports(services, settings, Profile(True, folder))
        window = MainWindow(ports, Theme(), keep_layout=False)
        window.show()
        services.subscriptions.want("benchmark", Wanted(frozenset(watched), frozenset(books), frozenset(watched)))
        await asyncio.sleep(1)
        window.watchlist.lists.show("Benchmark")
        watch = Watch(window, services, folder / DATABASE)
        services.bus.listen(BoardChanged, watch.hear)
        _TABLE_WATCHES[:] = [watch]
        try:
            yield services, watch
        finally:
            _TABLE_WATCHES.clear()
            await ports.tasks.close()
            window.deleteLater()


_TABLE_WATCHES: list[Watch] = []


def watch_paints() -> None:
    """From here on it is noted when what is heard was sent, and when a table has been painted.

    The program itself knows nothing of it.
    """
    paint, hear = WatchlistTable.paintEvent, Streaming.hear_quotes

    def note_and_hear(streaming: Streaming, changes: Sequence[Quote], sent_ms: int) -> None:
        for watch in _TABLE_WATCHES:
            watch.sent.update(dict.fromkeys((change.symbol for change in changes), sent_ms))
        hear(streaming, changes, sent_ms)

    def paint_and_tell(table: WatchlistTable, event: QPaintEvent) -> None:
        paint(table, event)
        for watch in _TABLE_WATCHES:
            watch.painted()

    Streaming.hear_quotes = note_and_hear  # type: ignore[method-assign]
    WatchlistTable.paintEvent = paint_and_tell  # type: ignore[method-assign]


async def _end(sandbox: RunningSandbox, services: Services, watch: Watch) -> int:
    """Close the window and want nothing more; gives how many quotes the sandbox has sent when all is quiet."""
    watch.window.close()
    services.subscriptions.want("benchmark", Wanted())
    await asyncio.sleep(_QUIET_SECONDS)
    await services.store.recorder.flushed()
    return int((await asyncio.to_thread(sandbox.status))["sent"]["LEVELONE_EQUITIES"]["items"])


def _rows(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM quote").fetchone()[0])


async def measure(sandbox: RunningSandbox, watched: list[str], books: list[str], seconds: float) -> dict[str, float]:
    process, memory = psutil.Process(), list[tuple[float, int]]()
    async with open_window(sandbox.base_url, watched, books) as (services, watch):
        await asyncio.sleep(_SETTLE_SECONDS)
        ticking = asyncio.create_task(watch.watch_loop())
        watch.forget()
        heard = sum(services.streaming.tally.items.values())
        used, began = _cpu(process), time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            memory.append((passed / 60, process.memory_info().rss))
            await asyncio.sleep(0.5)
        share = (_cpu(process) - used) / passed
        ticking.cancel()
        items = sum(services.streaming.tally.items.values()) - heard
        sent = await _end(sandbox, services, watch)
        quotes, delays = services.streaming.tally.items["LEVELONE_EQUITIES"], watch.delays_ms
        return {
            "core_share_percent": round(share * 100, 1),
            "memory_mb_a_minute": _slope(memory, min(1, seconds / 120)),
            "updates_seen": len(delays),
            "delay_ms_p50": _percentile(delays, 50),
            "delay_ms_p95": _percentile(delays, 95),
            "longest_stall_ms": round(watch.longest_stall * 1000, 1),
            "items_a_second": round(items / passed),
            "not_heard": sent - quotes,
            "not_recorded": quotes - await asyncio.to_thread(_rows, watch.database),
        }


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _slope(memory: list[tuple[float, int]], from_minute: float) -> float:
    later = [(minute, rss) for minute, rss in memory if minute >= from_minute]
    minutes, sizes = zip(*later, strict=True)
    return round(float(np.polyfit(minutes, sizes, 1)[0]) / 2**20, 2)


def _percentile(values: list[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 1) if values else 0.0


# ---------------------------------------------------------------------------------------------- the two loads


def day(application: QApplication, minutes: float) -> dict[str, float]:
    """500 quotes and 40 books a second."""
    known = symbols()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "day.jsonl.gz"
        write_day(file, int(minutes * 60 + 2 * _SETTLE_SECONDS))
        with running_sandbox("--replay", file) as sandbox, QEventLoop(application) as loop:
            return loop.run_until_complete(measure(sandbox, known, known[:BOOKS], minutes * 60))


def flood(application: QApplication, minutes: float) -> dict[str, float]:
    """5 thousand quotes a second, of every symbol that the sandbox's market has."""
    known = [symbol for symbol, company in universe().items() if not company.is_index]
    with running_sandbox("--rate", str(FLOOD)) as sandbox, QEventLoop(application) as loop:
        return loop.run_until_complete(measure(sandbox, known, known[:BOOKS], minutes * 60))


#: A replay's stamps are those of its writing, so they tell nothing of delays.
_UNTOLD = {"day": {"updates_seen", "delay_ms_p50", "delay_ms_p95"}, "flood": set[str]()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long each load lasts")
    parser.add_argument("--only", choices=("day", "flood"), help="one of the two loads")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    os.environ["MARKET_MONITOR_LOG_LEVEL"] = "WARNING"
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    watch_paints()
    figures: dict[str, float] = {}
    for name, load in (("day", day), ("flood", flood)):
        if asked.only in (None, name):
            found = load(application, asked.minutes)
            figures |= {f"{name}_{key}": value for key, value in found.items() if key not in _UNTOLD[name]}
    report("load", figures)


if __name__ == "__main__":
    main()

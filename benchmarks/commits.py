"""How long the loop is held while a batch is committed, beside a thread that does ``executemany``.

Run: ``python -m benchmarks.commits``. A loop that looks at the clock every millisecond records 5,000 quotes a second,
as in a flood, while the store's writer commits four times a second. Of each commit counts by how much a look during it
was late at most; told are the median, the 99th of 100, and the longest. The peers, in the same run: a loop beside
nobody, for stretches of the same length, and one beside a thread that writes the same rows with ``executemany``.

On busy cores this tells how busy they are: ``chrt -f 10 python -m benchmarks.commits`` goes before other programs.
"""

import asyncio
import gc
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.recording import Received, quotes
from benchmarks.report import report
from monitor.store import open_store
from monitor.store.writer import Writer

SECONDS, QUOTES_A_SECOND, COMMITS_A_SECOND = 30, 5_000, 4
_LOOK_SECONDS = 0.001
Span = tuple[float, float]


class Loop:
    """A loop that looks at the clock every millisecond, and by how much each look was late."""

    def __init__(self) -> None:
        self.gaps: list[Span] = []

    async def run(self, seconds: float, record: Callable[[Received], object], received: Iterator[Received]) -> None:
        """Record what is due, and note each look that was late by more than a tenth of a millisecond."""
        begun = before = time.perf_counter()
        recorded = 0
        while before - begun < seconds:
            while recorded < (before - begun) * QUOTES_A_SECOND:
                record(next(received))
                recorded += 1
            due = time.perf_counter() + _LOOK_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)
            now = time.perf_counter()
            if now - due > 0.0001:
                self.gaps.append((due, now))
            before = now

    def held(self, spans: Sequence[Span]) -> dict[str, float]:
        """Milliseconds that the loop was late at most during each span: the median, the 99th of 100 and the longest."""
        starts, ends = (np.array([gap[side] for gap in self.gaps] or [0.0]) for side in (0, 1))
        longest = []
        for begin, end in spans:
            overlaps = (starts < end) & (ends > begin)
            longest.append(float(np.max((ends - starts)[overlaps], initial=0)) * 1000)
        return {
            "p50_ms": round(float(np.percentile(longest, 50)), 2),
            "p99_ms": round(float(np.percentile(longest, 99)), 2),
            "longest_ms": round(max(longest), 2),
        }


def endless(received: Sequence[Received]) -> Iterator[Received]:
    """The same quotes again and again, each received later than the last."""
    first_us, n = received[0][0], 0
    while True:
        for _, quote in received:
            yield first_us + n, quote
            n += 40


async def beside_the_store(folder: Path, received: Sequence[Received]) -> dict[str, float]:
    spans: list[Span] = []
    commit = Writer._commit

    def noted(self: Writer, batch: object) -> None:
        begun = time.perf_counter()
        commit(self, batch)  # type: ignore[arg-type]
        spans.append((begun, time.perf_counter()))

    Writer._commit = noted  # type: ignore[assignment, method-assign]
    try:
        store = open_store(folder / "monitor.db", sandbox=True, on_trouble=print)
        loop = Loop()
        await loop.run(SECONDS, lambda each: store.recorder.record_quote(*each), endless(received))
        await store.close()
    finally:
        Writer._commit = commit  # type: ignore[method-assign]
    return {"commits": len(spans), "commit_ms": _median(spans), **loop.held(spans)}


async def beside_executemany(folder: Path, received: Sequence[Received]) -> dict[str, float]:
    ended, spans, waiting = threading.Event(), list[Span](), list[Received]()

    def write() -> None:
        connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE quote (symbol, us, bid, ask, last, volume, PRIMARY KEY (symbol, us))")
        while not ended.wait(1 / COMMITS_A_SECOND):
            taken, waiting[:] = waiting[:], []
            begun = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR IGNORE INTO quote VALUES (?, ?, ?, ?, ?, ?)",
                [(q.symbol, us, q.bid, q.ask, q.last, q.volume) for us, q in taken],
            )
            connection.execute("COMMIT")
            spans.append((begun, time.perf_counter()))
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    loop = Loop()
    await loop.run(SECONDS, waiting.append, endless(received))
    ended.set()
    thread.join()
    return {"commit_ms": _median(spans), **loop.held(spans)}


async def beside_nobody(received: Sequence[Received], length: float) -> dict[str, float]:
    loop, begun = Loop(), time.perf_counter()
    await loop.run(SECONDS, lambda _: None, endless(received))
    return loop.held(
        [(begun + n / COMMITS_A_SECOND, begun + n / COMMITS_A_SECOND + length) for n in range(4, SECONDS * 4)]
    )


def _median(spans: Sequence[Span]) -> float:
    return round(float(np.median([end - begin for begin, end in spans])) * 1000, 2)


def main() -> None:
    received = quotes()
    gc.collect()
    gc.freeze()  # what is made up here is no garbage to look through
    with tempfile.TemporaryDirectory() as folder:
        ours = asyncio.run(beside_the_store(Path(folder), received))
        theirs = asyncio.run(beside_executemany(Path(folder), received))
    nobody = asyncio.run(beside_nobody(received, ours["commit_ms"] / 1000))
    figures = {
        **ours,
        **{f"executemany_{name}": value for name, value in theirs.items()},
        **{f"nobody_{name}": value for name, value in nobody.items()},
        "ratio": round(theirs["p99_ms"] / ours["p99_ms"], 2),
    }
    report("commits", figures)


if __name__ == "__main__":
    main()

"""A burst that outruns the database: how much waits in memory, and how fast the spill takes the rest.

Run: ``python -m benchmarks.overflow``.

- *spill*: rows a second through ``Spill.append``, beside pickle and JSON lines that write the same rows to a file as
  they are; and the bytes that a row takes there. The best of three runs each, taken in turn.
- *held*, *busy*: level one flat out for so many seconds, decoded, merged and recorded, while the writer is held up
  altogether, and while it writes as fast as it can beside the loop. Told are the most that waited in memory as a share
  of the bound, by the queue's own count and by what the process grew (short tapes are full before); how long the
  stream was not read because of it; how long the loop was away from everything else at most; and, the peer, how long
  it was away with a recorder that keeps nothing.
"""

import argparse
import asyncio
import gc
import json
import logging
import pickle
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks import level_one
from benchmarks.recording import quotes
from benchmarks.report import report
from monitor.collect.streaming import Streaming
from monitor.live import board as board_module
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.frames import Frames
from monitor.live.receive import ReceiveClock
from monitor.schwab.wire import EquityData, decode_frame
from monitor.store import Store, open_store, overflow, writer
from monitor.store.batch import Batch
from monitor.store.spill import Head, Spill
from tests.support.ports import FakeRecorder

ROWS_A_BLOCK, RUNS, FRAMES = 20_000, 3, 3_000
_TURN = 0.008  # as the connection's own
_PAUSE = 0.01

Rows = list[tuple[Any, ...]]


# ---------------------------------------------------------------------------------------------- the file


def spilled(folder: Path, blocks: list[Rows]) -> Path:
    spill = Spill(folder / "monitor.spill")
    for rows in blocks:
        spill.append({"quote": rows}, [], Head(len(rows), 0, {}))
    spill.close()
    return spill.path


def pickled(folder: Path, blocks: list[Rows]) -> Path:
    with (folder / "rows.pickle").open("wb") as file:
        for rows in blocks:
            pickle.dump(rows, file, pickle.HIGHEST_PROTOCOL)
    return folder / "rows.pickle"


def json_lines(folder: Path, blocks: list[Rows]) -> Path:
    with (folder / "rows.jsonl").open("w") as file:
        for rows in blocks:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder / "rows.jsonl"


def file_figures() -> dict[str, float]:
    rows: Rows = [
        (1, us, q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.last_size, q.volume, q.quote_time, q.trade_time)
        for us, q in quotes()
    ]
    blocks = [rows[first : first + ROWS_A_BLOCK] for first in range(0, len(rows), ROWS_A_BLOCK)]
    figures: dict[str, float] = {}
    ways: tuple[Callable[[Path, list[Rows]], Path], ...] = (spilled, pickled, json_lines)
    for _ in range(RUNS):
        for way in ways:
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                file = way(Path(folder), blocks)
                rate = round(len(rows) / (time.perf_counter() - began))
                name = f"{way.__name__}_rows_per_second"
                figures[name] = max(rate, figures.get(name, 0))
                figures[f"{way.__name__}_bytes_a_row"] = round(file.stat().st_size / len(rows))
    return figures


# ---------------------------------------------------------------------------------------------- the burst


class _Nothing(FakeRecorder):
    """Keeps nothing of what streams in."""

    def record_quote(self, *_: Any) -> None: ...

    def record_trade(self, *_: Any) -> None: ...

    def record_rejected(self, *_: Any) -> None: ...


@dataclass
class Burst:
    """What happened while level one came in for a while."""

    items: int = 0
    seconds: float = 0.0
    paused: float = 0.0
    longest_turn: float = 0.0
    most_waiting: int = 0
    most_grown: int = 0


async def pour(frames: list[bytes], streaming: Streaming, store: Store | None, seconds: float) -> Burst:
    """As the connection reads: turn after turn, and not while there is no room."""
    burst, process = Burst(), psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    began = turn = time.perf_counter()
    while turn - began < seconds:
        for raw in frames:
            frame, _ = decode_frame(raw)
            for data in frame.data:
                if isinstance(data, EquityData):
                    streaming.hear_quotes(data.content, data.timestamp)
                    burst.items += len(data.content)
            now = time.perf_counter()
            if now - turn < _TURN:
                continue
            burst.longest_turn = max(burst.longest_turn, now - turn)
            if store is not None:
                burst.most_waiting = max(burst.most_waiting, store._writer._overflow.bytes)
                burst.most_grown = max(burst.most_grown, process.memory_info().rss - before)
            await asyncio.sleep(0)
            looked = time.perf_counter()
            while not streaming.has_room():  # noqa: ASYNC110  threads make room
                await asyncio.sleep(_PAUSE)
            turn = time.perf_counter()
            burst.paused += turn - looked
            if turn - began >= seconds:
                break
    burst.seconds = turn - began
    return burst


async def burst(frames: list[bytes], seconds: float, gate: threading.Event) -> tuple[Burst, Burst]:
    """The peer's, whose recorder keeps nothing, and ours; ``gate`` is opened when all has come in."""
    board, bus = Board(), Bus()
    showing = asyncio.create_task(Frames(board, bus).run())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor.db"
        store = open_store(path, sandbox=True, on_trouble=lambda _: None)
        try:
            peer = await pour(frames, Streaming(board, _Nothing(), ReceiveClock(), bus), None, seconds)
            streaming = Streaming(board, store.recorder, ReceiveClock(), bus)
            mine = await pour(frames, streaming, store, seconds)
            gate.set()
            await store.recorder.flushed()
            with closing(sqlite3.connect(path)) as connection:
                (rows,) = connection.execute("SELECT count(*) FROM quote").fetchone()
            if rows != mine.items:
                raise SystemExit(f"{mine.items - rows:,} quotes of {mine.items:,} are missing.")
        finally:
            gate.set()
            showing.cancel()
            await store.close()
    return peer, mine


def hold_up(gate: threading.Event) -> None:
    """From here on the disk takes nothing until the gate is open."""
    commit = writer.Writer._commit

    def late(own: writer.Writer, batch: Batch) -> None:
        if batch.size or batch.spilled:
            gate.wait()
        commit(own, batch)

    writer.Writer._commit = late  # type: ignore[method-assign]


def burst_figures(seconds: float) -> dict[str, float]:
    frames, figures = list(level_one.frames(FRAMES)), dict[str, float]()
    gate = threading.Event()
    gate.set()
    hold_up(gate)
    for name in ("held", "busy"):
        if name == "held":
            gate.clear()
        peer, mine = asyncio.run(burst(frames, seconds, gate))
        figures |= {
            f"{name}_items_per_second": round(mine.items / mine.seconds),
            f"{name}_most_of_bound": round(mine.most_waiting / overflow.LARGEST_QUEUE, 2),
            f"{name}_grown_of_bound": round(mine.most_grown / overflow.LARGEST_QUEUE, 2),
            f"{name}_paused_ms": round(mine.paused * 1000),
            f"{name}_longest_away_ms": round(mine.longest_turn * 1000, 1),
            f"{name}_longest_away_peer_ms": round(peer.longest_turn * 1000, 1),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overflow")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each burst lasts")
    asked = parser.parse_args()
    logging.disable(logging.ERROR)
    board_module.TAPE_LENGTH = 100  # full at once, so that what grows later is what waits
    report("overflow", file_figures() | burst_figures(asked.seconds))


if __name__ == "__main__":
    main()

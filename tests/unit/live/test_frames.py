"""Frames tell what changed at screen rate."""

import asyncio

from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BoardChanged
from monitor.live.frames import Frames
from tests.support.builders import a_quote


def test_many_changes_make_one_frame_and_none_make_no_frame() -> None:
    board, bus, heard = Board(), Bus(), []
    bus.listen(BoardChanged, heard.append)
    frames = Frames(board, bus)
    frames.flush()
    for bid in range(100):
        board.take_quote(a_quote("AAPL", bid=bid))
    frames.flush()
    frames.flush()
    assert [changed.quotes for changed in heard] == [{"AAPL"}]


async def test_frames_come_by_themselves_until_cancelled() -> None:
    board, bus = Board(), Bus()
    heard: asyncio.Queue[BoardChanged] = asyncio.Queue()
    bus.listen(BoardChanged, heard.put_nowait)
    running = asyncio.create_task(Frames(board, bus, seconds=0.001).run())
    for symbol in ("AAPL", "MSFT"):
        board.take_quote(a_quote(symbol, bid=1))
        changed = await asyncio.wait_for(heard.get(), 60)
        assert changed.quotes == {symbol}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()

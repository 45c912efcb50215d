"""Frames: what changed on the board, published at screen rate however fast messages come."""

import asyncio

from monitor.live.board import Board
from monitor.live.bus import Bus

#: Fifty a second at most: of what has come, 95 of 100 are painted before 50 ms are over, and the loop is left alone.
FRAME_SECONDS = 1 / 50


class Frames:
    """Publishes BoardChanged at most once every FRAME_SECONDS while the board changes."""

    def __init__(self, board: Board, bus: Bus, seconds: float = FRAME_SECONDS) -> None:
        self._board = board
        self._bus = bus
        self._seconds = seconds

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            self.flush()

    def flush(self) -> None:
        """Publish what changed since the last frame, if anything did."""
        changed = self._board.changes()
        if changed is not None:
            self._bus.publish(changed)

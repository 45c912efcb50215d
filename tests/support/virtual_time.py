"""An event loop whose clock jumps to the next timer when there is nothing else to do: hours pass in milliseconds."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Jumping(selectors.SelectSelector):
    """Does not wait for the timer that the loop sleeps until, but moves the clock there."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits, and nothing will wake them")
        if not ready:
            self.loop.now += timeout or 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """``time()`` is ``now``, seconds from 1,000 on."""

    def __init__(self) -> None:
        selector = _Jumping()
        selector.loop = self
        self.now = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        """The wall clock that goes with it."""
        return 1_795_000_000_000 + round(self.now * 1000)


def run(work: Coroutine[Any, Any, Any], loop: VirtualLoop) -> Any:
    """Do the work on the loop; what it left behind is cancelled, as by asyncio.run."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work)

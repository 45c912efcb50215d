"""Ctrl+C and SIGTERM as a wish to end in good order, from a program's first moment to its last."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

#: A signal that comes just as the loop goes to sleep does not wake it, and is seen when the loop wakes by itself.
_LOOK_SECONDS = 0.25


class Interrupt:
    """Whether somebody wants the program to end; repeating the wish changes nothing."""

    def __init__(self) -> None:
        self.wanted = False
        self._wake: Callable[[], object] = lambda: None

    def want(self) -> None:
        """End soon. May be called in a signal handler and on any thread."""
        self.wanted = True
        self._wake()

    async def wait(self) -> None:
        """Return once the end is wanted, at once when it is already. One waits at a time."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(event.set)
        try:
            while not self.wanted:
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), _LOOK_SECONDS)
        finally:
            self._wake = lambda: None

    async def cuts_short(self, work: Coroutine[object, object, None]) -> None:
        """Do ``work`` to its end, or cancel it once the end is wanted; raises what it raises."""
        if self.wanted:
            work.close()
            return
        tasks = doing, waiting = asyncio.create_task(work), asyncio.create_task(self.wait())
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        doing.cancel()
        waiting.cancel()
        await asyncio.wait(tasks)
        if not doing.cancelled():
            doing.result()


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Take Ctrl+C and SIGTERM as the wish to end; what they did before is put back afterwards."""
    interrupt = Interrupt()

    def take(_number: int, _frame: FrameType | None) -> None:
        interrupt.want()

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, action in before.items():
            signal.signal(number, action)

"""The long-running tasks of a program: each has a name, is restarted when it fails, and ends when the program does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from monitor.live.bus import Bus
from monitor.live.events import Level, Notice

_log = logging.getLogger(__name__)
_LONGEST_DELAY = 60.0


class Spine:
    """Keeps tasks running; a failure is logged, told to the person, and answered with a growing delay."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run ``work()`` now and again whenever it fails; once it returns by itself it is done."""
        self._tasks[name] = asyncio.get_running_loop().create_task(self._keep(name, work), name=name)

    async def close(self, seconds: float = 3.0) -> None:
        """Cancel everything and wait, but no longer than ``seconds``."""
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=seconds)
            for task in late:
                _log.warning("%s did not end within %.0f s", task.get_name(), seconds)
        self._tasks.clear()

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        delay = 1.0
        while True:
            try:
                await work()
            except Exception:  # noqa: BLE001  the program goes on without it for a while
                _log.exception("%s failed", name)
                self._bus.publish(Notice(Level.ERROR, f"The {name} stopped; it starts again in {delay:.0f} s."))
            else:
                return
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

"""Coroutines tied to the part of the screen that started them."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from monitor.errors import MonitorError
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.ports import Priority, asking

_log = logging.getLogger(__name__)


class Tasks:
    """Starts coroutines by name: a new one cancels its predecessor of the same name, so the newest symbol wins.

    A person waits for what they ask of Schwab. A MonitorError that a coroutine lets out becomes a Notice; anything else
    is logged with its traceback.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.cancel(name)
        with asking(Priority.PERSON):
            task = asyncio.get_running_loop().create_task(self._guard(name, work), name=name)
        self._running[name] = task
        task.add_done_callback(lambda done: self._forget(name, done, work))
        return task

    def is_running(self, name: str) -> bool:
        """Whether the newest of that name has not ended."""
        return name in self._running

    def cancel(self, name: str) -> None:
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Cancel everything and wait until it has ended."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, name: str, task: "asyncio.Task[None]", work: Coroutine[Any, Any, None]) -> None:
        work.close()  # a task cancelled before its first step has never begun the work
        if self._running.get(name) is task:
            del self._running[name]

    async def _guard(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except MonitorError as error:
            _log.warning("%s: %s %s", name, error.sentence, error.detail)
            self._bus.publish(Notice(Level.ERROR, error.sentence, error.detail))
        except Exception:  # noqa: BLE001  a failed task must not pass unseen
            _log.exception("task %s failed", name)
            self._bus.publish(Notice(Level.ERROR, f"Something went wrong in “{name}”; the log has the details."))

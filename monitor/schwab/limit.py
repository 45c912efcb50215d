"""The request budget: who waits for a turn, and whose it is; more urgent ones first, then in the order they asked."""

import asyncio
import math
from collections.abc import Awaitable, Callable

from monitor.clock import since_boot
from monitor.errors import Transient
from monitor.ports import USUAL_LIMIT, Priority
from monitor.schwab.sent_file import SentFile
from monitor.schwab.window import Window

#: Whoever is first looks again after so long: the limit may have been raised, or another program has sent something.
_LOOK_SECONDS = 1.0
#: A delay of less is rounding, which must not spin.
_LEAST_SECONDS = 0.001


class RequestBudget:
    """Lets at most ``limit`` requests pass in any 60 seconds, together with other programs that use the ``file``."""

    def __init__(
        self,
        limit: int = USUAL_LIMIT,
        clock: Callable[[], float] = since_boot,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        file: SentFile | None = None,
    ) -> None:
        self.window = Window(limit, clock, file)
        self._clock = clock
        self._sleep = sleep
        self._waiting: dict[Priority, dict[asyncio.Event, None]] = {priority: {} for priority in Priority}

    async def turn(self, priority: Priority = Priority.BACKGROUND, patience: float = math.inf) -> float:
        """Wait for a turn and take it; gives its moment. Who is cancelled has asked for nothing.

        Raises Transient when it will not come within ``patience`` seconds.
        """
        if self._is_first(priority) and not self.window.take(priority):
            return self._clock()
        turned = asyncio.Event()
        self._waiting[priority][turned] = None
        try:
            async with asyncio.timeout(patience if patience < math.inf else None):
                return await self._wait(priority, turned, self._clock() + patience)
        except TimeoutError as error:
            raise self._too_late() from error
        finally:
            del self._waiting[priority][turned]
            self._turn_to_first()

    def waiting(self) -> dict[Priority, int]:
        """How many wait, by priority; those of which none waits are left out."""
        return {priority: len(queue) for priority, queue in self._waiting.items() if queue}

    async def _wait(self, priority: Priority, turned: asyncio.Event, deadline: float) -> float:
        while True:
            if self._first() is not turned:
                turned.clear()
                await turned.wait()
                continue
            delay = self.window.take(priority)
            if not delay:
                return self._clock()
            paused = self.window.paused() if priority is not Priority.SIGN_IN else 0.0
            if self._clock() + max(paused, _LEAST_SECONDS) > deadline:
                raise self._too_late()
            await self._sleep(min(max(delay, _LEAST_SECONDS), _LOOK_SECONDS))

    def _is_first(self, priority: Priority) -> bool:
        return not any(queue for other, queue in self._waiting.items() if other <= priority)

    def _first(self) -> asyncio.Event | None:
        return next((next(iter(queue)) for queue in self._waiting.values() if queue), None)

    def _turn_to_first(self) -> None:
        first = self._first()
        if first is not None:
            first.set()

    def _too_late(self) -> Transient:
        paused = math.ceil(self.window.paused())
        if paused:
            return Transient(f"Schwab asks us to slow down ({paused} s).")
        return Transient("The limit of requests is used up for the moment; try again in a minute.")

"""The request budget: a log of when requests were sent, so that no 60 seconds ever hold more than the ceiling."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable

from monitor.errors import Unusable
from monitor.ports import RequestMeter

#: Nobody knows Schwab's real limit for GETs; 120 a minute is what clients take for it.
CEILING = 120
WINDOW_SECONDS = 60.0
_MARGIN_SECONDS = 0.05  # for clocks that round


class RequestBudget:
    """Lets at most ``limit`` requests pass in any 60 seconds, in the order they asked; urgent ones up to CEILING."""

    def __init__(
        self,
        limit: int = 110,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not 1 <= limit <= CEILING:
            raise Unusable(f"The request limit must be between 1 and {CEILING} a minute.")
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[float] = deque(maxlen=CEILING)
        self._held_until = 0.0
        self._waiting = 0
        self._queue = asyncio.Lock()
        self._urgent_queue = asyncio.Lock()

    async def turn(self, urgent: bool = False, held: bool = True) -> None:
        """Wait for a turn and take it. Token renewals are urgent: others' requests wait for them.

        What is not ``held`` heeds no pause that Schwab asked for, nor who waits for its end: it would be worthless
        after it.
        """
        queue = self._urgent_queue if urgent else self._queue
        self._waiting += 1
        try:
            async with queue if held else contextlib.nullcontext():
                while (delay := self._delay(CEILING if urgent else self._limit, held)) > 0:
                    await self._sleep(max(delay, 0.001))  # rounding must not spin
                self._sent.append(self._clock())
        finally:
            self._waiting -= 1

    def hold(self, seconds: float) -> None:
        """Let nobody pass for ``seconds``: Schwab asked for a pause."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    def meter(self) -> RequestMeter:
        """Requests of the last 60 seconds, the limit, and how many wait."""
        now = self._clock()
        used = sum(1 for sent in self._sent if now - sent < WINDOW_SECONDS)
        return RequestMeter(used, self._limit, self._waiting)

    def _delay(self, limit: int, held: bool) -> float:
        now = self._clock()
        window = self._sent[-limit] + WINDOW_SECONDS + _MARGIN_SECONDS - now if len(self._sent) >= limit else 0.0
        return max(window, self._held_until - now) if held else window

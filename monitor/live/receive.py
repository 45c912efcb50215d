"""The time of receipt: microseconds UTC that only ever grow, so that they can serve as keys in order."""

import time
from collections.abc import Callable


class ReceiveClock:
    """Hands out one strictly increasing stamp a message, even within a microsecond or when the clock jumps back."""

    def __init__(self, last_us: int = 0, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._last_us = last_us
        self._now_ns = now_ns

    def stamp(self) -> int:
        """The next stamp, in microseconds UTC."""
        now = self._now_ns() // 1000
        self._last_us = now if now > self._last_us else self._last_us + 1
        return self._last_us

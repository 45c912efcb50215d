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
        return self.stamps(1)[0]

    def stamps(self, count: int) -> range:
        """Stamps for ``count`` items that came together: the clock is read once, and they follow each other."""
        first = max(self._now_ns() // 1000, self._last_us + 1)
        self._last_us = first + count - 1
        return range(first, first + count)

"""How long to wait before the next try: at once the first time, then 1, 2, 4 … seconds, jittered."""

import random

from monitor.schwab.timing import Timing


class Delays:
    """They grow until ``reset``, which only data that keeps coming brings about."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._tries = 0

    def next(self, unreached: bool = False) -> float:
        """Seconds until the next try; ``unreached`` when not even a connection could be made."""
        longest = self._timing.longest_unreached if unreached else self._timing.longest_delay
        delay = min(2.0 ** (self._tries - 1), longest) if self._tries else 0.0
        if not unreached or delay < longest:  # an hour without a network must not lengthen what comes after it
            self._tries = min(self._tries + 1, 16)
        return delay * random.uniform(0.5, 1)  # noqa: S311

    def reset(self) -> None:
        self._tries = 0

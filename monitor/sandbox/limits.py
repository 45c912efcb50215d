"""How much one client may ask for: requests in any minute, and symbols of a streamer service."""

from collections import deque
from typing import NamedTuple

REQUESTS_A_MINUTE = 120
WINDOW_SECONDS = 60.0

#: Symbols of one connection and service where they were measured at Schwab (PROTOCOL 5.3), and what is assumed else.
SYMBOL_LIMITS = {"CHART_EQUITY": 300, "LEVELONE_OPTIONS": 3000}
SYMBOL_LIMIT = 3000


class SlidingWindow:
    """Counts each token's requests in the last 60 seconds."""

    def __init__(self, limit: int = REQUESTS_A_MINUTE, seconds: float = WINDOW_SECONDS) -> None:
        self._limit = limit
        self._seconds = seconds
        self._times: dict[str, deque[float]] = {}
        #: The most that came of one token in any such time, the one that was refused among them.
        self.most = 0

    def admit(self, token: str, now: float) -> float:
        """0.0 lets the request through; anything else is how many seconds to wait until one would be."""
        times = self._times.setdefault(token, deque())
        while times and times[0] <= now - self._seconds:
            times.popleft()
        self.most = max(self.most, len(times) + 1)
        if len(times) >= self._limit:
            return times[0] + self._seconds - now
        times.append(now)
        return 0.0


class Fit(NamedTuple):
    """Which keys of a request fit, and how many had to be discarded."""

    kept: list[str]
    discarded: int


def fit(limit: int, held: set[str], asked: list[str]) -> Fit:
    """The first of ``asked`` that fit beside those ``held``; keys already held take no room."""
    room = limit - len(held)
    kept: list[str] = []
    for key in dict.fromkeys(asked):
        if key in held or room > 0:
            room -= key not in held
            kept.append(key)
    return Fit(kept, len(set(asked)) - len(kept))

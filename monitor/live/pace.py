"""How fast each service sends and how late it comes, counted once a frame at the price of a few additions."""

import re
import time
from collections import Counter, deque
from collections.abc import Callable
from statistics import median
from typing import TypeGuard

from monitor.clock import now_ms
from monitor.market.gap import Gap

#: The rate is that of the last ten whole seconds, the lag that of the last minute.
RATE_SECONDS = 10
LAG_SECONDS = 60
#: A lag is noted at most this often a second, however many frames come.
_LAGS_A_SECOND = 10
#: Heartbeats, one about every ten seconds, from which the clocks are compared.
_BEATS = 30
_MOST_GAPS = 500
_DAY_MS = 86_400_000
#: So late is worth a word. No streamer keeps a client that is minutes late: that is a market played from another time.
_LATE_MS, _PLAYED_MS = 1_000, 600_000
_SERVICE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")


def is_late(lag_ms: float | None) -> TypeGuard[float]:
    """Whether people should hear of a lag."""
    return lag_ms is not None and _LATE_MS < lag_ms < _PLAYED_MS


class Pace:
    """One service: its items, when the newest came, their rate and how late they were."""

    __slots__ = ("_counts", "_lags", "_seconds", "_tick", "first", "items", "last")

    def __init__(self) -> None:
        self.items = 0
        self.first = self.last = 0.0  # monotonic seconds
        self._seconds = [-1] * (RATE_SECONDS + 1)
        self._counts = [0] * (RATE_SECONDS + 1)
        self._lags: deque[tuple[int, float]] = deque(maxlen=LAG_SECONDS * _LAGS_A_SECOND)
        self._tick = -1

    def count(self, items: int, late_ms: float, now: float) -> None:
        """Take in one frame with so many items, that came ``late_ms`` after it was sent."""
        second = int(now)
        place = second % (RATE_SECONDS + 1)
        if self._seconds[place] != second:
            self._seconds[place], self._counts[place] = second, 0
        self._counts[place] += items
        self.items += items
        self.first = self.first or now
        self.last = now
        tick = int(now * _LAGS_A_SECOND)
        if tick != self._tick:
            self._tick = tick
            self._lags.append((second, late_ms))

    def rate(self, now: float) -> float:
        """Items a second over the last ten whole seconds, or over those since the first item."""
        second = int(now)
        whole = min(RATE_SECONDS, second - int(self.first)) if self.first else 0
        if whole <= 0:
            return 0.0
        pairs = zip(self._seconds, self._counts, strict=True)
        return sum(count for at, count in pairs if second - whole <= at < second) / whole

    def lag_ms(self, now: float) -> float | None:
        """The median of the last minute; None when nothing came in it."""
        since = int(now) - LAG_SECONDS
        lags = [late for at, late in self._lags if at > since]
        return median(lags) if lags else None


class Paces:
    """The pace of every service, how the streamer's clock compares with this one, and the holes of today."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall_ms: Callable[[], int] = now_ms) -> None:
        self._monotonic = monotonic
        self._wall_ms = wall_ms
        self._beats: deque[float] = deque(maxlen=_BEATS)
        self._gaps: dict[tuple[str, str, int], Gap] = {}
        self.services: dict[str, Pace] = {}
        self.rejected: Counter[str] = Counter()

    def count(self, service: str, items: int, sent_ms: int) -> None:
        """Take in one frame of ``service``."""
        pace = self.services.get(service)
        if pace is None:
            pace = self.services[service] = Pace()
        pace.count(items, self._wall_ms() - sent_ms, self._monotonic())

    def reject(self, reason: str) -> None:
        """Count what could not be taken as it is, against the service that the reason names, if it names one."""
        if named := _SERVICE.search(reason):
            self.rejected[named[0]] += 1

    def beat(self, sent_ms: int) -> None:
        """Take in a heartbeat; one that does not say when it was sent tells nothing of the clock."""
        if sent_ms > 0:
            self._beats.append(self._wall_ms() - sent_ms)

    def forget_beats(self) -> None:
        """Another connection, perhaps after the clock was set: the comparison begins anew."""
        self._beats.clear()

    def take_gap(self, gap: Gap) -> None:
        """Note a hole, or the end of one."""
        self._gaps[gap.service, gap.symbol, gap.from_ms] = gap
        if len(self._gaps) > _MOST_GAPS:
            del self._gaps[next(iter(self._gaps))]

    @property
    def offset_ms(self) -> float | None:
        """The least delay of the last heartbeats: on a quick line, how far this clock is ahead of the streamer's."""
        return min(self._beats, default=None)

    def gaps(self) -> list[Gap]:
        """The holes of the last 24 hours that this run knows of, in the order in which they began."""
        since = self._wall_ms() - _DAY_MS
        return [gap for gap in self._gaps.values() if gap.to_ms is None or gap.to_ms > since]

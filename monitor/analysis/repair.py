"""Repair plans: the holes of a symbol's history as the fewest requests, and which of them to send first."""

from collections.abc import Iterable, Sequence
from datetime import time, timedelta
from typing import NamedTuple

from monitor.analysis.coverage import DEPTHS, first_reachable, leaves_reach, settled, trim
from monitor.analysis.ranges import Range
from monitor.market.bar import Interval
from monitor.market.calendar import Trading, at_new_york, from_ms, sessions

_DAY_MS = 86_400_000
#: What leaves the source's reach within so many days is fetched before anything newer.
EXPIRES_DAYS = 7


class Request(NamedTuple):
    """One question to history: ``start`` to ``end`` spans the ``holes`` it fills, ms UTC.

    ``newest`` is one that reaches the present: by the time it is sent there is more to have.
    """

    symbol: str
    interval: Interval
    start: int
    end: int
    holes: tuple[Range, ...]
    newest: bool = False


class Expiring(NamedTuple):
    """A stretch that is not on disk, and that the source has no longer from ``leaves_ms`` on."""

    symbol: str
    interval: Interval
    start: int
    end: int
    leaves_ms: int


def plan(
    symbol: str, interval: Interval, holes: Sequence[Range], now_ms: int, trading: Trading = sessions
) -> list[Request]:
    """The fewest requests that fill ``holes`` (ascending), the newest first.

    The source answers whole New York days, so many at once at most; a request may reach over what is on disk already
    where that saves another one, but it begins and ends with a hole.
    """
    span = timedelta(days=DEPTHS[interval].days_a_request - 1)
    present, requests, left = settled(interval, now_ms, trading), list[Request](), list(holes)
    while left:
        end = left[-1][1]
        earliest = at_new_york(from_ms(end - 1).date() - span, time(0))
        filled: list[Range] = []
        while left and left[-1][1] > earliest:
            hole = left.pop()
            if hole[0] < earliest:
                if older := trim((hole[0], earliest), interval, trading):
                    left.append(older)
                hole = trim((earliest, hole[1]), interval, trading) or hole
            filled.append(hole)
        filled.reverse()
        requests.append(Request(symbol, interval, filled[0][0], end, tuple(filled), end >= present))
    return requests


def expiring(
    symbol: str, interval: Interval, holes: Iterable[Range], now_ms: int, days: int = EXPIRES_DAYS
) -> list[Expiring]:
    """The parts of ``holes`` that can be had for no more than ``days``, what goes first leading.

    Days are asked for by their number of years, which goes further back than any chart here: they do not expire.
    """
    if not interval.intraday:
        return []
    before = _expire_before(interval, now_ms, days)
    return [
        Expiring(symbol, interval, start, min(end, before), leaves_reach(interval, start))
        for start, end in holes
        if start < before
    ]


def _expire_before(interval: Interval, now_ms: int, days: int) -> int:
    return first_reachable(interval, now_ms) + days * _DAY_MS


def rank(request: Request, now_ms: int) -> tuple[int, int]:
    """Sorts requests that nobody waits for: what leaves the source's reach next leads, then the newest."""
    interval = request.interval
    if interval.intraday and request.start < _expire_before(interval, now_ms, EXPIRES_DAYS):
        return 0, request.start
    return 1, -request.end


def rank_waited(request: Request) -> tuple[int, int]:
    """Sorts the requests that a chart waits for: the newest minutes, then the days, then older minutes."""
    if not request.interval.intraday:
        return 1, 0
    return (0, 0) if request.newest else (2, -request.end)

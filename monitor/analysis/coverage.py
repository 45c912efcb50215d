"""The ledger of history: what was asked of the source and answered, and what that makes of each trading day.

Nothing here looks at the bars to find a hole. A minute without a trade is no hole once history has answered for it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from monitor.analysis.ranges import Range, missing
from monitor.market.bar import Interval
from monitor.market.calendar import Trading, at_new_york, from_ms, futures_sessions, sessions
from monitor.market.instrument import Kind, kind_of

DAY_MS = 86_400_000
#: After the last session of a day what history says of it is taken to be final.
_SETTLES_MS = 15 * 60_000
#: The newest finished minutes may still get late trades.
_UNSETTLED_MS = 2 * 60_000
_MINUTE_MS = 60_000


class Answer(StrEnum):
    """What came of a question to history."""

    COMPLETE = "complete"
    PROVISIONAL = "provisional"  # answered before the trading day was over: to be asked again after it
    EMPTY = "empty"  # the source itself has nothing
    FAILED = "failed"


class Asked(NamedTuple):
    """One stretch [start, end) of the ledger, ms UTC; one that failed is not asked again before ``until_ms``."""

    start: int
    end: int
    answer: Answer
    noted_ms: int
    until_ms: int = 0
    attempts: int = 0


class Depth(NamedTuple):
    """How many days back the source has an interval, and how many it answers at once."""

    days: int
    days_a_request: int


#: PROTOCOL 4.2. Other intervals are built from these.
DEPTHS = {
    Interval.M1: Depth(48, 10),
    Interval.M5: Depth(270, 10),
    Interval.M15: Depth(270, 10),
    Interval.M30: Depth(270, 10),
    Interval.DAY: Depth(20 * 365, 21 * 366),
}


_LIKE_FUTURES = frozenset({Kind.FUTURE, Kind.FUTURE_OPTION, Kind.FOREX})


def trading_of(symbol: str, shares: Trading = sessions) -> Trading:
    """The hours in which ``symbol`` trades. ``shares`` are those of shares, indices and options; where these keep other
    hours than the exchange's, as in the sandbox, everything does."""
    return futures_sessions if shares is sessions and kind_of(symbol) in _LIKE_FUTURES else shares


def fetched_as(interval: Interval) -> Interval:
    """The interval that is asked of history for a chart of ``interval``."""
    if interval in DEPTHS:
        return interval
    return Interval.M1 if interval.intraday else Interval.DAY


def first_reachable(interval: Interval, now_ms: int) -> int:
    """From when on the source has bars of ``interval``: midnight New York of its first day."""
    return _midnight(from_ms(now_ms).date() - timedelta(days=DEPTHS[interval].days))


def leaves_reach(interval: Interval, ms: int) -> int:
    """When the day that holds ``ms`` falls out of what the source has."""
    return _midnight(from_ms(ms).date() + timedelta(days=DEPTHS[interval].days + 1))


def is_over(day: date, now_ms: int, trading: Trading = sessions) -> bool:
    """Whether what history says of ``day`` can change no more."""
    return now_ms >= _ends(day, trading) + _SETTLES_MS


def last_day_over(now_ms: int, trading: Trading = sessions) -> date:
    """The newest trading day that is over."""
    day = from_ms(now_ms).date()
    while not (trading(day) and is_over(day, now_ms, trading)):
        day -= timedelta(days=1)
    return day


def settled(interval: Interval, now_ms: int, trading: Trading = sessions) -> int:
    """Up to when an answer given at ``now_ms`` counts: without the newest minutes, and without a day under way."""
    if interval.intraday:
        return (now_ms // _MINUTE_MS * _MINUTE_MS - _UNSETTLED_MS) // interval.milliseconds * interval.milliseconds
    today = from_ms(now_ms).date()
    return _midnight(today + timedelta(days=is_over(today, now_ms, trading)))


def paint(ledger: Iterable[Asked], new: Asked) -> list[Asked]:
    """The ledger with ``new`` in it; no two stretches overlap. Nothing takes back what was answered for good."""
    kept, taken = list[Asked](), list[Range]()
    for old in ledger:
        if old.answer is Answer.COMPLETE and new.answer is not Answer.COMPLETE:
            kept.append(old)
            taken.append((old.start, old.end))
        else:
            parts = missing([(new.start, new.end)], old.start, old.end)
            kept += [old._replace(start=start, end=end) for start, end in parts]
    kept += [new._replace(start=start, end=end) for start, end in missing(taken, new.start, new.end)]
    return _joined(sorted(kept))


def _joined(ledger: Iterable[Asked]) -> list[Asked]:
    """Complete stretches that touch are one."""
    result: list[Asked] = []
    for each in ledger:
        last = result[-1] if result else None
        if last and each.answer is last.answer is Answer.COMPLETE and last.end == each.start:
            result[-1] = last._replace(end=each.end, noted_ms=max(last.noted_ms, each.noted_ms))
        else:
            result.append(each)
    return result


def holes(
    ledger: Iterable[Asked],
    interval: Interval,
    wanted: Range,
    now_ms: int,
    trading: Trading = sessions,
    *,
    insist: bool = False,
) -> list[Range]:
    """What of ``wanted`` is to be asked for: in reach, not answered, not known to be empty, ascending.

    Each begins and ends in trading hours; the closed hours between may lie within. What failed is left in peace until
    its time has come, unless somebody insists.
    """
    start = max(wanted[0], first_reachable(interval, now_ms))
    end = min(wanted[1], settled(interval, now_ms, trading))
    return unanswered(ledger, interval, (start, end), now_ms, trading, insist=insist)


def unanswered(
    ledger: Iterable[Asked],
    interval: Interval,
    wanted: Range,
    now_ms: int,
    trading: Trading = sessions,
    *,
    insist: bool = True,
) -> list[Range]:
    """As ``holes``, whether or not the source still has them."""
    known = [(a.start, a.end) for a in ledger if _stands(a, now_ms, trading, insist)]
    trimmed = (trim(hole, interval, trading) for hole in missing(known, *wanted))
    return [hole for hole in trimmed if hole]


def _stands(asked: Asked, now_ms: int, trading: Trading, insist: bool) -> bool:
    """Whether asking again would be in vain."""
    match asked.answer:
        case Answer.COMPLETE:
            return True
        case Answer.PROVISIONAL:
            return not is_over(from_ms(asked.start).date(), now_ms, trading)
        case Answer.EMPTY:
            # What had only just ended may have come late.
            return asked.noted_ms >= asked.end + DAY_MS or now_ms < asked.noted_ms + DAY_MS
        case Answer.FAILED:
            return now_ms < asked.until_ms and not insist


def trim(stretch: Range, interval: Interval, trading: Trading = sessions) -> Range | None:
    """The stretch from its first to its last trading moment; None without any."""
    start, end = stretch
    first, last = from_ms(start).date(), from_ms(end - 1).date()
    while first <= last and open_hours(first, interval, trading)[1] <= start:
        first += timedelta(days=1)
    while last >= first and not _opens_before(last, end, interval, trading):
        last -= timedelta(days=1)
    if first > last:
        return None
    return max(start, open_hours(first, interval, trading)[0]), min(end, open_hours(last, interval, trading)[1])


def _opens_before(day: date, ms: int, interval: Interval, trading: Trading) -> bool:
    start, end = open_hours(day, interval, trading)
    return start < end and start < ms


@lru_cache(maxsize=32_768)
def open_hours(day: date, interval: Interval, trading: Trading = sessions) -> Range:
    """From when to when there are bars of ``interval`` on ``day``; (0, 0) on a closed one."""
    stretches = trading(day)
    if not stretches:
        return 0, 0
    if interval.intraday:
        return stretches[0].start, stretches[-1].end
    return _midnight(day), _midnight(day + timedelta(days=1))


@lru_cache(maxsize=32_768)
def _midnight(day: date) -> int:
    return at_new_york(day, time(0))


def _ends(day: date, trading: Trading) -> int:
    stretches = trading(day)
    return stretches[-1].end if stretches else _midnight(day)


class Counts(NamedTuple):
    """Bars on disk by where they came from: the stream, history, or our own arithmetic."""

    streamed: int = 0
    fetched: int = 0
    computed: int = 0


class DayState(StrEnum):
    """How a trading day stands."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    MISSING = "missing"
    EMPTY = "empty at the source"
    OUT_OF_REACH = "out of reach"
    FAILED = "failed"


class DayCoverage(NamedTuple):
    """A trading day of one symbol. ``expected`` counts the bars its hours so far have room for, never what traded.

    ``in_reach`` is whether the source still has the day; ``until_ms`` when what failed is tried again, else 0. For so
    many of the expected as are ``answered`` history has spoken, whether they traded or not.
    """

    day: date
    state: DayState
    expected: int
    counts: Counts
    in_reach: bool
    until_ms: int = 0
    answered: int = 0

    @property
    def stored(self) -> int:
        """Bars on disk, wherever they came from."""
        return sum(self.counts)

    @property
    def missing(self) -> int:
        """How many bars there may be that are not on disk: at most those that history has not answered for."""
        return max(0, self.expected - max(self.stored, self.answered))


_NONE = Counts()


class DayHours(NamedTuple):
    """The hours of a trading day that count at one moment."""

    day: date
    start: int
    end: int


def days_open(interval: Interval, first: date, last: date, now_ms: int, trading: Trading = sessions) -> list[DayHours]:
    """The trading days from ``first`` to ``last`` that have begun, each as far as an answer would count now."""
    until = settled(interval, now_ms, trading)
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        start, end = open_hours(day, interval, trading)
        if start < min(end, until):
            found.append(DayHours(day, start, min(end, until)))
    return found


def day_by_day(
    days: Sequence[DayHours],
    interval: Interval,
    ledger: Sequence[Asked],
    counts: Mapping[date, Counts],
    now_ms: int,
) -> tuple[DayCoverage, ...]:
    """How each of ``days`` stands; ``ledger`` ascends without overlaps, as ``paint`` leaves it."""
    reach, step = first_reachable(interval, now_ms), interval.milliseconds
    starts = [asked.start for asked in ledger]
    found = []
    for day, start, end in days:
        at = max(bisect_right(starts, start) - 1, 0)
        have = counts.get(day, _NONE)
        expected = (end - start) // step if interval.intraday else 1
        covering = ledger[at] if at < len(ledger) and ledger[at].start <= start and ledger[at].end >= end else None
        if covering and covering.answer is Answer.COMPLETE:  # nearly always
            state, until, answered = (DayState.COMPLETE if any(have) else DayState.EMPTY), 0, end - start
        else:
            state, until, answered = _state(ledger, at, (start, end), any(have), start >= reach)
        found.append(
            DayCoverage(day, state, expected, have, start >= reach, until, expected * answered // (end - start))
        )
    return tuple(found)


def _state(ledger: Sequence[Asked], at: int, hours: Range, has_bars: bool, in_reach: bool) -> tuple[DayState, int, int]:
    """How a day stands, until when what failed is left in peace, and how much of it (ms) was answered."""
    start, end = hours
    answered = until = 0
    for asked in ledger[at:]:
        if asked.start >= end:
            break
        if asked.end <= start:
            continue
        if asked.answer is Answer.FAILED:
            until = max(until, asked.until_ms)
        else:
            answered += min(end, asked.end) - max(start, asked.start)
    if answered == end - start:
        return (DayState.COMPLETE if has_bars else DayState.EMPTY), 0, answered
    if until:
        return DayState.FAILED, until, answered
    if answered or has_bars:
        return DayState.PARTIAL, 0, answered
    return (DayState.MISSING if in_reach else DayState.OUT_OF_REACH), 0, answered

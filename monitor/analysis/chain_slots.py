"""The moments at which a chain's snapshots are due, by the exchange's calendar, and when one comes too late."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.market.calendar import Phase, Trading, from_ms, sessions
from monitor.market.chain_schedule import ChainSchedule

_MINUTE_MS = 60_000
_LATEST_MS = 5 * _MINUTE_MS


def slots(schedule: ChainSchedule, start_ms: int, end_ms: int, trading: Trading = sessions) -> Iterator[int]:
    """The moments in [start_ms, end_ms), ascending: from each regular session's open on, and its close."""
    day, last = from_ms(start_ms).date() - timedelta(days=1), from_ms(end_ms).date()
    step = schedule.every_minutes * _MINUTE_MS
    before = 0
    while day <= last:
        for session in trading(day):
            if session.phase is Phase.REGULAR:
                for slot in (*range(session.start, session.end, step), session.end):
                    if slot > before and start_ms <= slot < end_ms:  # a close may be the next one's open
                        before = slot
                        yield slot
        day += timedelta(days=1)


def next_slot(schedule: ChainSchedule, after_ms: int, trading: Trading = sessions) -> int:
    """The first moment later than ``after_ms``."""
    span = 4 * 86_400_000
    while True:
        for slot in slots(schedule, after_ms + 1, after_ms + span, trading):
            return slot
        span *= 4


def grace_ms(schedule: ChainSchedule) -> int:
    """How long after its moment a snapshot still tells of it: half of what lies between two, five minutes at most."""
    return min(schedule.every_minutes * _MINUTE_MS // 2, _LATEST_MS)


def slots_a_day(schedule: ChainSchedule) -> int:
    """How many moments a full day of 6.5 hours has."""
    return len(range(0, 390, schedule.every_minutes)) + 1

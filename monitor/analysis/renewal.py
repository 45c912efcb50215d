"""When to renew a sign-in: the moments at which to speak of its end, and a good one to renew it before."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from enum import IntEnum

from monitor.market.calendar import Phase, at_new_york, from_ms, phase_at

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
#: Renewing begins seven new days.
_LIFE_MS = 7 * _DAY_MS
#: A moment this close before the end is no longer a good one.
_MARGIN_MS = 2 * _HOUR_MS
#: Right after a sign-in nobody wants to hear of the next one.
_FIRST_DAY_MS = _LIFE_MS - _DAY_MS
_MORNING, _SUNDAY_EVENING = time(8), time(18)
#: The later one serves in the week in which the clocks go back: seven days after 20:00 it is 19:00.
_EVENINGS = (time(20), time(21))
_SUNDAY = 6


class Stage(IntEnum):
    """How near the end of a sign-in is, as far as a person should hear of it."""

    FAR = 0
    TWO_DAYS = 1
    LAST_MORNING = 2  # the evening before, when it ends before the morning
    OVER = 3


def begins(stage: Stage, expires_ms: int) -> int:
    """When ``stage`` of a sign-in that ends at ``expires_ms`` begins, ms UTC."""
    if stage is Stage.OVER:
        return expires_ms
    if stage is Stage.TWO_DAYS:
        return expires_ms - 2 * _DAY_MS
    if stage is Stage.FAR:
        return 0
    day = from_ms(expires_ms).date()
    morning = at_new_york(day, _MORNING)
    return morning if morning < expires_ms else at_new_york(day - timedelta(days=1), _EVENINGS[0])


def stage_at(expires_ms: int, now_ms: int) -> Stage:
    """The last stage that has begun."""
    return max(stage for stage in Stage if begins(stage, expires_ms) <= now_ms)


def good_moment(expires_ms: int, now_ms: int) -> int | None:
    """A moment from ``now_ms`` on to renew: the market is closed then, and again when the next seven days end.

    Sunday evening, so that no week of trading is cut; otherwise the last evening before the end; otherwise now. None
    when the market trades until the end, or there is hardly time: then now is as good as any later moment.
    """
    latest = expires_ms - _MARGIN_MS
    for opens, closes in _stretches(expires_ms, now_ms):
        moment = max(opens, now_ms)
        if moment < min(closes, latest) and _undisturbed(moment):
            return moment
    return now_ms if now_ms < expires_ms and _undisturbed(now_ms) else None


def moment_in_words(ms: int, now_ms: int) -> str:
    """A moment of the coming days as it is said, New York time: today 18:00, Sunday 18:00."""
    moment, today = from_ms(ms), from_ms(now_ms).date()
    ahead = (moment.date() - today).days
    if ahead in (0, 1):
        return f"{('today', 'tomorrow')[ahead]} {moment:%H:%M}"
    return f"{moment:%A %H:%M}" if 0 < ahead < 7 else f"{moment:%A} {moment.day} {moment:%B %H:%M}"


def _undisturbed(ms: int) -> bool:
    """Whether the market is closed at ``ms``, and when what begins then ends."""
    return phase_at(ms) is Phase.CLOSED and phase_at(ms + _LIFE_MS) is Phase.CLOSED


def _stretches(expires_ms: int, now_ms: int) -> Iterator[tuple[int, int]]:
    """Evenings until midnight, the best first: the Sunday's, then the later before the earlier."""
    first, last = from_ms(now_ms).date(), from_ms(expires_ms).date()
    days = [last - timedelta(days=back) for back in range((last - first).days + 1)]
    for day in days:
        if day.weekday() == _SUNDAY and at_new_york(day, _SUNDAY_EVENING) > expires_ms - _FIRST_DAY_MS:
            yield at_new_york(day, _SUNDAY_EVENING), _midnight_after(day)
    for day in days:
        for evening in _EVENINGS:
            yield at_new_york(day, evening), _midnight_after(day)


def _midnight_after(day: date) -> int:
    return at_new_york(day + timedelta(days=1), time())

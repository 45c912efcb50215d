"""When the New York market trades: sessions of a day, holidays and half days, from the exchange's rules.

Source of the holidays and 1 pm closes: the ``holidays`` package's NYSE calendar. Extended hours are those in which
Schwab gives candles: 07:00 to 20:00 New York (half days end their post-market at 17:00).
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from holidays import HALF_DAY, PUBLIC
from holidays.financial.ny_stock_exchange import NYSE

NEW_YORK = ZoneInfo("America/New_York")
#: Daily, weekly and monthly candles are stamped midnight in this zone (PROTOCOL 4.2).
CHICAGO = ZoneInfo("America/Chicago")


class Phase(StrEnum):
    """What the market is doing at a moment."""

    PRE = "pre"
    REGULAR = "regular"
    POST = "post"
    CLOSED = "closed"


class Session(NamedTuple):
    """One stretch of a trading day: ``start`` inclusive, ``end`` exclusive, ms UTC."""

    phase: Phase
    start: int
    end: int


def to_ms(moment: datetime) -> int:
    """Milliseconds UTC of an aware datetime."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int, zone: ZoneInfo = NEW_YORK) -> datetime:
    """The aware datetime of milliseconds UTC, in ``zone``."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def at_new_york(day: date, clock: time) -> int:
    """Milliseconds UTC of a wall clock reading in New York."""
    return to_ms(datetime.combine(day, clock, NEW_YORK))


@cache
def _closed_days(year: int) -> dict[date, str]:
    return dict(NYSE(years=year, categories=(PUBLIC,)).items())  # type: ignore[no-untyped-call]


@cache
def _half_days(year: int) -> frozenset[date]:
    return frozenset(NYSE(years=year, categories=(HALF_DAY,)))  # type: ignore[no-untyped-call]


def holiday_name(day: date) -> str:
    """The name of the holiday that closes the exchange on ``day``, or an empty string."""
    return _closed_days(day.year).get(day, "")


def is_trading_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _closed_days(day.year)


def is_half_day(day: date) -> bool:
    return is_trading_day(day) and day in _half_days(day.year)


@cache
def sessions(day: date) -> tuple[Session, ...]:
    """Pre-market, regular and post-market of ``day``; empty on closed days."""
    if not is_trading_day(day):
        return ()
    close, end = (time(13), time(17)) if is_half_day(day) else (time(16), time(20))
    marks = [at_new_york(day, t) for t in (time(7), time(9, 30), close, end)]
    phases = (Phase.PRE, Phase.REGULAR, Phase.POST)
    return tuple(Session(p, a, b) for p, a, b in zip(phases, marks, marks[1:], strict=False))


#: The sessions of a day: the exchange's, or those of a market that keeps other hours.
Trading = Callable[[date], tuple[Session, ...]]


@cache
def around_the_clock(day: date) -> tuple[Session, ...]:
    """The hours of a market that never closes: from midnight to midnight in New York."""
    midnight, next_midnight = (at_new_york(d, time(0)) for d in (day, day + timedelta(days=1)))
    return (Session(Phase.REGULAR, midnight, next_midnight),)


_FRIDAY, _SUNDAY = 4, 6


@cache
def futures_sessions(day: date) -> tuple[Session, ...]:
    """When futures trade on ``day``: from Sunday 18:00 to Friday 17:00 New York, but for an hour from 17:00 each day.

    What exchanges shorten on holidays is not in it.
    """
    midnight, close, reopen, next_midnight = (
        *(at_new_york(day, time(hour)) for hour in (0, 17, 18)),
        at_new_york(day + timedelta(days=1), time(0)),
    )
    until, since = Session(Phase.REGULAR, midnight, close), Session(Phase.REGULAR, reopen, next_midnight)
    weekday = day.weekday()
    if weekday < _FRIDAY:
        return until, since
    return {_FRIDAY: (until,), _SUNDAY: (since,)}.get(weekday, ())


def trading_days(first: date, last: date) -> list[date]:
    """The trading days from ``first`` to ``last``, both included."""
    span = (last - first).days
    days = (first + timedelta(days=n) for n in range(span + 1))
    return [day for day in days if is_trading_day(day)]


def phase_at(ms: int) -> Phase:
    """What the market is doing at ``ms`` by the exchange's rules."""
    todays = sessions(from_ms(ms).date())
    index = bisect_right([s.start for s in todays], ms) - 1
    return todays[index].phase if index >= 0 and ms < todays[index].end else Phase.CLOSED


def next_open(ms: int) -> int:
    """Start of the first regular session that begins after ``ms``, ms UTC."""
    day = from_ms(ms).date()
    while True:
        for session in sessions(day):
            if session.phase is Phase.REGULAR and session.start > ms:
                return session.start
        day += timedelta(days=1)

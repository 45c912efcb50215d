"""The time axis: which bars carry a tick and its words, in New York time or another zone's.

A tick names a round time and stands at the first bar from then on, so it stays at its bar while panning.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.ports import Zone

Ints = npt.NDArray[np.int64]
_DAY = 86_400_000
_MINUTE = 60_000
_UNKNOWN = -(2**62)
_LEAST_PX = 72
_MAJOR_PX = 36
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240)
_MONTH_STEPS = (1, 3, 6, 12, 24, 60, 120)


class Tick(NamedTuple):
    """One tick: the bar's place in the series given, its words, and whether it begins the next larger unit of time."""

    at: int
    text: str
    major: bool


#: The offset of each zone on days since 1970, as far as it was asked for; days before that stand at the end.
_OFFSETS: defaultdict[Zone, Ints] = defaultdict(lambda: np.full(150_000, _UNKNOWN, np.int64))


def _offset(utc_day: int, zone: Zone) -> int:
    """The zone's offset in ms at 17:00 UTC of a day; clocks change on Sunday nights, when nothing trades."""
    moment = in_zone(utc_day * _DAY + 17 * 3_600_000, zone)
    return round((moment.utcoffset() or timedelta()).total_seconds() * 1000)


def in_zone(ms: int, zone: Zone) -> datetime:
    """The moment by the zone's wall clock."""
    if zone is Zone.NEW_YORK:
        return from_ms(ms)
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(UTC if zone is Zone.UTC else None)


def zone_word(ms: int, zone: Zone) -> str:
    """What the zone is called at that moment: ET, UTC, or this machine's abbreviation."""
    return {Zone.NEW_YORK: "ET", Zone.UTC: "UTC"}.get(zone) or in_zone(ms, zone).strftime("%Z")[:4]


def _learn(known: Ints, first: int, last: int, zone: Zone) -> None:
    """Look up the offsets from one day to another; a clock that shows the same four weeks on did not change in them."""
    day = first
    known[day] = _offset(day, zone)
    while day < last:
        ahead = min(day + 28, last)
        here, there = int(known[day]), _offset(ahead, zone)
        days = np.arange(day + 1, ahead + 1)
        same = len(days) if there == here else bisect_left(days.tolist(), True, key=partial(_differs, here, zone))
        known[days[:same]], known[days[same:]] = here, there
        day = ahead


def _differs(offset: int, zone: Zone, utc_day: int) -> bool:
    return _offset(utc_day, zone) != offset


def local(starts: Ints, zone: Zone = Zone.NEW_YORK) -> Ints:
    """The wall clock of ascending instants, as ms since 1970 of that clock."""
    days, known = starts // _DAY, _OFFSETS[zone]
    offsets = known[days]
    unknown = np.flatnonzero(offsets == _UNKNOWN)
    if len(unknown):
        _learn(known, int(days[unknown[0]]), int(days[unknown[-1]]), zone)
        offsets = known[days]
    return starts + offsets


def day_changes(starts: Ints, zone: Zone = Zone.NEW_YORK) -> Ints:
    """Positions of the bars that are the first of their day; the first bar given is never one."""
    return _changes(local(starts, zone) // _DAY)


def _changes(keys: Ints) -> Ints:
    return np.flatnonzero(keys[1:] != keys[:-1]) + 1


class _Step(NamedTuple):
    """One way to space ticks: the bars where ``keys`` change, major where ``parents`` do; clock steps have a length."""

    unit: str
    length: int
    keys: Ints
    parents: Ints


def _steps(clock: Ints, intraday: bool) -> Iterator[_Step]:
    """Steps from fine to coarse, each made only when it is asked for."""
    days = clock // _DAY
    if intraday:
        for minutes in _CLOCK_STEPS:
            yield _Step("clock", minutes * _MINUTE, clock // (minutes * _MINUTE), days)
    months = clock.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    yield _Step("weekday" if intraday else "day", _DAY, days, months)
    yield _Step("week", 7 * _DAY, (days + 3) // 7, months)
    for count in _MONTH_STEPS:
        yield _Step("month", 0, months // count, months // 12)


def ticks(starts: Ints, column_px: float, interval: Interval, size: int = 1, zone: Zone = Zone.NEW_YORK) -> list[Tick]:
    """Ticks for the bars in view, or bins of ``size`` of them, each ``column_px`` wide; days are always New York's.

    The first one given is only looked back at.
    """
    if len(starts) < 2:
        return []
    clock = local(starts, zone if interval.intraday else Zone.NEW_YORK)
    room = len(clock) * column_px / _LEAST_PX
    least_ms = _LEAST_PX / column_px * size * interval.milliseconds
    for step in _steps(clock, interval.intraday):
        # Clock steps are chosen by their length, not by how many fell in view: so they do not change while panning.
        if step.unit == "clock" and step.length < least_ms:
            continue
        places = _changes(step.keys)
        if 0 < len(places) <= room * (1.5 if step.unit == "clock" else 1):
            return _apart(step, places, clock, column_px)
    return []


def _apart(step: _Step, places: Ints, clock: Ints, column_px: float) -> list[Tick]:
    """The ticks that can be read: a lesser one gives way to a major one beside it."""
    major = step.parents[places] != step.parents[places - 1]
    result: list[Tick] = []
    reach, ahead = -_LEAST_PX * 1.0, np.r_[places[1:], 2**62]
    for place, is_major, following, next_major in zip(places, major, ahead, np.r_[major[1:], False], strict=True):
        x = place * column_px
        crowded = next_major and (following - place) * column_px < _LEAST_PX / 2
        if x - reach >= (_MAJOR_PX if is_major else _LEAST_PX * 0.6) and (is_major or not crowded):
            text = _words(step.unit, step.length, int(clock[place - 1]), int(clock[place]))
            result.append(Tick(int(place), text, bool(is_major)))
            reach = x
    return result


@lru_cache(maxsize=4096)
def _words(unit: str, length: int, before: int, at: int) -> str:
    """The round time that begins between two bars, in as few words as tell it from its neighbours."""
    then, now = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (before, at))
    if unit == "clock" and now.date() == then.date():
        return f"{datetime.fromtimestamp(at // length * length / 1000, UTC):%H:%M}"
    if unit == "clock":
        return f"{now:%a} {now.day} {now:%b}"
    if unit == "week":
        return f"{now.day} {now:%b}"
    if now.year != then.year:
        return str(now.year)
    if now.month != then.month:
        return f"{now:%b}"
    return f"{now:%a} {now.day}" if unit == "weekday" else str(now.day)

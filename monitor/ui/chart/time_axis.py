"""The time axis: which bars carry a tick and its words, in New York time or another zone's.

A tick names a round time and stands at the first bar from then on, so it stays at its bar while panning.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
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
_QUARTER_HOUR = 15 * _MINUTE
_UNKNOWN = -(2**62)
_LEAST_PX = 72
#: From the middle of a tick to that of the next, and to that of one that begins a larger unit; and between their words.
_MINOR_PX = 43
_MAJOR_PX = 36
_BETWEEN_PX = 6
#: About what a letter takes of small type.
_LETTER_PX = 6.0
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240)
_MONTH_STEPS = (1, 3, 6, 12, 24, 60, 120)


class Tick(NamedTuple):
    """One tick: the bar's place in the series given, its words, and whether it begins the next larger unit of time."""

    at: int
    text: str
    major: bool


#: How many pixels the words of a tick take, and whether it is a major one.
Width = Callable[[str, bool], float]

#: The offset of each zone as days since 1970 begin, as far as it was asked for; days before that stand at the end.
_OFFSETS: defaultdict[Zone, Ints] = defaultdict(lambda: np.full(150_000, _UNKNOWN, np.int64))


@lru_cache(maxsize=100_000)
def _offset(ms: int, zone: Zone) -> int:
    """The zone's offset in ms at a moment."""
    return round((in_zone(ms, zone).utcoffset() or timedelta()).total_seconds() * 1000)


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
    known[day] = _offset(day * _DAY, zone)
    while day < last:
        ahead = min(day + 28, last)
        here, there = int(known[day]), _offset(ahead * _DAY, zone)
        days = np.arange(day + 1, ahead + 1)
        same = len(days) if there == here else bisect_left(days.tolist(), True, key=partial(_differs, here, zone))
        known[days[:same]], known[days[same:]] = here, there
        day = ahead


def _differs(offset: int, zone: Zone, utc_day: int) -> bool:
    return _offset(utc_day * _DAY, zone) != offset


def local(starts: Ints, zone: Zone = Zone.NEW_YORK) -> Ints:
    """The wall clock of ascending instants, as ms since 1970 of that clock."""
    if not len(starts):
        return starts
    days, known = starts // _DAY, _OFFSETS[zone]
    unknown = np.flatnonzero((known[days] == _UNKNOWN) | (known[days + 1] == _UNKNOWN))
    if len(unknown):
        _learn(known, int(days[unknown[0]]), int(days[unknown[-1]]) + 1, zone)
    before, after = known[days], known[days + 1]
    result = starts + before
    turning = before != after  # on such a day the clocks change, at a quarter of an hour
    if turning.any():
        quarters, which = np.unique(starts[turning] // _QUARTER_HOUR, return_inverse=True)
        offsets = np.array([_offset(at, zone) for at in (quarters * _QUARTER_HOUR).tolist()], np.int64)
        result[turning] = starts[turning] + offsets[which]
    return result


def day_changes(starts: Ints) -> Ints:
    """Positions of the bars that are the first of their day in New York; the first bar given is never one."""
    return _changes(local(starts) // _DAY)


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


def _about(text: str, _major: bool) -> float:
    return len(text) * _LETTER_PX


def ticks(
    starts: Ints,
    column_px: float,
    interval: Interval,
    size: int = 1,
    zone: Zone = Zone.NEW_YORK,
    width: Width = _about,
) -> list[Tick]:
    """Ticks for the bars in view, or bins of ``size`` of them, each ``column_px`` wide; days are always New York's.

    The first one given is only looked back at. An hour that comes twice, as clocks are put back, is named once.
    """
    if len(starts) < 2:
        return []
    clock = np.maximum.accumulate(local(starts, zone if interval.intraday else Zone.NEW_YORK))
    room = len(clock) * column_px / _LEAST_PX
    least_ms = _LEAST_PX / column_px * size * interval.milliseconds
    for step in _steps(clock, interval.intraday):
        # Clock steps are chosen by their length, not by how many fell in view: so they do not change while panning.
        if step.unit == "clock" and step.length < least_ms:
            continue
        places = _changes(step.keys)
        if 0 < len(places) <= room * (1.5 if step.unit == "clock" else 1):
            return _apart(step, places, clock, column_px, width)
    return []


def _apart(step: _Step, places: Ints, clock: Ints, column_px: float, width: Width) -> list[Tick]:
    """The ticks that can be read: a lesser one gives way to a major one, and that to the next major one.

    Lesser ones without the major one that they follow would be taken for those of another day or year.
    """
    major = step.parents[places] != step.parents[places - 1]
    wanted = [
        Tick(int(place), _words(step.unit, step.length, int(clock[place - 1]), int(clock[place])), bool(is_major))
        for place, is_major in zip(places, major, strict=True)
    ]
    widths = {tick: width(tick.text, tick.major) for tick in wanted}
    furthest = max(_MINOR_PX, max(widths.values()) + _BETWEEN_PX)
    kept: list[Tick] = []
    nameless = set()
    majors, others = ([tick for tick in wanted if tick.major is each] for each in (True, False))
    for tick in (*reversed(majors), *others):
        least = _MAJOR_PX if tick.major else _MINOR_PX
        parent = step.parents[tick.at]
        beside = [other for other in kept if abs(tick.at - other.at) * column_px < furthest]
        if parent not in nameless and all(_free(tick, other, column_px, least, widths) for other in beside):
            kept.append(tick)
        elif tick.major:
            nameless.add(parent)
    return sorted(kept)


def _free(tick: Tick, other: Tick, column_px: float, least: float, widths: dict[Tick, float]) -> bool:
    """Whether two ticks are so far apart that both can be read."""
    words = (widths[tick] + widths[other]) / 2 + _BETWEEN_PX
    return abs(tick.at - other.at) * column_px >= max(_MAJOR_PX if other.major else least, words)


@lru_cache(maxsize=4096)
def _words(unit: str, length: int, before: int, at: int) -> str:
    """The round time that begins between two bars, in as few words as tell it from its neighbours."""
    then, now = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (before, at))
    if unit == "clock" and now.date() == then.date():
        return f"{datetime.fromtimestamp(at // length * length / 1000, UTC):%H:%M}"
    if unit == "clock":
        return f"{now:%a} {now.day} {now:%b}" + (f" {now.year}" if now.year != then.year else "")
    if now.year != then.year:
        return str(now.year)
    if unit == "week":
        return f"{now.day} {now:%b}"
    if now.month != then.month:
        return f"{now:%b}"
    return f"{now:%a} {now.day}" if unit == "weekday" else str(now.day)

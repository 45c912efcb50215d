"""The time axis: which bars carry a tick and its words, in New York time or another zone's.

A tick names a round time and stands at the first bar from then on, so it stays at its bar while panning.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
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


def local(starts: Ints, zone: Zone = Zone.NEW_YORK) -> Ints:
    """The wall clock of instants, as ms since 1970 of that clock."""
    days, which = np.unique(starts // _DAY, return_inverse=True)
    before, after = (np.array([_offset(at, zone) for at in (days * _DAY + n).tolist()], np.int64) for n in (0, _DAY))
    result = starts + before[which] if len(starts) else starts
    turning = (before != after)[which]  # on such a day the clocks change, at a quarter of an hour
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
        Tick(int(place), _words(step, clock[place - 1], clock[place]), bool(is_major))
        for place, is_major in zip(places, major, strict=True)
    ]
    kept: list[Tick] = []
    nameless = set()
    majors, others = ([tick for tick in wanted if tick.major is each] for each in (True, False))
    for tick in (*reversed(majors), *others):
        least = _MAJOR_PX if tick.major else _MINOR_PX
        if step.parents[tick.at] not in nameless and all(_free(tick, other, column_px, least, width) for other in kept):
            kept.append(tick)
        elif tick.major:
            nameless.add(step.parents[tick.at])
    return sorted(kept)


def _free(tick: Tick, other: Tick, column_px: float, least: float, width: Width) -> bool:
    """Whether two ticks are so far apart that both can be read."""
    words = (width(tick.text, tick.major) + width(other.text, other.major)) / 2 + _BETWEEN_PX
    return abs(tick.at - other.at) * column_px >= max(_MAJOR_PX if other.major else least, words)


def _words(step: _Step, before: np.int64, at: np.int64) -> str:
    """The round time that begins between two bars, in as few words as tell it from its neighbours."""
    then, now = (datetime.fromtimestamp(int(ms) / 1000, UTC) for ms in (before, at))
    if step.unit == "clock" and now.date() == then.date():
        return f"{datetime.fromtimestamp(int(at) // step.length * step.length / 1000, UTC):%H:%M}"
    if step.unit == "clock":
        return f"{now:%a} {now.day} {now:%b}" + (f" {now.year}" if now.year != then.year else "")
    if now.year != then.year:
        return str(now.year)
    if step.unit == "week":
        return f"{now.day} {now:%b}"
    if now.month != then.month:
        return f"{now:%b}"
    return f"{now:%a} {now.day}" if step.unit == "weekday" else str(now.day)

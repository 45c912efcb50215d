"""When the simulated market trades: by the real calendar, or around the clock with stretches added between sessions."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from monitor.market.calendar import NEW_YORK, Phase, Session, at_new_york, from_ms, sessions

MINUTE_MS = 60_000


class Stretch(NamedTuple):
    """A part of a New York day in which there is trading; ``extra`` where the real market would be closed."""

    day: date
    phase: Phase
    start: int
    end: int
    extra: bool

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // MINUTE_MS


def midnight(day: date) -> int:
    """Midnight New York, ms UTC."""
    return at_new_york(day, time(0))


@lru_cache(maxsize=1024)
def stretches(day: date, extra: bool) -> tuple[Stretch, ...]:
    """The stretches of ``day`` in order; with ``extra`` they fill it from midnight to midnight."""
    real = [Stretch(day, s.phase, s.start, s.end, False) for s in sessions(day)]
    return tuple(_filled(day, real)) if extra else tuple(real)


def _filled(day: date, real: list[Stretch]) -> Iterator[Stretch]:
    start = midnight(day)
    for stretch in real:
        if start < stretch.start:
            yield Stretch(day, Phase.REGULAR, start, stretch.start, True)
        yield stretch
        start = stretch.end
    yield Stretch(day, Phase.REGULAR, start, midnight(day + timedelta(days=1)), True)


@lru_cache(maxsize=1024)
def kept_sessions(day: date, real_hours: bool) -> tuple[Session, ...]:
    """The sessions as told to clients."""
    if real_hours:
        return sessions(day)
    return tuple(Session(s.phase, s.start, s.end) for s in stretches(day, True))


class Days:
    """The New York date of a moment, quickly: most questions are about the same day."""

    def __init__(self) -> None:
        self._start = self._end = 0
        self._day = date.min

    def of(self, ms: int) -> date:
        if not self._start <= ms < self._end:
            self._day = from_ms(ms, NEW_YORK).date()
            self._start, self._end = midnight(self._day), midnight(self._day + timedelta(days=1))
        return self._day


def last_open_moment(ms: int, day: date) -> int:
    """``ms`` itself while the real market trades, otherwise the last millisecond in which it did."""
    while True:
        for session in reversed(sessions(day)):
            if session.start <= ms:
                return min(ms, session.end - 1)
        day -= timedelta(days=1)

"""At which times something is to go on: always, in extended hours, or in regular hours, with holidays and half days."""

from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitor.market.calendar import Phase, from_ms, phase_at, sessions


class Hours(StrEnum):
    """Stretches of the New York market's days."""

    ALWAYS = "always"
    EXTENDED = "extended"  # pre-market, regular session and post-market
    REGULAR = "regular"

    def within(self, ms: int) -> bool:
        """Whether ``ms`` lies in these hours."""
        return self is Hours.ALWAYS or phase_at(ms) in self._phases

    def hold(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """``within`` for each of the ``times``; of minutes, which no session begins or ends in the middle of."""
        slots, places = np.unique(times // _HALF_HOUR_MS, return_inverse=True)
        return np.array([_slot_within(self, slot) for slot in slots.tolist()], np.bool_)[places]

    def next_start(self, ms: int) -> int:
        """Start of the first stretch that begins after ``ms``, ms UTC; ``ms`` itself when it is always."""
        if self is Hours.ALWAYS:
            return ms
        first = min(self._phases, key=_ORDER.index)
        day = from_ms(ms).date()
        while True:
            for session in sessions(day):
                if session.phase is first and session.start > ms:
                    return session.start
            day += timedelta(days=1)

    @property
    def _phases(self) -> frozenset[Phase]:
        return frozenset({Phase.REGULAR}) if self is Hours.REGULAR else frozenset(_ORDER)


@lru_cache(maxsize=65_536)
def _slot_within(hours: Hours, slot: int) -> bool:
    return hours.within(slot * _HALF_HOUR_MS)


#: Every session of the market begins and ends on one.
_HALF_HOUR_MS = 1_800_000
_ORDER = (Phase.PRE, Phase.REGULAR, Phase.POST)

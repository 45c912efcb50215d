"""At which times something is to go on: always, in extended hours, or in regular hours, with holidays and half days."""

from datetime import timedelta
from enum import StrEnum

from monitor.market.calendar import Phase, from_ms, phase_at, sessions


class Hours(StrEnum):
    """Stretches of the New York market's days."""

    ALWAYS = "always"
    EXTENDED = "extended"  # pre-market, regular session and post-market
    REGULAR = "regular"

    def within(self, ms: int) -> bool:
        """Whether ``ms`` lies in these hours."""
        return self is Hours.ALWAYS or phase_at(ms) in self._phases

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


_ORDER = (Phase.PRE, Phase.REGULAR, Phase.POST)

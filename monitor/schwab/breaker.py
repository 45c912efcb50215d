"""A circuit breaker an endpoint: one that fails and fails is left alone but for one attempt a minute."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from monitor.clock import now_ms, since_boot
from monitor.errors import Transient
from monitor.market.calendar import from_ms
from monitor.ports import Outage
from monitor.schwab.endpoint import NAMES

#: As many as one request has attempts.
_FAILURES: Final = 5
_APART_SECONDS: Final = 60.0
_APART_TO_COUNT: Final = 0.9  # the shortest pause between a request's attempts, less what clocks round
#: Renewals and sign-ins have pauses of their own, and nobody may be kept from signing in.
_WITHOUT: Final = frozenset({"token"})


@dataclass(slots=True)
class _Breaker:
    failures: int = 0  # since the last success
    failed_at: float = -math.inf  # the last one that counted
    failed_ms: int = 0
    next_probe: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.failures >= _FAILURES


class Breakers:
    """Closed for an endpoint at first, open after five failures in a row, and closed again by the first success."""

    def __init__(self, clock: Callable[[], float] = since_boot, wall_ms: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._wall_ms = wall_ms
        self._breakers: dict[str, _Breaker] = {}

    def admit(self, endpoint: str) -> bool:
        """Whether the request is the minute's one probe of an endpoint that fails; False where nothing is wrong.

        Raises Transient when it is not its turn.
        """
        breaker = self._breakers.get(endpoint)
        if breaker is None or not breaker.is_open:
            return False
        now = self._clock()
        if now < breaker.next_probe:
            raise Transient(self._sentence(endpoint, breaker))
        breaker.next_probe = now + _APART_SECONDS
        return True

    def is_open(self, endpoint: str) -> bool:
        breaker = self._breakers.get(endpoint)
        return breaker is not None and breaker.is_open

    def succeed(self, endpoint: str) -> None:
        """The endpoint has answered, be it that it knows nothing."""
        self._breakers.pop(endpoint, None)

    def fail(self, endpoint: str, sent: float) -> None:
        """The attempt of the moment ``sent`` has failed, and not for the network's sake.

        Of attempts that were under way together one counts: a moment's trouble is no outage, however many it hits.
        """
        if endpoint in _WITHOUT:
            return
        breaker = self._breakers.setdefault(endpoint, _Breaker())
        if sent - breaker.failed_at >= _APART_TO_COUNT:
            breaker.failures += 1
            breaker.failed_at = self._clock()
        breaker.failed_ms = self._wall_ms()
        breaker.next_probe = self._clock() + _APART_SECONDS

    def outages(self) -> tuple[Outage, ...]:
        """The endpoints that are left alone."""
        now, wall_ms = self._clock(), self._wall_ms()
        return tuple(
            Outage(
                endpoint,
                breaker.failed_ms,
                wall_ms + round(max(breaker.next_probe - now, 0.0) * 1000),
                self._sentence(endpoint, breaker),
            )
            for endpoint, breaker in sorted(self._breakers.items())
            if breaker.is_open
        )

    def _sentence(self, endpoint: str, breaker: _Breaker) -> str:
        last = f"{from_ms(breaker.failed_ms):%H:%M:%S}"
        return (
            f"Schwab's service for {NAMES[endpoint]} is down (last failure {last} ET); it is tried again once a minute."
        )

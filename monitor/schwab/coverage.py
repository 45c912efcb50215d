"""What of the stream is covered, and every hole where it is not: from when to when, of what, and why."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from monitor.market.gap import Cause, Gap

_DAY_MS = 86_400_000
#: These say more than the loss they follow.
_TELLING = frozenset({Cause.TAKEN, Cause.SIGN_IN, Cause.SLEEP})


class StreamTime:
    """The streamer's own clock, carried on by one that nobody can set: so a corrected wall clock moves no hole."""

    def __init__(self, clock: Callable[[], float], wall_ms: Callable[[], int]) -> None:
        self._clock = clock
        self._wall_ms = wall_ms
        self._anchor = clock(), wall_ms()

    def take(self, sent_ms: int, at: float) -> None:
        """A frame sent at ``sent_ms`` came at ``at``; what is a day off (a replay, say) tells nothing of now."""
        if abs(sent_ms - self._wall_ms()) < _DAY_MS:
            self._anchor = at, sent_ms

    def at(self, moment: float) -> int:
        """Milliseconds UTC of a moment of the clock."""
        then, ms = self._anchor
        return ms + round((moment - then) * 1000)

    def now(self) -> int:
        return self.at(self._clock())


class _Hole(NamedTuple):
    gap: Gap
    until_heard: bool


class Coverage:
    """The holes that are open; each one's begin and end are told."""

    def __init__(self) -> None:
        self.tell: Callable[[Gap], None] = lambda _gap: None
        self._holes: dict[tuple[str, str], _Hole] = {}

    def lose(
        self,
        services: Collection[str],
        from_ms: int,
        cause: Cause,
        sentence: str,
        *,
        symbol: str = "",
        until_heard: bool = False,
    ) -> None:
        """Nothing is known of ``services`` since ``from_ms``; what was lost before keeps its begin."""
        for service in services:
            before = self._holes.get((service, symbol))
            if before is not None:
                if cause not in _TELLING or cause is before.gap.cause:
                    continue
                from_ms = before.gap.from_ms
            gap = Gap(service, from_ms, cause, None, symbol, sentence)
            self._holes[service, symbol] = _Hole(gap, until_heard)
            self.tell(gap)

    def answered(self, service: str, now_ms: int) -> None:
        """The streamer took everything that is wanted of ``service``: from now on it comes."""
        hole = self._holes.get((service, ""))
        if hole is not None and not hole.until_heard:
            self._close((service, ""), now_ms)

    def heard(self, service: str, now_ms: int, symbol: str = "") -> None:
        """Data came of ``service``, or of one symbol."""
        hole = self._holes.get((service, symbol))
        if hole is not None and hole.until_heard:
            self._close((service, symbol), now_ms)

    def refuse(self, service: str, refused: Mapping[str, str], now_ms: int) -> None:
        """All symbols that are refused now, with reasons; those that are new were asked of ``service``."""
        for key, hole in list(self._holes.items()):
            if hole.gap.cause is Cause.REFUSED and key[1] not in refused:
                self._close(key, now_ms)
        known = {key[1] for key, hole in self._holes.items() if hole.gap.cause is Cause.REFUSED}
        for symbol in refused.keys() - known:
            self.lose((service,), now_ms, Cause.REFUSED, refused[symbol], symbol=symbol)

    def keep(self, wanted: Mapping[str, Collection[str]], now_ms: int) -> None:
        """What nobody wants any more is no hole any more."""
        for key in list(self._holes):
            service, symbol = key
            if service not in wanted or (symbol and symbol not in wanted[service]):
                self._close(key, now_ms)

    def end(self, now_ms: int) -> None:
        """Nobody listens any more."""
        self.keep({}, now_ms)

    def lost(self, service: str, symbol: str = "") -> bool:
        """Whether there is a hole now."""
        return (service, symbol) in self._holes

    def _close(self, key: tuple[str, str], now_ms: int) -> None:
        gap = self._holes.pop(key).gap
        to_ms = max(now_ms, gap.from_ms)
        self.tell(Gap(gap.service, gap.from_ms, gap.cause, to_ms, gap.symbol, gap.sentence))

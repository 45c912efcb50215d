"""What of the stream is covered, and every hole where it is not: from when to when, of what, and why."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from monitor.market.gap import Cause, Gap

_DAY_MS = 86_400_000
_LATE_MS = 2_000
_EARLY_MS = 10_000
#: These say more than the loss they follow.
_TELLING = frozenset({Cause.TAKEN, Cause.SIGN_IN, Cause.SLEEP})


class StreamTime:
    """The streamer's own clock, carried on by one that nobody can set: so a corrected wall clock moves no hole."""

    def __init__(self, clock: Callable[[], float], wall_ms: Callable[[], int]) -> None:
        self._clock = clock
        self._wall_ms = wall_ms
        self._anchor = clock(), wall_ms()
        self._is_new = True

    def begin(self) -> None:
        """A new connection: its first frame tells the time anew."""
        self._is_new = True

    def take(self, sent_ms: int, at: float) -> None:
        """A frame sent at ``sent_ms`` came at ``at``.

        One that is a day off (a replay, say) tells nothing of now, nor does one that lay in a buffer or that claims to
        come from the future.
        """
        if not self.is_now(sent_ms) or not (self._is_new or -_LATE_MS < sent_ms - self.at(at) < _EARLY_MS):
            return
        self._anchor, self._is_new = (at, sent_ms), False

    def is_now(self, sent_ms: int) -> bool:
        """Whether the streamer's time of a frame is one of today."""
        return abs(sent_ms - self._wall_ms()) < _DAY_MS

    def at(self, moment: float) -> int:
        """Milliseconds UTC of a moment of the clock."""
        then, ms = self._anchor
        return ms + round((moment - then) * 1000)

    def now(self) -> int:
        return self.at(self._clock())

    def after(self, sent_ms: int) -> int:
        """Now, which is no earlier than a frame was sent that has come, whatever the clock has learnt from others."""
        return max(self.now(), sent_ms) if self.is_now(sent_ms) else self.now()


class _Hole(NamedTuple):
    gap: Gap
    until_heard: bool


class Coverage:
    """The holes that are open; each one's begin and end are told."""

    def __init__(self) -> None:
        self.tell: Callable[[Gap], None] = lambda _gap: None
        self._holes: dict[tuple[str, str], _Hole] = {}
        self._covered: set[str] = set()

    def lose(
        self,
        since: Mapping[str, int],
        cause: Cause,
        sentence: str,
        *,
        symbol: str = "",
        until_heard: bool = False,
    ) -> None:
        """Services of which nothing is known, each since when; what was lost before keeps its begin."""
        for service, from_ms in since.items():
            if not symbol:
                self._covered.discard(service)
            before = self._holes.get((service, symbol))
            if before is not None and (cause not in _TELLING or cause is before.gap.cause):
                continue
            begin = from_ms if before is None else before.gap.from_ms
            gap = Gap(service, begin, cause, None, symbol, sentence)
            self._holes[service, symbol] = _Hole(gap, until_heard)
            self.tell(gap)

    def answered(self, service: str, now_ms: int) -> None:
        """The streamer took everything that is wanted of ``service``: from now on it comes."""
        self._covered.add(service)
        hole = self._holes.get((service, ""))
        if hole is not None and not hole.until_heard:
            self._close((service, ""), now_ms)

    def heard(self, service: str, now_ms: int, symbol: str = "") -> None:
        """Data came of ``service``, or of one symbol."""
        hole = self._holes.get((service, symbol))
        if hole is not None and hole.until_heard:
            self._close((service, symbol), now_ms)

    def refuse(self, service: str, refused: Mapping[str, str], now_ms: int, settled: bool) -> None:
        """All symbols that are refused now, with reasons; those that are new were asked of ``service``.

        What it refused before and does not any more comes once it is ``settled``: all that is wanted of it is answered.
        """
        for key, hole in list(self._holes.items()):
            if settled and key[0] == service and hole.gap.cause is Cause.REFUSED and key[1] not in refused:
                self._close(key, now_ms)
        known = {key[1] for key, hole in self._holes.items() if hole.gap.cause is Cause.REFUSED}
        for symbol in refused.keys() - known:
            self.lose({service: now_ms}, Cause.REFUSED, refused[symbol], symbol=symbol)

    def keep(self, wanted: Mapping[str, Collection[str]], now_ms: int) -> None:
        """What nobody wants any more is no hole any more."""
        self._covered &= wanted.keys()
        for key in list(self._holes):
            service, symbol = key
            if service not in wanted or (symbol and symbol not in wanted[service]):
                self._close(key, now_ms)

    def end(self, now_ms: int) -> None:
        """Nobody listens any more."""
        self.keep({}, now_ms)

    @property
    def lost_since_ms(self) -> int | None:
        """Since when whole services have been missing; None when none is."""
        return min((hole.gap.from_ms for (_, symbol), hole in self._holes.items() if not symbol), default=None)

    def covers(self, service: str) -> bool:
        """Whether the streamer took everything that is wanted of ``service``, and nothing was lost since."""
        return service in self._covered

    def _close(self, key: tuple[str, str], now_ms: int) -> None:
        gap = self._holes.pop(key).gap
        to_ms = max(now_ms, gap.from_ms)
        self.tell(Gap(gap.service, gap.from_ms, gap.cause, to_ms, gap.symbol, gap.sentence))

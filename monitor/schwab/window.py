"""The arithmetic of the limit: a log of when requests were sent, a pause, and a share that grows back after a 429."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from monitor.clock import since_boot
from monitor.errors import Unusable
from monitor.ports import LEAST_LIMIT, MOST_LIMIT, USUAL_LIMIT, Priority
from monitor.schwab.sent_file import Sent, SentFile

WINDOW_SECONDS: Final = 60.0
#: For requests that overtake each other on their way, and clocks that round.
_MARGIN_SECONDS: Final = 0.25
_SPAN: Final = WINDOW_SECONDS + _MARGIN_SECONDS
#: From nothing to the whole limit; nine tenths are back within three minutes, however often it was halved.
_GROWTH_SECONDS: Final = 190.0
#: What background work leaves to others, so that a person need not wait for a minute to pass.
_RESERVE: Final = 0.04
_LEAST_WITH_RESERVE: Final = 25
#: So many requests of background work may follow each other at once; more are spread over the minute.
_BURST: Final = 5
_LOCKED_SECONDS: Final = 0.005
_PATIENCE_WITH_LOCK: Final = 2.0


class Window:
    """At most ``limit`` requests in any 60 seconds by ``clock``, which other programs with the same ``file`` share."""

    def __init__(
        self, limit: int = USUAL_LIMIT, clock: Callable[[], float] = since_boot, file: SentFile | None = None
    ) -> None:
        self._clock = clock
        self._file = file
        self._sent = Sent()
        self._next_background = 0.0
        self._locked_since: float | None = None
        self.limit = limit

    @property
    def limit(self) -> int:
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        if not LEAST_LIMIT <= limit <= MOST_LIMIT:
            raise Unusable(f"The request limit must be between {LEAST_LIMIT} and {MOST_LIMIT} a minute.")
        self._limit = limit

    def take(self, priority: Priority) -> float:
        """0.0 when a request may be sent now, which is then counted; else how many seconds to wait, or a little less.

        Nobody of a lower priority could send one before that either.
        """
        if self._file is None:
            return self._take(priority)
        with self._file.held() as free:
            if self._must_wait(free):
                return _LOCKED_SECONDS
            self._hear_others()
            delay = self._take(priority)
            if not delay:
                self._file.write(self._sent, self._sent.stamps[-1])
        return delay

    def slow_down(self, sent: float, seconds: float) -> None:
        """Schwab refused a request of the moment ``sent`` for there were too many: pause, then go on with half.

        Of all that were under way at the same time only the first halves the limit.
        """

        def change(now: float) -> None:
            known = self._sent
            known.paused_until = max(known.paused_until, now + seconds)
            if sent > known.slowed_at:
                known.share = self._share(now) / 2
                known.slowed_at = now
            known.share_since = max(known.share_since, known.paused_until)

        self._change(change)

    def hold(self, seconds: float) -> None:
        """Let nobody pass for ``seconds``."""

        def change(now: float) -> None:
            self._sent.paused_until = max(self._sent.paused_until, now + seconds)

        self._change(change)

    def paused(self) -> float:
        """Seconds until the end of the pause; 0.0 without one."""
        return max(self._sent.paused_until - self._clock(), 0.0)

    def used(self) -> int:
        """Requests of the last 60 seconds."""
        now = self._clock()
        return sum(1 for stamp in self._sent.stamps if now - stamp < WINDOW_SECONDS)

    def ceiling(self) -> int:
        """What is allowed in 60 seconds at present."""
        return max(1, int(self._limit * self._share(self._clock())))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    # ------------------------------------------------------------------ what may be sent

    def _take(self, priority: Priority) -> float:
        now = self._clock()
        self._tidy(now)
        delay = self._delay(priority, now)
        if delay > 0:
            return delay
        self._sent.stamps.append(now)
        if priority is Priority.BACKGROUND:
            spacing = _SPAN / self._most(priority, now)
            self._next_background = max(self._next_background, now - (_BURST - 1) * spacing) + spacing
        return 0.0

    def _delay(self, priority: Priority, now: float) -> float:
        most, stamps = self._most(priority, now), self._sent.stamps
        delay = stamps[-most] + _SPAN - now if len(stamps) >= most else 0.0
        if priority is not Priority.SIGN_IN:  # whose code would be worthless after the pause
            delay = max(delay, self._sent.paused_until - now)
        if priority is Priority.BACKGROUND:
            delay = max(delay, self._next_background - now)
        return delay

    def _most(self, priority: Priority, now: float) -> int:
        """How many requests in any 60 seconds leave room for this one.

        A renewal may use all of the limit even while Schwab wants less: everything else depends on it.
        """
        if priority <= Priority.RENEWAL:
            return self._limit
        most = max(1, int(self._limit * self._share(now)))
        if most < _LEAST_WITH_RESERVE:
            return most
        return most - (int(most * _RESERVE) if priority is Priority.BACKGROUND else 1)

    def _share(self, now: float) -> float:
        known = self._sent
        return min(1.0, known.share + max(now - known.share_since, 0.0) / _GROWTH_SECONDS)

    def _tidy(self, now: float) -> None:
        stamps = self._sent.stamps
        if stamps and stamps[-1] > now:
            self._sent = self._sent.clipped(now)
            self._next_background = min(self._next_background, now)
            stamps = self._sent.stamps
        old = 0
        while old < len(stamps) and now - stamps[old] >= _SPAN:
            old += 1
        del stamps[:old]

    # ------------------------------------------------------------------ other programs

    def _change(self, change: Callable[[float], None]) -> None:
        """Do the change, and tell other programs."""
        now = self._clock()
        if self._file is None:
            change(now)
            return
        with self._file.held():
            self._hear_others()
            change(now)
            self._file.write(self._sent, now)

    def _hear_others(self) -> None:
        """Take over what others have written; what we know of ourselves stays, whatever became of the file."""
        assert self._file is not None  # noqa: S101
        found, ours = self._file.read(self._clock()), self._sent
        if found is None:
            return
        found.stamps = sorted((Counter(found.stamps) | Counter(ours.stamps)).elements())
        found.paused_until = max(found.paused_until, ours.paused_until)
        if ours.slowed_at > found.slowed_at:
            found.share, found.share_since, found.slowed_at = ours.share, ours.share_since, ours.slowed_at
        self._sent = found

    def _must_wait(self, free: bool) -> bool:
        """Whether another program is in; one that has been for long was stopped there, and is not waited for."""
        if free:
            self._locked_since = None
            return False
        now = self._clock()
        self._locked_since = now if self._locked_since is None else self._locked_since
        return now - self._locked_since <= _PATIENCE_WITH_LOCK

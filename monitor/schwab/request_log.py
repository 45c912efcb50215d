"""The newest requests, as they stand: for what each was, how long it waited and took, and what came of it."""

from collections import deque
from collections.abc import Callable
from typing import Final

from monitor.clock import now_ms, since_boot
from monitor.ports import Priority, RequestRecord, Result

KEPT: Final = 1000


class Entry:
    """One request while it goes on; ``record`` is how it stands now."""

    def __init__(
        self, number: int, purpose: str, endpoint: str, priority: Priority, asked_ms: int, clock: Callable[[], float]
    ) -> None:
        self._what = number, asked_ms, purpose, endpoint, priority
        self._clock = clock
        self._asked = clock()
        self._sent: float | None = None
        self._ended: float | None = None
        self._attempts = 0
        self._answer: tuple[int | None, int] = None, 0
        self._result = Result.WAITING
        self._sentence = ""
        self._over: RequestRecord | None = None

    def send(self) -> None:
        """An attempt begins."""
        self._attempts += 1
        self._result = Result.UNDER_WAY
        if self._sent is None:
            self._sent = self._clock()

    def hear(self, status: int | None, size: int) -> None:
        """It has ended, with an answer of so many bytes or with none."""
        self._result, self._answer = Result.WAITING, (status, size)

    def end(self, result: Result, sentence: str = "") -> None:
        """There is no further attempt."""
        self._ended = self._clock()
        self._result, self._sentence = result, sentence
        self._over = self._record()

    @property
    def record(self) -> RequestRecord:
        return self._over or self._record()

    def _record(self) -> RequestRecord:
        end = self._clock() if self._ended is None else self._ended
        waited = (end if self._sent is None else self._sent) - self._asked
        took = None if self._sent is None else end - self._sent
        return RequestRecord(*self._what, self._result, waited, took, self._attempts, *self._answer, self._sentence)


class RequestLog:
    """Keeps the newest thousand in memory; nothing of them goes to the disk."""

    def __init__(self, clock: Callable[[], float] = since_boot, wall_ms: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._wall_ms = wall_ms
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def begin(self, purpose: str, endpoint: str, priority: Priority) -> Entry:
        """A request is asked for."""
        self._count += 1
        entry = Entry(self._count, purpose, endpoint, priority, self._wall_ms(), self._clock)
        self._entries.append(entry)
        return entry

    def newest(self) -> list[RequestRecord]:
        """The oldest first."""
        return [entry.record for entry in self._entries]

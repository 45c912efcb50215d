"""What is asked of Schwab over HTTP: for what and how urgently, within which limit, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, Protocol

#: Requests in any 60 seconds: the least and the most that may be chosen, and what holds unless something is.
#: Nobody knows Schwab's real limit for what only reads; 120 a minute is what clients take for it.
LEAST_LIMIT: Final = 10
MOST_LIMIT: Final = 120
USUAL_LIMIT: Final = 110
#: The preference under which the choice is kept.
LIMIT_KEY: Final = "requests/limit"


def chosen_limit(kept: str) -> int:
    """The limit that a preference holds; the usual one where it holds none that may be chosen."""
    limit = int(kept) if kept.isascii() and kept.isdigit() and len(kept) < 4 else 0
    return limit if LEAST_LIMIT <= limit <= MOST_LIMIT else USUAL_LIMIT


class Priority(IntEnum):
    """Who goes first: the smaller before the larger, and those of one priority in the order in which they asked."""

    SIGN_IN = 0  # the exchange of a code that lives for half a minute
    RENEWAL = 1  # of the access token, for which everybody waits
    PERSON = 2  # somebody sits in front of the window and waits
    STREAM = 3  # the stream's own questions
    BACKGROUND = 4  # the repair of history, and whatever did not say


@dataclass(frozen=True, slots=True)
class Asking:
    """For what a request is, and how long whoever asks waits for its answer, in seconds; None is the priority's own.

    Whoever tries again by itself, after delays of its own, wants no more than one of the ``attempts``.
    """

    priority: Priority = Priority.BACKGROUND
    purpose: str = ""  # such as “minutes of AAPL”; without one the request is described by what it asks for
    patience: float | None = None
    attempts: int | None = None


_asking: ContextVar[Asking] = ContextVar("asking", default=Asking())  # noqa: B039  it is frozen


def asked() -> Asking:
    """What the code that runs now has said about its requests."""
    return _asking.get()


@contextmanager
def asking(
    priority: Priority | None = None,
    purpose: str | None = None,
    patience: float | None = None,
    attempts: int | None = None,
) -> Iterator[None]:
    """Say for what the requests made inside are, also by tasks begun there.

    With a priority that is said anew; without one, what is left out stays as whoever called has said.
    """
    before = _asking.get() if priority is None else Asking(priority)
    said = Asking(
        before.priority,
        before.purpose if purpose is None else purpose,
        before.patience if patience is None else patience,
        before.attempts if attempts is None else attempts,
    )
    token = _asking.set(said)
    try:
        yield
    finally:
        _asking.reset(token)


class Result(StrEnum):
    """What has become of a request."""

    WAITING = "waiting"  # for its turn, or for the next attempt
    UNDER_WAY = "under way"
    OK = "ok"
    REFUSED = "refused"  # Schwab said no, and would again
    SLOWED = "slowed down"  # Schwab asked for a pause
    FAILED = "failed"  # Schwab or the network did, or something else answered in Schwab's place
    NOT_SENT = "not sent"  # the last attempt was not even begun
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, with all of its attempts; ``status`` and ``size`` (bytes) are those of the last answer.

    ``waited`` is the time until it was first sent, ``took`` from then until the end, both in seconds and as far as
    they have passed; the times between attempts are part of the latter.
    """

    number: int
    asked_ms: int
    purpose: str
    endpoint: str
    priority: Priority
    result: Result
    waited: float
    took: float | None = None
    attempts: int = 0
    status: int | None = None
    size: int = 0
    sentence: str = ""

    @property
    def over(self) -> bool:
        return self.result not in (Result.WAITING, Result.UNDER_WAY)


@dataclass(frozen=True, slots=True)
class Outage:
    """An endpoint that failed so often that it is only tried once a minute; times in ms UTC."""

    endpoint: str
    failed_ms: int
    again_ms: int
    sentence: str


@dataclass(frozen=True, slots=True)
class RequestMeter:
    """Requests of the last 60 seconds against what is allowed now, and how many wait.

    ``ceiling`` is less than the chosen ``limit`` for a while after Schwab has asked to slow down; ``paused_until_ms``
    is set while nothing may be sent at all.
    """

    used: int
    ceiling: int
    waiting: int
    limit: int = USUAL_LIMIT
    waiting_by: Mapping[Priority, int] = field(default_factory=dict)
    paused_until_ms: int | None = None
    outages: tuple[Outage, ...] = ()


class Requests(Protocol):
    """The requests of this run, and the limit that they keep."""

    @property
    def limit(self) -> int:
        """At most so many in any 60 seconds, LEAST_LIMIT to MOST_LIMIT."""

    def set_limit(self, limit: int) -> None:
        """Keep another limit from now on. Raises Unusable for one that may not be chosen."""

    def newest(self) -> Sequence[RequestRecord]:
        """The newest thousand, the oldest first."""

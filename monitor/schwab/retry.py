"""When a request is tried again, and after how long: what is transient, with growing delays drawn at random."""

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import httpx

from monitor.ports import Priority
from monitor.schwab.tls import refusal

ATTEMPTS: Final = 5
#: How long whoever asks waits in all, in seconds, unless they say so themselves.
PATIENCE: Final[Mapping[Priority, float]] = MappingProxyType(
    {
        Priority.SIGN_IN: 30.0,
        Priority.RENEWAL: 120.0,
        Priority.PERSON: 30.0,
        Priority.STREAM: 5.0,  # it has delays of its own, which soon notice that the network is back
        Priority.BACKGROUND: 900.0,
    }
)
#: How long one attempt may take until its answer is whole. A person would rather have a second one.
ATTEMPT: Final[Mapping[Priority, float]] = MappingProxyType(
    {priority: 15.0 if priority is Priority.PERSON else 30.0 for priority in Priority}
)
#: An attempt that would have less time for its answer is not made.
LEAST_SECONDS: Final = 1.0
_SHORTEST, _FIRST, _FACTOR, _LONGEST = 1.0, 4.0, 4.0, 300.0
#: A 429 that does not say for how long stops everybody; after a minute the limit has forgotten all that was sent.
_LONGEST_UNTOLD = 60.0
_LONGEST_TOLD = 3600.0
_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TRANSIENT = frozenset({500, 502, 503, 504})

Answer = httpx.Response | httpx.TransportError | TimeoutError
Draw = Callable[[float, float], float]


def delay(attempt: int, longest: float, draw: Draw = random.uniform) -> float | None:
    """Seconds before the next attempt after the failure of this one, the first being 1: at least one, at most
    ``longest``, and None where that leaves no room.
    """
    ceiling = min(_FIRST * _FACTOR ** (attempt - 1), _LONGEST, longest)
    return draw(_SHORTEST, ceiling) if ceiling >= _SHORTEST else None


def pause_of(answer: httpx.Response, attempt: int, draw: Draw = random.uniform) -> float:
    """How long nothing may be sent after a 429: what it asks for, or for as long as a failure would cost."""
    told = retry_after(answer)
    return told if told is not None else delay(attempt, _LONGEST_UNTOLD, draw) or _SHORTEST


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds that Retry-After asks for, as a number or a date, at most an hour; None without a usable one."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:6]), _LONGEST_TOLD)
    try:
        seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_TOLD)


def is_transient(answer: Answer, once: bool) -> bool:
    """Whether another attempt may succeed; what may be sent ``once`` only is tried again if it never left."""
    if isinstance(answer, Exception):
        if refusal(answer):
            return False  # who stands in Schwab's place now stands there in a second as well
        # A code or a refresh token that may have reached Schwab is not sent twice.
        return not once or isinstance(answer, _UNREACHED)
    return not once and is_outage(answer)


def is_outage(answer: Answer) -> bool:
    """Whether this speaks against the endpoint itself, not against the network or the question."""
    if isinstance(answer, Exception):
        return not isinstance(answer, _UNREACHED)
    return answer.status_code in _TRANSIENT and b"TooBigBody" not in answer.content

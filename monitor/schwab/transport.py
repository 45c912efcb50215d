"""The one way out to Schwab over HTTP: read-only by construction, within the request budget, patient with failures."""

import asyncio
import email.utils
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, cast

import httpx

from monitor.errors import Refused, Transient
from monitor.ports import RequestMeter
from monitor.schwab.address import SCHWAB, Address
from monitor.schwab.limit import RequestBudget
from monitor.schwab.tls import client_context, refusal

_log = logging.getLogger(__name__)

TOKEN_PATH: Final = "/v1/oauth/token"  # noqa: S105  a path
#: An extension of requests that are worthless after a pause, such as the exchange of a code.
SHORT_LIVED: Final = "short-lived"
_ATTEMPTS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
_ATTEMPT_SECONDS = 30.0
_OVERALL_SECONDS = 120.0
_MOST_BYTES = 64 * 2**20
_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def check_allowed(request: httpx.Request) -> None:
    """Pass requests that read market data, streamer preferences or tokens. Raises Refused for any other."""
    url, method = request.url, request.method
    path = url.raw_path.partition(b"?")[0].decode("ascii", "replace")
    plain = ".." not in path and "%2e" not in path.lower() and "//" not in path
    reads = method == "GET" and (path.startswith("/marketdata/") or path == "/trader/v1/userPreference")
    signs_in = method == "POST" and path == TOKEN_PATH
    at_schwab = url.scheme == "https" and url.host == "api.schwabapi.com" and url.port is None and not url.userinfo
    if not (at_schwab and plain and (reads or signs_in)):
        raise Refused("This program only reads market data; another request was stopped.", f"{method} {url.host}{path}")


class SchwabTransport(httpx.AsyncBaseTransport):
    """An httpx transport: allow-list, budget, retry and time limits around ``inner``; knows the sandbox's address.

    Answers come back whole. What stays unreachable raises Transient; refusals by status are the caller's to read.
    """

    def __init__(
        self,
        address: Address,
        budget: RequestBudget | None = None,
        inner: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._address = address
        self._budget = budget or RequestBudget(clock=clock, sleep=sleep)
        # Made late: reading the system's certificates takes 20 ms.
        self._inner = inner
        self._clock = clock
        self._sleep = sleep

    def meter(self) -> RequestMeter:
        """Requests of the last 60 seconds against the limit."""
        return self._budget.meter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        check_allowed(request)
        renewal = request.method == "POST"
        deadline = self._clock() + _OVERALL_SECONDS
        for attempt in range(1, _ATTEMPTS + 1):
            await self._budget.turn(urgent=renewal, held=SHORT_LIVED not in request.extensions)
            if attempt == 1:
                deadline = self._clock() + _OVERALL_SECONDS  # waiting for the first turn does not count
            answer = await self._try(request)
            pause = self._pause(answer, attempt, renewal)
            if pause is None or attempt == _ATTEMPTS or self._clock() + pause > deadline:
                break
            await self._sleep(pause)
        if isinstance(answer, Exception):
            raise Transient(_unreachable(answer), f"{request.url.path}: {type(answer).__name__}") from answer
        return answer

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()

    async def _try(self, request: httpx.Request) -> httpx.Response | httpx.TransportError | TimeoutError:
        if self._inner is None:
            self._inner = httpx.AsyncHTTPTransport(verify=client_context(), limits=httpx.Limits(max_connections=8))
        try:
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                answer = await self._inner.handle_async_request(self._addressed(request))
                return await _read_whole(answer, request)
        except (httpx.TransportError, TimeoutError) as error:
            _log.info("%s %s: %s", request.method, request.url.path, type(error).__name__)
            return error

    def _addressed(self, request: httpx.Request) -> httpx.Request:
        """The request itself, or the same one to the sandbox."""
        if self._address.is_schwab:
            return request
        url = httpx.URL(str(request.url).replace(SCHWAB, self._address.base_url, 1))
        headers = request.headers.copy()
        headers["Host"] = url.netloc.decode("ascii")
        return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)

    def _pause(self, answer: httpx.Response | Exception, attempt: int, renewal: bool) -> float | None:
        """Seconds before the next attempt, or None when there must be none."""
        pause = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311
        if isinstance(answer, Exception):
            if refusal(answer):
                return None  # who stands in Schwab's place now stands there in a second as well
            # A code or a refresh token that may have reached Schwab is not sent twice.
            return pause if not renewal or isinstance(answer, _UNREACHED) else None
        if answer.status_code == 429:
            pause = retry_after(answer, pause)
            self._budget.hold(pause)
            return pause
        transient = answer.status_code in {500, 502, 503, 504} and b"TooBigBody" not in answer.content
        return pause if transient and not renewal else None


async def _read_whole(answer: httpx.Response, request: httpx.Request) -> httpx.Response:
    content = bytearray()
    try:
        async for part in cast("httpx.AsyncByteStream", answer.stream):
            content += part
            if len(content) > _MOST_BYTES:
                raise httpx.ReadError("the answer is too large")
    finally:
        await answer.aclose()
    try:
        return httpx.Response(answer.status_code, headers=answer.headers, content=bytes(content), request=request)
    except httpx.DecodingError as error:
        raise httpx.ReadError("the answer is garbled") from error


def retry_after(answer: httpx.Response, otherwise: float) -> float:
    """Seconds that Retry-After asks for, as a number or a date; ``otherwise`` without a usable one; at most 600."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:6]), 600))
    try:
        seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    except (TypeError, ValueError):
        return otherwise
    return min(max(seconds, 0.0), 600.0)


def _unreachable(error: Exception) -> str:
    if sentence := refusal(error):
        return sentence
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "Schwab does not answer in time."
    return "Schwab cannot be reached; check the network."

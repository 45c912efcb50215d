"""The one way out to Schwab over HTTP: read-only by construction, within the limit, patient with failures."""

import asyncio
import logging
import random
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import httpx

from monitor.clock import now_ms, since_boot
from monitor.errors import Refused, Transient
from monitor.ports import RequestMeter, RequestRecord, Result, asked
from monitor.schwab import answers, retry
from monitor.schwab.address import SCHWAB, Address
from monitor.schwab.breaker import Breakers
from monitor.schwab.endpoint import MARKET_DATA, PREFERENCE_PATH, TOKEN_PATH, endpoint_of, purpose_of
from monitor.schwab.limit import RequestBudget
from monitor.schwab.request_log import Entry, RequestLog
from monitor.schwab.tls import client_context
from monitor.schwab.unreachable import why

_log = logging.getLogger(__name__)

_MOST_BYTES = 64 * 2**20
_PACKING, _GZIP_HEADER = "gzip", 16  # of all that httpx could undo, what Schwab uses
#: An endpoint that had less time for its answer has not failed.
_FAIR_SECONDS = 5.0


def check_allowed(request: httpx.Request) -> None:
    """Pass requests that read market data, streamer preferences or tokens. Raises Refused for any other."""
    url, method = request.url, request.method
    path = url.raw_path.partition(b"?")[0].decode("ascii", "replace")
    plain = ".." not in path and "%2e" not in path.lower() and "//" not in path
    reads = method == "GET" and (path.startswith(MARKET_DATA) or path == PREFERENCE_PATH)
    signs_in = method == "POST" and path == TOKEN_PATH
    at_schwab = url.scheme == "https" and url.host == "api.schwabapi.com" and url.port is None and not url.userinfo
    if not (at_schwab and plain and (reads or signs_in)):
        raise Refused("This program only reads market data; another request was stopped.", f"{method} {url.host}{path}")


class SchwabTransport(httpx.AsyncBaseTransport):
    """An httpx transport: allow-list, limit, attempts and deadlines around ``inner``; knows the sandbox's address.

    For what a request is, and how urgent, is what ``ports.asking`` has said. Answers come back whole. What stays
    unreachable, or would not be sent in time, raises Transient; refusals by status are the caller's to read.
    Implements the port Requests.
    """

    def __init__(
        self,
        address: Address,
        budget: RequestBudget | None = None,
        inner: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = since_boot,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        wall_ms: Callable[[], int] = now_ms,
        draw: retry.Draw = random.uniform,
    ) -> None:
        self._address = address
        self._budget = budget or RequestBudget(clock=clock, sleep=sleep)
        self._breakers = Breakers(clock, wall_ms)
        self._requests = RequestLog(clock, wall_ms)
        # Made late: reading the system's certificates takes 20 ms.
        self._inner = inner
        self._clock = clock
        self._sleep = sleep
        self._wall_ms = wall_ms
        self._draw = draw

    # ------------------------------------------------------------------ the port Requests

    @property
    def limit(self) -> int:
        return self._budget.window.limit

    def set_limit(self, limit: int) -> None:
        self._budget.window.limit = limit

    def meter(self) -> RequestMeter:
        """Requests of the last 60 seconds against what is allowed, and why it may be less than the limit."""
        window, waiting = self._budget.window, self._budget.waiting()
        paused = window.paused()
        return RequestMeter(
            window.used(),
            window.ceiling(),
            sum(waiting.values()),
            window.limit,
            waiting,
            self._wall_ms() + round(paused * 1000) if paused else None,
            self._breakers.outages(),
        )

    def newest(self) -> Sequence[RequestRecord]:
        return self._requests.newest()

    # ------------------------------------------------------------------ one request

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        check_allowed(request)
        request.headers["Accept-Encoding"] = _PACKING
        endpoint, said = endpoint_of(request.url.path), asked()
        entry = self._requests.begin(said.purpose or purpose_of(request, endpoint), endpoint, said.priority)
        try:
            answer = await self._ask(request, endpoint, entry)
        except Transient as error:
            entry.end(Result.NOT_SENT, error.sentence)
            raise
        except asyncio.CancelledError:
            entry.end(Result.CANCELLED, "Whoever asked for it has called it off.")
            raise
        except Exception:
            entry.end(Result.FAILED, "Something went wrong in the program; the log has the details.")
            raise
        if isinstance(answer, Exception):
            sentence = _unreachable(answer)
            entry.end(Result.FAILED, sentence)
            raise Transient(sentence, f"{request.url.path}: {type(answer).__name__}") from answer
        entry.end(*_outcome(answer))
        return answer

    async def aclose(self) -> None:
        self._budget.window.close()
        if self._inner is not None:
            await self._inner.aclose()

    async def _ask(self, request: httpx.Request, endpoint: str, entry: Entry) -> retry.Answer:
        """The last answer. Raises Transient when an attempt would not be sent in time."""
        said = asked()
        patience = retry.PATIENCE[said.priority] if said.patience is None else said.patience
        deadline = self._clock() + patience
        once = request.method == "POST"
        attempts = 1 if self._breakers.admit(endpoint) else said.attempts or retry.ATTEMPTS
        for attempt in range(1, attempts + 1):
            sent = await self._budget.turn(said.priority, deadline - self._clock())
            entry.send()
            begun = self._clock()
            seconds = min(retry.ATTEMPT[said.priority], deadline - begun)
            answer = await self._try(request, entry, seconds)
            self._judge(endpoint, answer, begun, seconds)
            left = deadline - self._clock()
            if isinstance(answer, httpx.Response) and answer.status_code == 429:
                pause = retry.pause_of(answer, attempt, self._draw)
                self._budget.window.slow_down(sent, pause)  # for all, and so for this one
                if pause > left:
                    break
            elif retry.is_transient(answer, once) and not self._breakers.is_open(endpoint) and attempt < attempts:
                delay = retry.delay(attempt, left - retry.LEAST_SECONDS, self._draw)
                if delay is None:
                    break
                await self._sleep(delay)
            else:
                break
        return answer

    def _judge(self, endpoint: str, answer: retry.Answer, begun: float, seconds: float) -> None:
        """Count for or against the endpoint; a network that is not there, a limit, or haste says nothing about it."""
        if retry.is_outage(answer):
            if seconds >= _FAIR_SECONDS or not isinstance(answer, TimeoutError):
                self._breakers.fail(endpoint, begun)
        elif isinstance(answer, httpx.Response) and answer.status_code != 429:
            self._breakers.succeed(endpoint)

    async def _try(self, request: httpx.Request, entry: Entry, seconds: float) -> retry.Answer:
        if self._inner is None:
            self._inner = httpx.AsyncHTTPTransport(verify=client_context(), limits=httpx.Limits(max_connections=8))
        try:
            async with asyncio.timeout(seconds):
                answer = await self._inner.handle_async_request(self._addressed(request))
                entry.hear(answer.status_code, 0)
                whole, size = await _read_whole(answer, request)
        except (httpx.TransportError, TimeoutError) as error:
            _log.info("%s %s: %s", request.method, request.url.path, type(error).__name__)
            entry.hear(None, 0)
            return error
        entry.hear(whole.status_code, size)
        return whole

    def _addressed(self, request: httpx.Request) -> httpx.Request:
        """The request itself, or the same one to the sandbox."""
        if self._address.is_schwab:
            return request
        url = httpx.URL(str(request.url).replace(SCHWAB, self._address.base_url, 1))
        headers = request.headers.copy()
        headers["Host"] = url.netloc.decode("ascii")
        return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)


async def _read_whole(answer: httpx.Response, request: httpx.Request) -> tuple[httpx.Response, int]:
    """The answer with its body, and how many bytes of body came over the line."""
    content = bytearray()
    try:
        async for part in cast("httpx.AsyncByteStream", answer.stream):
            content += part
            if len(content) > _MOST_BYTES:
                raise httpx.ReadError("the answer is too large")
    finally:
        await answer.aclose()
    headers = httpx.Headers(answer.headers)
    body = _inflated(bytes(content), headers.pop("content-encoding", ""))
    return httpx.Response(answer.status_code, headers=headers, content=body, request=request), len(content)


def _inflated(content: bytes, encoding: str) -> bytes:
    """The body as it was before it was packed; a small one may be packed from one without an end."""
    if encoding in {"", "identity"} or not content:
        return content
    if encoding != _PACKING:
        raise httpx.ReadError("the answer is packed in a way that was not asked for")
    inflater = zlib.decompressobj(zlib.MAX_WBITS | _GZIP_HEADER)
    try:
        body = inflater.decompress(content, _MOST_BYTES)
    except zlib.error as error:
        raise httpx.ReadError("the answer is garbled") from error
    if inflater.unconsumed_tail:
        raise httpx.ReadError("the answer is too large")
    if not inflater.eof:
        raise httpx.ReadError("the answer is garbled")
    return body


def _outcome(answer: httpx.Response) -> tuple[Result, str]:
    """What an answer amounts to, with the sentence of those that are no success."""
    if answer.status_code == 200 and not answers.is_page(answer):
        return Result.OK, ""
    if answer.status_code == 401 and answer.request.url.path != TOKEN_PATH:
        return Result.REFUSED, "Schwab did not take the access token."  # a renewal may help, in a request of its own
    sentence = answers.meaning(answer).sentence
    if answer.status_code == 429:
        return Result.SLOWED, sentence
    refused = 400 <= answer.status_code < 500 or (answer.status_code == 502 and not retry.is_outage(answer))
    return (Result.REFUSED if refused else Result.FAILED), sentence


def _unreachable(error: Exception) -> str:
    if sentence := why(error):
        return sentence
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "Schwab does not answer in time."
    return "Schwab cannot be reached; check the network."

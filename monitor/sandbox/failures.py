"""How a request fails on purpose: with an answer of Schwab's, one that is not Schwab's, or none."""

import asyncio
import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from monitor.sandbox import answers, spoiling
from monitor.sandbox.answers import Refusal
from monitor.sandbox.faults import Fault

log = logging.getLogger(__name__)

#: Set when the sandbox stops, so that nothing hangs on.
STOPPING = web.AppKey("stopping", asyncio.Event)
_LOOK_SECONDS = 0.02
_NO_ANSWER = 499  # what servers log when nobody was left to read


async def fail(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets ``request`` fail as ``fault`` says; ``handler`` would answer it."""
    log.info("fault: %s %s meets %s", request.method, request.path, fault.answer or fault.status)
    match fault.answer:
        case None:
            return _refusal(fault, request.path)
        case "garbage":
            return answers.answer_text(b'\x00\xff{"access_token": \x9c')
        case "html":
            return answers.page("portal")
        case "hang":
            return await hang(request)
        case "stall" | "drip":
            return await _stall(request, drips=fault.answer == "drip")
        case "drop-after":
            return cut(request, await handler(request))
        case "drop":
            return cut(request, web.Response(status=_NO_ANSWER, body=b""))
        case _:
            return await _spoil(fault, request, await handler(request))


async def _spoil(fault: Fault, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """The right answer but for what the fault makes of it; a refusal stays one."""
    if response.status != 200 or not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    match fault.answer:
        case "wrong-candles":
            return answers.answer_text(spoiling.with_wrong_candles(response.body, fault.times))
        case "new-york-days":
            return answers.answer_text(spoiling.with_days_of_new_york(response.body))
        case "cut-short":
            return await _cut_short(request, response.body)
        case _:
            return answers.answer_text(spoiling.truncated(response.body))


async def _cut_short(request: web.Request, body: bytes) -> web.StreamResponse:
    """The connection ends before as much has come as the headers say."""
    response = web.StreamResponse(headers={"content-type": "application/json", "content-length": str(len(body))})
    await response.prepare(request)
    await response.write(spoiling.truncated(body))
    return cut(request, response)


async def hang(request: web.Request) -> web.StreamResponse:
    """Nothing comes, not even a header, until the client goes or the sandbox stops."""
    while request.transport is not None and not request.transport.is_closing():
        if request.app[STOPPING].is_set():
            break
        await asyncio.sleep(_LOOK_SECONDS)
    return cut(request, web.Response(status=_NO_ANSWER, body=b""))


async def _stall(request: web.Request, drips: bool) -> web.StreamResponse:
    """The headers and the beginning of a body whose rest does not come, or comes by a byte now and then."""
    response = web.StreamResponse(headers={"content-type": "application/json", "content-length": "1000000"})
    await response.prepare(request)
    await response.write(b'{"candles": [')
    while request.transport is not None and not request.transport.is_closing():
        if request.app[STOPPING].is_set():
            break
        await asyncio.sleep(_LOOK_SECONDS)
        if drips:
            await response.write(b" ")
    return cut(request, response)


def cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Ends the connection at once; ``response`` is what nobody will read."""
    if request.transport is not None:
        request.transport.abort()
    return response


def _refusal(fault: Fault, path: str) -> web.Response:
    match fault.status:
        case 403:
            return answers.edge_refusal(path)
        case 429:
            return answers.too_many_requests(fault.retry_after)
        case 502:
            return answers.body_too_big()
        case 503 | 504:
            return answers.gateway_down(fault.status)
        case _:
            return answers.refuse(Refusal(fault.status))

"""Waits at the callback address for the system's browser to come back: on this machine only, once, a few minutes."""

import asyncio
import hmac
import logging
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult

from monitor.errors import BadData, Unusable
from monitor.schwab import landing
from monitor.schwab.certificate import server_context
from monitor.schwab.loopback import MOST_WAITING, bound_sockets
from monitor.schwab.redirect import split_url

_log = logging.getLogger(__name__)

LISTENING_SECONDS: Final = 300.0
REQUEST_SECONDS: Final = 10.0
_LARGEST_HEAD = 8 * 1024
#: How long the last page is kept for a browser that is slow to fetch it.
_LAST_PAGE_SECONDS = 2.0
_PORTS = {"http": 80, "https": 443}


@asynccontextmanager
async def listening(
    callback_url: str,
    accepts: Callable[[str], bool],
    seconds: float = LISTENING_SECONDS,
    request_seconds: float = REQUEST_SECONDS,
) -> "AsyncIterator[Listener]":
    """Listen at the callback address, exactly there, for at most ``seconds``.

    ``accepts(url)`` tells whether a redirected address has the state of the pending attempt. Raises Unusable when
    nothing can listen there: it is not on this machine, the port is taken, or the system forbids it.
    """
    callback = split_url(callback_url)
    if callback.scheme not in _PORTS:
        raise Unusable("The callback address must begin with https:// or http://, so that a browser finds it.")
    listener = Listener(callback, accepts, request_seconds)
    sockets = bound_sockets(callback.hostname or "", callback.port or _PORTS[callback.scheme])
    try:
        tls = await asyncio.to_thread(server_context) if callback.scheme == "https" else None
        await listener.start(sockets, tls)
        ending = asyncio.get_running_loop().call_later(seconds, listener.expire)
        try:
            yield listener
        finally:
            ending.cancel()
    finally:
        await listener.close()
        for opened in sockets:
            opened.close()


class Listener:
    """One listening; made by ``listening``."""

    def __init__(self, callback: SplitResult, accepts: Callable[[str], bool], request_seconds: float) -> None:
        self._origin = f"{callback.scheme}://{callback.netloc}"
        self._path = callback.path or "/"
        # Browsers leave out the port that the scheme implies.
        self._host = callback.netloc.lower().removesuffix(f":{_PORTS[callback.scheme]}")
        self._secure = callback.scheme == "https"
        self._accepts = accepts
        self._request_seconds = request_seconds
        self._start_query = f"start={secrets.token_urlsafe(16)}"
        self._start_address = ""
        self._redirect: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._last_page = asyncio.Event()
        self._servers: list[asyncio.Server] = []
        self._visits: dict[asyncio.Task[None], None] = {}

    def starting_at(self, authorize_url: str) -> str:
        """The address to open in the browser, for a sign-in that begins at ``authorize_url``.

        With an https callback it is one of our own, which leads on: the browser warns of the certificate that it does
        not know before the sign-in then, and not while the code's half minute runs.
        """
        if not self._secure:
            return authorize_url
        self._start_address = authorize_url
        return f"{self._origin}{self._path}?{self._start_query}"

    async def redirect(self) -> str:
        """The address that the browser came back with, as it asked for it. Raises BadData when it never came."""
        address = await asyncio.shield(self._redirect)
        if address is None:
            raise BadData("The browser did not come back in time. Start the sign-in again.")
        return address

    async def start(self, sockets: list[socket.socket], tls: ssl.SSLContext | None) -> None:
        """Serve on the sockets."""
        for opened in sockets:
            server = await asyncio.start_server(
                self._visit,
                sock=opened,
                backlog=MOST_WAITING,
                limit=_LARGEST_HEAD,
                ssl=tls,
                ssl_handshake_timeout=self._request_seconds if tls else None,
                ssl_shutdown_timeout=1.0 if tls else None,
            )
            self._servers.append(server)

    def expire(self) -> None:
        """The time is over: nobody is let in any more."""
        if not self._redirect.done():
            self._redirect.set_result(None)
            self._stop()

    async def close(self) -> None:
        """Stop listening; a browser that has just come back gets its last page first."""
        if self._redirect.done() and self._redirect.result() is not None:
            try:
                async with asyncio.timeout(_LAST_PAGE_SECONDS):
                    await self._last_page.wait()
            except TimeoutError:
                _log.debug("the browser did not fetch the last page")
        self._stop()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    def _stop(self) -> None:
        for server in self._servers:
            server.close()

    # ------------------------------------------------------------------ a visit

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request, one answer."""
        visit = asyncio.current_task()
        assert visit is not None  # noqa: S101  it is inside one
        if len(self._visits) >= MOST_WAITING:
            next(iter(self._visits)).cancel()  # the oldest: who only holds connections open keeps nobody out
        self._visits[visit] = None
        try:
            async with asyncio.timeout(self._request_seconds):
                answer = await self._answered(reader)
                writer.write(answer)
                await writer.drain()
                writer.close()
                await writer.wait_closed()
            if self._redirect.done() and answer == landing.done():
                self._last_page.set()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            _log.debug("a visitor of the callback address left")
        finally:
            writer.transport.abort()
            del self._visits[visit]

    async def _answered(self, reader: asyncio.StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return landing.stranger(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        target, wrong = _target(head, self._host)
        path, _, query = target.partition("?")
        if wrong is None and path != self._path:
            wrong = HTTPStatus.NOT_FOUND
        if wrong is not None:
            _log.info("a request at the callback address was refused: %d", wrong)
            return landing.stranger(wrong)
        return self._read(target, query)

    def _read(self, target: str, query: str) -> bytes:
        """The answer to a well-formed request for the callback's own path."""
        if self._start_address and hmac.compare_digest(query, self._start_query):
            return landing.leads_to(self._start_address)
        if self._redirect.done() and not query:
            return landing.done()
        address = self._origin + target
        if not self._accepts(address):
            _log.warning("a request with another sign-in's state was refused")
            return landing.stranger(HTTPStatus.FORBIDDEN)
        if self._redirect.done():
            return landing.used()
        self._redirect.set_result(address)
        # Without the query, so that the code leaves the address bar and the history has no page under it.
        return landing.leads_to(self._origin + self._path)


def _target(head: bytes, host: str) -> tuple[str, HTTPStatus | None]:
    """What a request asks for, and what is wrong with it whatever it asks for."""
    try:
        first, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
        method, target, version = first.split(" ")
        named = [line.split(":", 1) for line in lines]
        headers = [(name.lower(), value.strip()) for name, value in named]
    except ValueError:
        return "", HTTPStatus.BAD_REQUEST
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not target.startswith("/") or not target.isprintable():
        return "", HTTPStatus.BAD_REQUEST
    # A name that someone else's DNS points at this machine (DNS rebinding) is not ours.
    if [value.lower() for name, value in headers if name == "host"] != [host]:
        return "", HTTPStatus.FORBIDDEN
    if method != "GET":
        return "", HTTPStatus.METHOD_NOT_ALLOWED
    # Browsers say what a request is for. Only the person's own way from page to page ends here.
    fetches = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    if any(value != fetches.get(name, value) for name, value in headers):
        return "", HTTPStatus.FORBIDDEN
    return target, None

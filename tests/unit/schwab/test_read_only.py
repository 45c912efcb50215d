"""Read-only by construction: no order leaves, nothing follows a redirect, and no other host ever gets a token."""

import asyncio
import inspect
import re
from contextlib import asynccontextmanager

import httpx
import pytest
import websockets.exceptions
from hypothesis import given
from hypothesis import strategies as st
from websockets.uri import parse_uri

from monitor.errors import BadData, MonitorError, Refused, Transient
from monitor.market.bar import Interval
from monitor.schwab.address import Address
from monitor.schwab.connection import Connection
from monitor.schwab.library import CurrentToken, MarketClient
from monitor.schwab.limit import RequestBudget
from monitor.schwab.rest import SchwabMarketData, market_client
from monitor.schwab.transport import SchwabTransport
from tests.unit.schwab.conftest import make_sign_in, redirect_of
from tests.unit.schwab.streamer import Listener, Preferences, Tokens

READING = {
    "get_instrument_by_cusip",
    "get_instruments",
    "get_market_hours",
    "get_movers",
    "get_option_chain",
    "get_option_expiration_chain",
    "get_price_history",
    "get_price_history_every_day",
    "get_price_history_every_fifteen_minutes",
    "get_price_history_every_five_minutes",
    "get_price_history_every_minute",
    "get_price_history_every_ten_minutes",
    "get_price_history_every_thirty_minutes",
    "get_price_history_every_week",
    "get_quote",
    "get_quotes",
    "get_user_preferences",
}
NO_REQUEST = {
    "close_async_session",
    "convert_enum",
    "convert_enum_iterable",
    "set_enforce_enums",
    "set_timeout",
    "token_age",
    "type_error",
}


async def call(client, name):
    """Call a method of schwab-py with something in each place that must be filled."""
    method = getattr(client, name)
    needed = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
    answer = method(*("AAPL" for _ in needed))
    return await answer if inspect.isawaitable(answer) else answer


async def test_of_all_that_schwab_py_can_do_only_reading_market_data_leaves(clock):
    left = []

    def answer(request):
        left.append((request.method, request.url.host, request.url.path))
        return httpx.Response(200, json={})

    budget = RequestBudget(clock=clock, sleep=clock.sleep)
    transport = SchwabTransport(Address(), budget, httpx.MockTransport(answer), clock, clock.sleep)
    client = MarketClient(httpx.AsyncClient(transport=transport), CurrentToken(lambda: ""), lambda _response: None)
    client.set_enforce_enums(False)
    methods = {name for name, _ in inspect.getmembers(client, inspect.ismethod) if not name.startswith("_")}
    assert methods > READING | NO_REQUEST
    for name in sorted(methods - NO_REQUEST):
        before = len(left)
        if name in READING:
            await call(client, name)
            assert len(left) == before + 1, name
        else:
            with pytest.raises(Refused, match="only reads market data"):
                await call(client, name)
            assert len(left) == before, name
    for method, host, path in left:
        assert (method, host) == ("GET", "api.schwabapi.com")
        assert path.startswith("/marketdata/v1/") or path == "/trader/v1/userPreference"


# --------------------------------------------------------------------------------------------- elsewhere


@asynccontextmanager
async def serving(answer=b""):
    """A server on a free port that says ``answer`` to whoever comes: its port, and what it heard."""
    heard, visits = [], set()

    async def visit(reader, writer):
        visits.add(asyncio.current_task())
        heard.append(b"")
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heard[-1] += head
                size = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                heard[-1] += await reader.readexactly(int(size[1]) if size else 0)
                writer.write(answer)
                await writer.drain()
        except (EOFError, OSError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        for task in visits:
            task.cancel()
        await asyncio.gather(*visits, return_exceptions=True)


def said(status, body=b"", *headers):
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


PORTAL = b"<!doctype html><title>Hotel</title><form action='/login'><input name=room></form>"
PORTALS = {
    **{str(code): (f"{code} Elsewhere", b"", True) for code in (301, 302, 303, 307, 308)},
    "a page": ("200 OK", PORTAL, False, "Content-Type: text/html"),
    "a page that calls itself JSON": ("200 OK", PORTAL, False, "Content-Type: application/json"),
    "another JSON": ("200 OK", b'["hotel"]', False, "Content-Type: application/json"),
    "cut off": ("200 OK", b'{"access_token": "x', False, "Content-Type: application/json"),
    "no text": ("200 OK", b"\xff\xfe\x00\xd8", False, "Content-Type: application/json"),
    "nested without end": ("200 OK", b"[" * 100_000, False, "Content-Type: application/json"),
    "nothing": ("200 OK", b"", False),
    "garbled": ("200 OK", b"not gzip", False, "Content-Encoding: gzip"),
    "511": ("511 Network Authentication Required", PORTAL, False, "Content-Type: text/html"),
}


@asynccontextmanager
async def portal(name):
    """Stands in Schwab's place and sends people elsewhere, or says what no Schwab says."""
    async with serving(said("200 OK", b"{}")) as (elsewhere, heard):
        status, body, leads, *headers = PORTALS[name]
        if leads:
            headers = [f"Location: http://127.0.0.1:{elsewhere}/login"]
        async with serving(said(status, body, *headers)) as (port, _):
            yield f"http://127.0.0.1:{port}"
        assert not heard, "something was sent on to where the portal pointed"


class Way(httpx.AsyncBaseTransport):
    """To the test's own Schwab at first, and over the network from ``blocked`` on."""

    def __init__(self, schwab):
        self._schwab = httpx.MockTransport(schwab._handle)
        self._network = httpx.AsyncHTTPTransport()
        self.blocked = False

    async def handle_async_request(self, request):
        return await (self._network if self.blocked else self._schwab).handle_async_request(request)

    async def aclose(self):
        await self._network.aclose()


@asynccontextmanager
async def signing_in(schwab, heard, base_url):
    """A sign-in whose requests end at ``base_url`` once its way is blocked."""
    clock, way = schwab.clock, Way(schwab)
    budget = RequestBudget(clock=clock, sleep=clock.sleep)
    schwab.transport = SchwabTransport(Address(base_url), budget, way, clock, clock.sleep)
    sign_in = make_sign_in(schwab, heard)
    try:
        yield sign_in, way
    finally:
        await sign_in.close()


@pytest.mark.parametrize("name", PORTALS)
async def test_a_portal_in_schwabs_place_ends_no_sign_in(schwab, heard, name):
    async with portal(name) as base_url, signing_in(schwab, heard, base_url) as (sign_in, way):
        await sign_in.finish(redirect_of(sign_in.begin()))
        way.blocked = True
        with pytest.raises((Transient, BadData)):
            await sign_in.renewed(refused=await sign_in.access_token())
        assert sign_in.signed_in


@pytest.mark.parametrize("name", PORTALS)
async def test_a_portal_in_schwabs_place_gets_no_code_elsewhere(schwab, heard, name):
    async with portal(name) as base_url, signing_in(schwab, heard, base_url) as (sign_in, way):
        way.blocked = True
        with pytest.raises((Transient, BadData)):
            await sign_in.finish(redirect_of(sign_in.begin()))
        assert not sign_in.signed_in


@pytest.mark.parametrize("name", PORTALS)
async def test_a_portal_in_schwabs_place_is_no_history_and_no_stream(schwab, heard, name):
    async with portal(name) as base_url, signing_in(schwab, heard, base_url) as (sign_in, way):
        await sign_in.finish(redirect_of(sign_in.begin()))
        way.blocked = True
        client = market_client(sign_in, schwab.transport)
        with pytest.raises(MonitorError):
            await SchwabMarketData(client).bars("AAPL", Interval.DAY, 0, 2**62)
        connection = Connection(client, Address(base_url), Listener())
        with pytest.raises(MonitorError):
            await connection.login()
        await connection.close()
        assert sign_in.signed_in


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_the_streamers_redirects_are_not_followed(code):
    async with serving() as (elsewhere, heard):
        moved = said(f"{code} Elsewhere", b"", f"Location: ws://127.0.0.1:{elsewhere}/ws")
        async with serving(moved) as (port, asked):
            await refused_by_streamer(f"ws://127.0.0.1:{port}/ws", Address("http://127.0.0.1:1"), Transient)
            assert len(asked) == 1
        assert not heard


async def refused_by_streamer(url, address, expected):
    class Told:
        pass

    told = Told()
    told.url = url
    connection = Connection(Preferences(told, Tokens()), address, Listener())
    try:
        with pytest.raises(expected):
            await connection.login()
    finally:
        await connection.close()


async def test_a_streamer_that_is_not_schwabs_is_not_even_connected_to():
    async with serving() as (port, heard):
        for url in (
            f"ws://127.0.0.1:{port}/ws",
            f"wss://127.0.0.1:{port}/ws",
            f"ws://localhost:{port}",
            f"wss://streamer-api.schwab.com@127.0.0.1:{port}/ws",
            f"wss://127.0.0.1:{port}/.schwab.com",
        ):
            await refused_by_streamer(url, Address(), Refused)
        assert not heard


PIECES = st.sampled_from(
    [
        *("wss://", "ws://", "WSS://", "https://", "//", "streamer-api", ".schwab.com", ".schwabapi.com", "schwab.com"),
        *("evil", ".evil.com", "127.0.0.1", "[::1]", "u:p@", "@", ":443", ":8443", ":", "/", "/ws", "?", "#", "."),
        *("\\", "%2e", "%00", "\t", "\n", " ", "\0", "ｓ", "。", "℀"),
    ]
)


@given(st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=40))
def test_whatever_the_address_only_schwabs_hosts_are_taken_as_streamers(url):
    try:
        Address().check_streamer(url)
    except Refused:
        return
    try:
        read = parse_uri(url)  # as the library reads it that connects
    except websockets.exceptions.InvalidURI:
        return
    assert read.secure
    assert read.port == 443
    assert re.fullmatch(r"([a-z0-9-]+\.)+(schwab|schwabapi)\.com", read.host)
    assert read.username is None


@pytest.mark.parametrize(
    "url",
    [
        "wss://streamer.schwab.com.evil/ws",
        "wss://evil.com\\.schwab.com/ws",
        "wss://@streamer-api.schwab.com/ws",
        "wss://u@streamer-api.schwab.com/ws",
        "wss://.schwab.com/ws",
        "wss://schwab.com/ws",
        "wss://streamer-api.schwab.com\t.evil.com/ws",
        "wss://ｓtreamer.schwab.com/ws",
        "https://streamer-api.schwab.com/ws",
    ],
)
def test_addresses_that_only_look_like_schwabs(url):
    with pytest.raises(Refused, match="not contacted"):
        Address().check_streamer(url)

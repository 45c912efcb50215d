"""Behind a proxy: REST and stream go through it, in TLS to Schwab alone; this machine is never reached by it."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from monitor.errors import Transient, Unusable
from monitor.schwab import proxy
from monitor.schwab.address import Address
from monitor.schwab.connection import Connection, Ended
from monitor.schwab.proxy import SystemWay, system_proxy
from monitor.schwab.transport import SchwabTransport
from tests.unit.schwab.streamer import Listener, Preferences, Tokens, streaming
from tests.unit.schwab.test_tls import STREAMER, authority, serving, trusted  # noqa: F401  fixtures
from tests.unit.schwab.test_unreachable import Told

SCHWAB = "api.schwabapi.com"


@pytest.fixture
def setting(monkeypatch):
    """What the system is set to, by scheme."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "wss_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch.setenv


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("", None),
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://proxy.example:3128/", "http://proxy.example:3128/"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("https://user:word@proxy.example", "https://user:word@proxy.example"),
    ],
)
def test_the_systems_setting_is_the_way_to_schwab(setting, value, url):
    assert system_proxy(SCHWAB) is None
    setting("HTTPS_PROXY", value)
    assert system_proxy(SCHWAB) == url
    assert system_proxy(STREAMER) == url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_is_never_reached_through_a_proxy(setting, host):
    setting("HTTPS_PROXY", "http://proxy.example:3128")
    assert system_proxy(host) is None


def test_what_the_system_excepts_is_reached_straight(setting):
    setting("HTTPS_PROXY", "http://proxy.example:3128")
    setting("NO_PROXY", "schwabapi.com")
    assert system_proxy(SCHWAB) is None
    assert system_proxy(STREAMER) is not None


@pytest.mark.parametrize(
    "value", ["socks5://proxy.example:1080", "http://", "http://proxy:port", "http://word@proxy", "http://p/path"]
)
def test_a_setting_that_cannot_be_used_is_told_without_its_words(setting, value):
    setting("HTTPS_PROXY", value)
    with pytest.raises(Unusable, match="setting of an HTTPS proxy cannot be used") as told:
        system_proxy(SCHWAB)
    assert "word" not in told.value.sentence + told.value.detail


class Proxy:
    """An HTTP proxy that leads every tunnel to ``port`` of this machine, or answers with a refusal."""

    def __init__(self, port, refusal=b""):
        self.port = port
        self.refusal = refusal
        self.asked = []
        self._server = None
        self._visits, self._writers = set(), set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._visits)

    async def _serve(self, reader, writer):
        self._visits.add(asyncio.current_task())
        self._writers.add(writer)
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            if self.refusal:
                writer.write(self.refusal)
                await writer.drain()
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
            self._writers.add(far_writer)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


async def copy(reader, writer):
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


async def test_rest_goes_through_it_in_tls_to_schwab(trusted, setting, clock):  # noqa: F811
    async with serving(trusted.issue_cert(SCHWAB)) as server, Proxy(server.port) as proxy:
        setting("HTTPS_PROXY", proxy.url)
        transport = SchwabTransport(Address(), inner=SystemWay(), clock=clock, sleep=clock.sleep)
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.get(f"https://{SCHWAB}/marketdata/v1/quotes", headers={"Authorization": "canary"})
    assert answer.json() == {}
    assert b"canary" in server.heard[0]
    [asked] = proxy.asked
    assert asked.startswith(f"CONNECT {SCHWAB}:443 ".encode())
    assert b"canary" not in asked


async def test_the_stream_goes_through_it_in_tls_to_schwab(trusted, setting):  # noqa: F811
    async with serving(trusted.issue_cert(STREAMER)) as server, Proxy(server.port) as proxy:
        setting("HTTPS_PROXY", proxy.url)
        with pytest.raises(Transient, match="on the way"):  # what answers is no streamer, but it was asked
            await log_in(f"wss://{STREAMER}/ws", Address())
    assert b"Upgrade: websocket" in server.heard[0]
    [asked] = proxy.asked
    assert asked.startswith(f"CONNECT {STREAMER}:443 ".encode())
    assert b"canary" not in asked


async def test_a_proxy_that_puts_itself_in_schwabs_place_hears_nothing(trusted, setting):  # noqa: F811
    async with serving(trusted.issue_cert("proxy.example")) as server, Proxy(server.port) as proxy:
        setting("HTTPS_PROXY", proxy.url)
        with pytest.raises(Ended, match="The secure connection was refused"):
            await log_in(f"wss://{STREAMER}/ws", Address())
    assert not any(b"Upgrade" in heard for heard in server.heard)


async def test_a_proxy_that_lets_nothing_through_is_told(setting):
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    async with Proxy(0, refusal) as proxy:
        setting("HTTPS_PROXY", proxy.url)
        with pytest.raises(Transient, match="proxy does not let the stream through"):
            await log_in(f"wss://{STREAMER}/ws", Address())


async def test_the_sandbox_is_streamed_from_without_a_proxy(setting):
    async with streaming() as streamer, Proxy(0) as proxy:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            setting(name, proxy.url)
        await log_in(streamer.url, Address.of_sandbox("http://127.0.0.1:1"))
        assert len(streamer.connections) == 1
        assert proxy.asked == []


async def log_in(url, address):
    connection = Connection(Preferences(Told(url), Tokens()), address, Listener())
    try:
        await connection.login()
    finally:
        await connection.close()


def test_the_setting_is_read_anew_each_time(monkeypatch):
    monkeypatch.setattr(proxy, "proxy_bypass", lambda _host: False)
    for place in ("office.example", "home.example"):
        monkeypatch.setattr(proxy, "getproxies", lambda place=place: {"https": f"http://{place}:3128"})
        assert system_proxy(SCHWAB) == f"http://{place}:3128"
    monkeypatch.setattr(proxy, "getproxies", dict)
    assert system_proxy(SCHWAB) is None

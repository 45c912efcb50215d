"""TLS to Schwab: whatever is wrong with what answers, nothing is sent to it, and one sentence says why."""

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
import warnings
from contextlib import asynccontextmanager

import certifi
import httpx
import pytest
import trustme
import truststore

from monitor.errors import Transient
from monitor.ports import StreamPhase, Wanted
from monitor.schwab import tls
from monitor.schwab.address import Address
from monitor.schwab.connection import Connection, Ended
from monitor.schwab.stream import SchwabStream
from monitor.schwab.tls import client_context, refusal
from monitor.schwab.transport import SchwabTransport
from tests.unit.schwab.streamer import Listener, Preferences, Tokens, until

STREAMER = "streamer-api.schwab.com"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The system's store is the test's own authority; the product has no option for that."""
    store = tmp_path / "store.pem"
    authority.cert_pem.write_to_path(str(store))
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    return authority


class Server:
    """A TLS server in a thread; counts who comes, and keeps what they said once they trusted it."""

    def __init__(self, context):
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visits = 0
        self.heard = []

    def run(self):
        # Blocking sockets tell the other side what is wrong with its hello; asyncio's only hang up.
        with self._socket:
            while True:
                try:
                    visitor, _ = self._socket.accept()
                except OSError:
                    return
                self.visits += 1
                visitor.settimeout(60)
                with visitor, contextlib.suppress(OSError):
                    self._answer(visitor)

    def _answer(self, visitor):
        if self._context is not None:
            visitor = self._context.wrap_socket(visitor, server_side=True)
        with visitor:
            self.heard.append(visitor.recv(65536))
            visitor.sendall(ANSWER)

    def stop(self):
        self._socket.shutdown(socket.SHUT_RDWR)


@asynccontextmanager
async def serving(certificate=None, newest=None):
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    if newest is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")
    server = Server(context)
    running = asyncio.create_task(asyncio.to_thread(server.run))
    try:
        yield server
    finally:
        server.stop()
        await running


def wrong(authority, name, host):
    """What may be wrong with who answers: the keyword arguments of ``serving``, and a word of the sentence."""
    return {
        "unknown authority": ({"certificate": trustme.CA().issue_cert(host)}, "certificate"),
        "another host": ({"certificate": authority.issue_cert("evil.example")}, "certificate"),
        "expired": (
            {"certificate": authority.issue_cert(host, not_before=LONG_AGO, not_after=LONG_AGO)},
            "certificate",
        ),
        "TLS 1.1": ({"certificate": authority.issue_cert(host), "newest": ssl.TLSVersion.TLSv1_1}, "TLS 1.2"),
        "no TLS at all": ({}, "TLS 1.2"),
    }[name]


WRONG = ["unknown authority", "another host", "expired", "TLS 1.1", "no TLS at all"]


async def ask_rest(server, clock):
    address = Address(f"https://127.0.0.1:{server.port}")
    async with httpx.AsyncClient(transport=SchwabTransport(address, clock=clock, sleep=clock.sleep)) as client:
        return await client.get(
            "https://api.schwabapi.com/marketdata/v1/quotes", headers={"Authorization": "Bearer canary"}
        )


@pytest.mark.parametrize("name", WRONG)
async def test_rest_is_refused(trusted, clock, name):
    arguments, word = wrong(trusted, name, "127.0.0.1")
    async with serving(**arguments) as server:
        with pytest.raises(Transient, match=f"The secure connection was refused.*{word}") as told:
            await ask_rest(server, clock)
    assert server.visits == 1  # no second try at once
    assert not any(b"canary" in heard for heard in server.heard)
    assert "SSL" not in told.value.sentence


async def test_rest_goes_to_whom_the_system_trusts(trusted, clock):
    async with serving(trusted.issue_cert("127.0.0.1")) as server:
        assert (await ask_rest(server, clock)).json() == {}
    [heard] = server.heard
    assert b"Bearer canary" in heard


class Streamed:
    """Leads the streamer's connection to a test's own server, as DNS in foreign hands would."""

    url = f"wss://{STREAMER}/ws"

    def __init__(self, server):
        self.client = Preferences(self, Tokens())
        self.arguments = {"host": "127.0.0.1", "port": server.port, "open_timeout": 5}

    async def log_in(self):
        connection = Connection(self.client, Address(), Listener())
        try:
            await connection.login(self.arguments)
        finally:
            await connection.close()


@pytest.mark.parametrize("name", WRONG)
async def test_the_streamer_is_refused(trusted, name):
    arguments, word = wrong(trusted, name, STREAMER)
    async with serving(**arguments) as server:
        with pytest.raises(Ended, match=f"The secure connection was refused.*{word}"):
            await Streamed(server).log_in()
    assert server.visits == 1
    assert not any(b"Upgrade" in heard for heard in server.heard)


async def test_the_streamer_goes_to_whom_the_system_trusts(trusted):
    async with serving(trusted.issue_cert(STREAMER)) as server:
        with pytest.raises(Transient, match="on the way"):  # it is no websocket, but it was asked
            await Streamed(server).log_in()
    assert b"Upgrade: websocket" in server.heard[0]


async def test_a_refused_streamer_is_tried_with_growing_pauses(trusted, monkeypatch):
    real, delays, listener, tokens = Connection.login, [], Listener(), Tokens()

    async def sleep(seconds):
        delays.append(seconds)
        await asyncio.sleep(0)

    async with serving(trustme.CA().issue_cert(STREAMER)) as server:
        streamed = Streamed(server)
        monkeypatch.setattr(Connection, "login", lambda connection: real(connection, streamed.arguments))
        stream = SchwabStream(streamed.client, tokens, Address(), sleep=sleep)
        stream.want(Wanted(frozenset({"AAPL"})))
        running = asyncio.create_task(stream.run(listener))
        await until(lambda: len(delays) >= 12)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert all(delay >= least / 2 for delay, least in zip(delays, (0, 1, 2, 4, 8, 16, 32, 64, 128, 256), strict=False))
    assert all(150 <= delay <= 300 for delay in delays[10:])
    sentences = {sentence for phase, sentence, _ in listener.phases if phase is StreamPhase.WAITING}
    assert all("The secure connection was refused" in sentence for sentence in sentences)


def test_every_context_checks_and_takes_tls_1_2_or_later(monkeypatch, tmp_path):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    for system in ("Linux", "Windows", "Darwin"):
        monkeypatch.setattr(tls.platform, "system", lambda system=system: system)
        context = client_context()
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.keylog_filename is None
    assert not list(tmp_path.iterdir())


def test_windows_and_macos_are_asked_themselves(monkeypatch):
    for system in ("Windows", "Darwin"):
        monkeypatch.setattr(tls.platform, "system", lambda system=system: system)
        assert isinstance(client_context(), truststore.SSLContext)


def test_a_system_without_a_store_trusts_certifis_list(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr(tls, "_STORES", ())
    listed = ssl.create_default_context(cafile=certifi.where())
    assert client_context().cert_store_stats() == listed.cert_store_stats()


@pytest.mark.parametrize("error", [None, OSError("down"), ssl.SSLEOFError("cut off"), TimeoutError()])
def test_a_network_that_fails_is_no_refusal(error):
    assert refusal(error) == ""

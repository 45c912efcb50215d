"""The callback address on this machine: who else comes by there is turned away, and the browser is let in once."""

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from monitor.errors import BadData, Unusable
from monitor.schwab import listener as listening_module
from monitor.schwab import loopback
from monitor.schwab.listener import listening

GOOD = "code=C0.canary-code%40&session=1b2c&state=the-state"
AUTHORIZE = "https://api.schwabapi.com/v1/oauth/authorize?state=the-state"


def ours(address):
    return "state=the-state" in address.split("?")[1].split("&") if "?" in address else False


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def callback():
    return f"http://127.0.0.1:{free_port()}/back"


async def say(callback, raw, place="127.0.0.1", tls=None):
    """Send bytes to the callback's port and read until it closes."""
    reader, writer = await asyncio.open_connection(place, urlsplit(callback).port, ssl=tls)
    try:
        writer.write(raw)
        await writer.drain()
        return (await reader.read()).decode()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def request(callback, query=GOOD, method="GET", path=None, host=None, headers=()):
    parts = urlsplit(callback)
    target = (path or parts.path) + (f"?{query}" if query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or parts.netloc}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


async def ask(callback, **changes):
    return await say(callback, request(callback, **changes))


def status(answer):
    return int(answer.split(" ")[1])


async def nobody_listens(callback, place="127.0.0.1"):
    try:
        _, writer = await asyncio.open_connection(place, urlsplit(callback).port)
    except ConnectionRefusedError:
        return True
    writer.close()
    await writer.wait_closed()
    return False


async def test_the_browser_is_let_in_and_leaves_the_code_behind(callback):
    async with listening(callback, ours) as listener:
        answer = await ask(callback)
        assert await listener.redirect() == f"{callback}?{GOOD}"
        assert status(answer) == 303
        assert f"Location: {callback}\r\n" in answer
        page = await ask(callback, query="")
    assert status(page) == 200
    assert "go back to market monitor" in page.lower()
    assert await nobody_listens(callback)


async def test_no_answer_is_kept_followed_scripted_or_holds_what_was_asked(callback):
    async with listening(callback, ours):
        answers = [
            await ask(callback, query="state=canary&code=canary"),
            await ask(callback, path="/canary"),
            await ask(callback, method="CANARY"),
            await ask(callback, host="canary"),
            await say(callback, b"canary\r\n\r\n"),
            await ask(callback),
            await ask(callback, query=""),
        ]
    for answer in answers:
        assert "canary" not in answer.lower()
        assert "<script" not in answer
        for line in (
            "Cache-Control: no-store",
            "Referrer-Policy: no-referrer",
            "Content-Security-Policy: default-src 'none'; style-src 'sha256-",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ):
            assert f"\r\n{line}" in answer


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"query": "code=x&state=another"}, 403),
        ({"query": "code=x"}, 403),
        ({"query": ""}, 403),
        ({"path": "/"}, 404),
        ({"path": "/back/"}, 404),
        ({"path": "/BACK"}, 404),
        ({"path": "/b%61ck"}, 404),
        ({"path": "//back"}, 404),
        ({"path": "/favicon.ico"}, 404),
        ({"path": "http://127.0.0.1/back"}, 400),
        *(({"method": method}, 405) for method in ("POST", "HEAD", "OPTIONS", "PUT", "get")),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1"}, 403),
        ({"host": "127.0.0.1:1"}, 403),
        ({"host": "localhost"}, 403),
        ({"headers": ("Host: evil.example",)}, 403),
        ({"headers": ("Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image", "Sec-Fetch-Site: cross-site")}, 403),
        ({"headers": ("Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://evil.example")}, 403),
        ({"headers": ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")}, 403),
        ({"headers": ("no colon",)}, 400),
        ({"headers": ("X: ü",)}, 400),
        ({"headers": (f"X: {'x' * 9000}",)}, 431),
    ],
)
async def test_strangers_are_turned_away_and_the_wait_goes_on(callback, changes, expected):
    async with listening(callback, ours) as listener:
        assert status(await ask(callback, **changes)) == expected
        navigation = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: cross-site")
        assert status(await ask(callback, headers=navigation)) == 303
        assert await listener.redirect() == f"{callback}?{GOOD}"
        await ask(callback, query="")


@pytest.mark.parametrize("raw", [b"", b"GET", b"\x16\x03\x01\x02", b"\0" * 100, b"\r\n\r\n", b"GET / HTTP/9\r\n\r\n"])
async def test_what_is_no_request_does_no_harm(callback, raw):
    async with listening(callback, ours, request_seconds=0.05) as listener:
        assert "canary" not in await say(callback, raw)
        await ask(callback)
        assert await listener.redirect()
        await ask(callback, query="")


async def test_a_second_redirect_is_refused(callback):
    async with listening(callback, ours) as listener:
        await ask(callback)
        second = await ask(callback, query=GOOD.replace("canary", "other"))
        assert status(second) == 410
        assert await listener.redirect() == f"{callback}?{GOOD}"
        await ask(callback, query="")


async def test_a_refusal_at_schwab_comes_back_too(callback):
    async with listening(callback, ours) as listener:
        await ask(callback, query="error=access_denied&state=the-state")
        assert (await listener.redirect()).endswith("?error=access_denied&state=the-state")
        await ask(callback, query="")


async def test_other_interfaces_do_not_answer(callback):
    async with listening(callback, ours):
        assert not await nobody_listens(callback)
        for place in ("127.0.0.2", "::1"):  # a listener on every interface would answer at both
            assert await nobody_listens(callback, place)


async def test_localhost_may_be_either_address():
    callback = f"http://localhost:{free_port()}/"
    async with listening(callback, ours) as listener:
        assert await nobody_listens(callback, "127.0.0.2")
        if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
            assert status(await say(callback, request(callback, query="state=x"), "::1")) == 403
        assert status(await ask(callback)) == 303
        assert await listener.redirect() == f"{callback}?{GOOD}"
        await ask(callback, query="")


async def test_without_ipv6_localhost_is_the_old_address(callback, monkeypatch):
    real = loopback._bound

    def bound(place, port):
        if place == "::1":
            raise OSError(errno.EADDRNOTAVAIL, "no such address")
        return real(place, port)

    monkeypatch.setattr(loopback, "_bound", bound)
    callback = callback.replace("127.0.0.1", "localhost")
    async with listening(callback, ours):
        assert status(await ask(callback, query="")) == 403


async def test_who_only_holds_connections_open_keeps_nobody_out(callback):
    async with listening(callback, ours, request_seconds=600) as listener, contextlib.AsyncExitStack() as held:
        readers = []
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(callback).port)
            held.callback(writer.close)
            readers.append(reader)
        async with asyncio.timeout(60):  # long before a connection's own time is over
            with contextlib.suppress(ConnectionResetError):
                assert await readers[0].read() == b""
        assert status(await ask(callback)) == 303
        assert await listener.redirect()
        await ask(callback, query="")


async def test_a_slow_visitor_is_let_go(callback):
    async with listening(callback, ours, request_seconds=0.05):
        async with asyncio.timeout(60):
            assert await say(callback, b"GET /back HTTP/1.1\r\n") == ""


async def test_after_the_time_nobody_is_let_in(callback):
    async with listening(callback, ours, seconds=0.05) as listener:
        with pytest.raises(BadData, match="did not come back in time"):
            await listener.redirect()
        assert await nobody_listens(callback)


async def test_a_cancelled_wait_frees_the_port_at_once(callback):
    waits = asyncio.Event()

    async def wait():
        async with listening(callback, ours) as listener:
            waits.set()
            await listener.redirect()

    waiting = asyncio.create_task(wait())
    await waits.wait()
    _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(callback).port)  # a browser's spare connection
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    writer.close()
    async with listening(callback, ours):
        assert not await nobody_listens(callback)


async def test_the_port_is_free_again_after_one_use(callback):
    for _ in range(2):
        async with listening(callback, ours) as listener:
            await ask(callback)
            await listener.redirect()
            await ask(callback, query="")
        assert await nobody_listens(callback)


@pytest.mark.parametrize("place", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  what another program might try
async def test_no_other_program_shares_the_port(callback, place):
    async with listening(callback, ours):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "SO_REUSEPORT"):
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind((place, urlsplit(callback).port))


async def test_a_taken_port_is_told_with_who_has_it_and_no_other_is_used(callback):
    port = urlsplit(callback).port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(Unusable) as told:
        async with listening(callback, ours):
            pass
    assert f"Port {port} is used by “" in told.value.sentence
    assert f"(process {os.getpid()})" in told.value.sentence
    assert "pasting" in told.value.sentence


async def test_a_port_taken_on_one_of_two_addresses_is_taken():
    port = free_port()
    try:
        other = socket.create_server(("::1", port), family=socket.AF_INET6)
    except OSError:
        return  # without IPv6 there is one address only
    with other, pytest.raises(Unusable, match=f"Port {port} is used by"):
        async with listening(f"http://localhost:{port}/", ours):
            pass
    assert await nobody_listens(f"http://localhost:{port}/")


async def test_a_port_the_system_keeps_is_told(callback, monkeypatch):
    def bound(_place, _port):
        raise PermissionError(errno.EACCES, "not you")

    monkeypatch.setattr(loopback, "_bound", bound)
    with pytest.raises(Unusable, match=r"does not let the program wait at port 443\. .*pasting"):
        async with listening("https://127.0.0.1/", ours):
            pass


@pytest.mark.parametrize(
    "address",
    ["https://example.com:8182/", "https://0.0.0.0:8182/", "https://127.0.0.2:8182/", "https://evil.localhost/"],
)
async def test_a_callback_elsewhere_is_not_waited_for(address):
    with pytest.raises(Unusable, match="not on this machine"):
        async with listening(address, ours):
            pass


# --------------------------------------------------------------------------------------------- https


async def trusting(callback):
    """What a browser is once its person has accepted the certificate."""
    parts = urlsplit(callback)
    pem = await asyncio.to_thread(ssl.get_server_certificate, (parts.hostname, parts.port))
    return ssl.create_default_context(cadata=pem)


async def test_an_https_callback_speaks_tls_with_a_certificate_of_its_own(callback):
    callback = callback.replace("http://", "https://")
    async with listening(callback, ours) as listener:
        tls = await trusting(callback)
        assert status(await say(callback, request(callback), tls=tls)) == 303
        assert await listener.redirect() == f"{callback}?{GOOD}"
        assert status(await say(callback, request(callback, query=""), tls=tls)) == 200


async def test_the_certificate_is_accepted_before_the_sign_in_begins(callback):
    callback = callback.replace("http://", "https://")
    async with listening(callback, ours) as listener:
        first = listener.starting_at(AUTHORIZE)
        tls = await trusting(callback)
        assert first.startswith(callback)
        answer = await say(callback, request(callback, query=urlsplit(first).query), tls=tls)
        assert status(answer) == 303
        assert f"Location: {AUTHORIZE}\r\n" in answer
        # The address holds the state, so nobody who merely knows the port is told.
        for query in ("start=", "start=x", ""):
            assert "the-state" not in await say(callback, request(callback, query=query), tls=tls)


async def test_an_http_callback_needs_no_detour(callback):
    async with listening(callback, ours) as listener:
        assert listener.starting_at(AUTHORIZE) == AUTHORIZE


async def test_plain_http_to_an_https_callback_gets_nothing(callback):
    callback = callback.replace("http://", "https://")
    async with listening(callback, ours):
        with contextlib.suppress(ConnectionError):
            assert await say(callback, request(callback)) == ""


async def test_the_default_port_is_left_out_by_browsers(monkeypatch):
    port = free_port()
    monkeypatch.setitem(listening_module._PORTS, "http", port)
    async with listening(f"http://127.0.0.1:{port}/", ours) as listener:
        answer = await ask(f"http://127.0.0.1:{port}/", host="127.0.0.1")
        assert status(answer) == 303
        assert await listener.redirect() == f"http://127.0.0.1:{port}/?{GOOD}"
        await ask(f"http://127.0.0.1:{port}/", host="127.0.0.1", query="")

"""The way out: only what is allowed, retried while it may help, and at the sandbox when there is one."""

import ssl
from email.utils import formatdate

import httpx
import pytest

from monitor.errors import Refused, Transient
from monitor.schwab.address import Address
from monitor.schwab.limit import RequestBudget
from monitor.schwab.transport import SHORT_LIVED, SchwabTransport, retry_after

QUOTES = "https://api.schwabapi.com/marketdata/v1/quotes?symbols=AAPL"
TOKEN = "https://api.schwabapi.com/v1/oauth/token"


def client_of(clock, answers, address=None):
    """A client whose requests are answered in order by ``answers``: responses, or exceptions that are raised."""
    seen, left = [], list(answers)

    def handle(request):
        seen.append((clock.now, request))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    budget = RequestBudget(clock=clock, sleep=clock.sleep)
    transport = SchwabTransport(address or Address(), budget, httpx.MockTransport(handle), clock, clock.sleep)
    client = httpx.AsyncClient(transport=transport)
    client.seen = seen
    return client


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "https://api.schwabapi.com/trader/v1/accounts"),
        ("GET", "https://api.schwabapi.com/trader/v1/userPreference/orders"),
        ("POST", "https://api.schwabapi.com/trader/v1/accounts/1/orders"),
        ("POST", QUOTES),
        ("DELETE", QUOTES),
        ("GET", TOKEN),
        ("GET", "http://api.schwabapi.com/marketdata/v1/quotes"),
        ("GET", "https://evil.example/marketdata/v1/quotes"),
        ("GET", "https://api.schwabapi.com:8443/marketdata/v1/quotes"),
        ("GET", "https://u:p@api.schwabapi.com/marketdata/v1/quotes"),
        ("GET", "https://api.schwabapi.com/marketdata/%2e%2e/trader/v1/accounts"),
        ("GET", "https://api.schwabapi.com/marketdata//trader"),
    ],
)
async def test_what_is_not_reading_market_data_never_leaves(clock, method, url):
    client = client_of(clock, [])
    with pytest.raises(Refused, match="only reads market data"):
        await client.request(method, url)
    assert not client.seen


async def test_every_other_call_of_schwab_py_is_stopped(clock):
    from monitor.schwab.library import CurrentToken, MarketClient

    client = client_of(clock, [])
    market = MarketClient(client, CurrentToken(lambda: ""), lambda _response: None)
    for call in (
        market.get_accounts(),
        market.get_account_numbers(),
        market.get_account("x"),
        market.get_orders_for_account("x"),
        market.place_order("x", {}),
        market.replace_order("x", 1, {}),
        market.cancel_order(1, "x"),
        market.get_transactions("x"),
    ):
        with pytest.raises(Refused):
            await call
    assert not client.seen


async def test_transient_failures_are_tried_again_with_growing_pauses(clock):
    busy = [httpx.Response(503), httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.Response(500)]
    client = client_of(clock, [*busy, httpx.Response(200, json={"ok": 1})])
    assert (await client.get(QUOTES)).json() == {"ok": 1}
    assert len(client.seen) == 5
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(clock.slept))


async def test_after_five_attempts_the_last_answer_stands(clock):
    client = client_of(clock, [httpx.Response(502)] * 5)
    assert (await client.get(QUOTES)).status_code == 502


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (httpx.ConnectError("no"), "check the network"),
        (httpx.ReadTimeout("slow"), "in time"),
        (caused(httpx.ConnectError("no"), ssl.SSLCertVerificationError("expired")), "certificate"),
    ],
)
async def test_what_stays_unreachable_is_told_in_a_sentence(clock, error, sentence):
    with pytest.raises(Transient, match=sentence):
        await client_of(clock, [error] * 5).get(QUOTES)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_refusals_are_not_repeated(clock, status):
    client = client_of(clock, [httpx.Response(status)])
    assert (await client.get(QUOTES)).status_code == status


async def test_an_answer_that_is_too_big_is_not_asked_for_again(clock, shared):
    body = (shared / "schwab/samples/rest/error_502_body_too_big.json").read_bytes()
    client = client_of(clock, [httpx.Response(502, content=body)])
    assert (await client.get(QUOTES)).content == body


async def test_retry_after_is_honoured_by_all(clock):
    client = client_of(clock, [httpx.Response(429, headers={"Retry-After": "12"}), httpx.Response(200)])
    assert (await client.get(QUOTES)).status_code == 200
    assert client.seen[1][0] - client.seen[0][0] == pytest.approx(12)


async def test_what_lives_shortly_does_not_wait_for_a_pause(clock):
    client = client_of(clock, [httpx.Response(429, headers={"Retry-After": "500"}), httpx.Response(200)])
    await client.get(QUOTES)
    await client.post(TOKEN, data={"grant_type": "authorization_code"}, extensions={SHORT_LIVED: True})
    assert client.seen[1][0] == client.seen[0][0]


async def test_a_pause_longer_than_the_patience_is_the_callers(clock):
    client = client_of(clock, [httpx.Response(429, headers={"Retry-After": "500"}), httpx.Response(200)])
    assert (await client.get(QUOTES)).status_code == 429
    await client.get(QUOTES)
    assert client.seen[1][0] - client.seen[0][0] == pytest.approx(500)


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7), ("", 3), ("soon", 3), ("99999999999", 600), ("-4", 3), ("٣", 3)]
)
def test_retry_after_is_read_defensively(text, seconds):
    assert retry_after(httpx.Response(429, headers=[(b"retry-after", text.encode())]), 3) == seconds


def test_retry_after_may_be_a_date():
    response = httpx.Response(429, headers={"Retry-After": formatdate(usegmt=True)})
    assert retry_after(response, 3) < 1.5


async def test_a_token_request_that_may_have_arrived_is_not_sent_twice(clock):
    client = client_of(clock, [httpx.ReadError("lost"), httpx.Response(200)])
    with pytest.raises(Transient):
        await client.post(TOKEN, data={"grant_type": "refresh_token"})
    assert len(client.seen) == 1


async def test_a_token_request_that_never_left_is(clock):
    client = client_of(clock, [httpx.ConnectError("no"), httpx.Response(200)])
    assert (await client.post(TOKEN, data={"a": "b"})).status_code == 200
    assert client.seen[1][1].content == b"a=b"


async def test_redirects_are_not_followed(clock):
    client = client_of(clock, [httpx.Response(302, headers={"location": "http://portal.example/"})])
    assert (await client.get(QUOTES)).status_code == 302


async def test_a_sandbox_gets_the_same_request_at_its_own_address(clock):
    client = client_of(clock, [httpx.Response(200)], Address.of_sandbox("http://127.0.0.1:8123"))
    await client.get(QUOTES, headers={"X-Kept": "yes"})
    request = client.seen[0][1]
    assert str(request.url) == "http://127.0.0.1:8123/marketdata/v1/quotes?symbols=AAPL"
    assert request.headers["host"] == "127.0.0.1:8123"
    assert request.headers["x-kept"] == "yes"


async def test_garbled_compression_is_a_transport_failure(clock):
    garbled = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))
    client = client_of(clock, [garbled, httpx.Response(200, json=[])])
    assert (await client.get(QUOTES)).json() == []

"""The way out: only what is allowed, retried while it may help, and at the sandbox when there is one."""

import asyncio
import errno
import gzip
import socket
import ssl
import time
from email.utils import formatdate

import httpx
import pytest

from monitor.errors import Refused, Transient
from monitor.ports import Priority, Result, asking
from monitor.schwab.address import Address
from monitor.schwab.limit import RequestBudget
from monitor.schwab.retry import delay, retry_after
from monitor.schwab.transport import SchwabTransport
from tests.support.virtual_time import VirtualLoop, run

QUOTES = "https://api.schwabapi.com/marketdata/v1/quotes?symbols=AAPL"
MINUTES = "https://api.schwabapi.com/marketdata/v1/pricehistory?symbol=AAPL&frequencyType=minute"
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
    transport = SchwabTransport(
        address or Address(), budget, httpx.MockTransport(handle), clock, clock.sleep, clock.ms, lambda _, high: high
    )
    client = httpx.AsyncClient(transport=transport)
    client.seen, client.log = seen, transport
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
    assert clock.slept == [4, 16, 64, 256]


@pytest.mark.parametrize(("attempt", "longest", "most"), [(1, 900, 4), (4, 900, 256), (5, 900, 300), (3, 20, 20)])
def test_delays_are_drawn_anew_between_a_second_and_what_is_due(attempt, longest, most):
    drawn = [delay(attempt, longest) for _ in range(300)]
    assert all(1 <= seconds <= most for seconds in drawn)
    assert min(drawn) < 1 + (most - 1) * 0.1
    assert max(drawn) > 1 + (most - 1) * 0.9
    assert delay(attempt, 0.9) is None


async def test_a_person_waits_less_long_than_a_background_job_and_whoever_asks_may_say_how_long(clock):
    for kind, waits in (
        ({"priority": Priority.PERSON}, 29),
        ({"priority": Priority.STREAM}, 4),
        ({"patience": 7}, 6),
        ({}, 340),
    ):
        client, begun = client_of(clock, [httpx.Response(503)] * 5), clock.now
        with asking(**kind):
            assert (await client.get(QUOTES)).status_code == 503
        assert clock.now - begun == waits


async def test_after_five_attempts_the_last_answer_stands(clock):
    client = client_of(clock, [httpx.Response(502)] * 5)
    assert (await client.get(QUOTES)).status_code == 502


async def test_who_tries_again_by_itself_has_one_attempt(clock):
    client = client_of(clock, [httpx.Response(502), httpx.Response(200)])
    with asking(attempts=1):
        assert (await client.get(QUOTES)).status_code == 502


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (httpx.ConnectError("no"), "check the network"),
        (httpx.ReadTimeout("slow"), "in time"),
        (caused(httpx.ConnectError("no"), socket.gaierror(socket.EAI_AGAIN, "try again")), "No internet"),
        (caused(httpx.ConnectError("no"), OSError(errno.ENETUNREACH, "no")), "No internet"),
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
    client = client_of(clock, [httpx.Response(429, headers={"Retry-After": "2000"}), httpx.Response(200)])
    await client.get(QUOTES)
    with asking(Priority.SIGN_IN):
        await client.post(TOKEN, data={"grant_type": "authorization_code"})
    assert client.seen[1][0] == client.seen[0][0]


async def test_a_pause_longer_than_the_patience_is_the_callers(clock):
    client = client_of(clock, [httpx.Response(429, headers={"Retry-After": "500"}), httpx.Response(200)])
    with asking(Priority.PERSON):
        assert (await client.get(QUOTES)).status_code == 429
        with pytest.raises(Transient, match=r"slow down \(500 s\)"):
            await client.get(MINUTES)
    await client.get(QUOTES)
    assert client.seen[1][0] - client.seen[0][0] == pytest.approx(500)


async def test_a_429_that_does_not_say_for_how_long_stops_everybody_too(clock):
    client = client_of(clock, [httpx.Response(429)] * 4 + [httpx.Response(200)])
    assert (await client.get(QUOTES)).status_code == 200
    moments = [moment - client.seen[0][0] for moment, _ in client.seen]
    assert moments == pytest.approx([0, 4, 20, 80, 140])


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7), ("", None), ("soon", None), ("99999999999", 3600), ("-4", None), ("٣", None)]
)
def test_retry_after_is_read_defensively(text, seconds):
    assert retry_after(httpx.Response(429, headers=[(b"retry-after", text.encode())])) == seconds


@pytest.mark.parametrize(("ahead", "low", "high"), [(100, 95, 100), (0, 0, 1), (-500, 0, 0), (1e6, 3600, 3600)])
def test_retry_after_may_be_a_date(ahead, low, high):
    response = httpx.Response(429, headers={"Retry-After": formatdate(time.time() + ahead, usegmt=True)})
    assert low <= retry_after(response) <= high


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


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(bytes(65 * 2**20), mtime=0)),
        ("gzip", gzip.compress(b"[]" * 1000, mtime=0)[:-9]),
        ("br", b"[]"),
    ],
    ids=["without an end", "cut", "not asked for"],
)
async def test_an_answer_that_cannot_be_unpacked_fails_and_is_never_whole_in_memory(clock, encoding, body):
    packed = [httpx.Response(200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(body))] * 5
    with pytest.raises(Transient):
        await client_of(clock, packed).get(QUOTES)


async def test_a_packed_answer_is_unpacked(clock):
    packed = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b'{"a":1}'))
    )
    assert (await client_of(clock, [packed]).get(QUOTES)).json() == {"a": 1}


async def test_garbled_compression_is_a_transport_failure(clock):
    garbled = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))
    client = client_of(clock, [garbled, httpx.Response(200, json=[])])
    assert (await client.get(QUOTES)).json() == []


# --------------------------------------------------------------------------------------------- endpoints that fail


async def test_an_endpoint_that_fails_and_fails_is_asked_once_a_minute_and_others_go_on(clock):
    bad = [httpx.Response(500)] * 5
    client = client_of(clock, [*bad, httpx.Response(200), httpx.ReadTimeout("slow"), *[httpx.Response(200)] * 3])
    assert (await client.get(MINUTES)).status_code == 500
    sentence = r"service for price history is down \(last failure \d\d:\d\d:\d\d ET\); it is tried again once a minute"
    for _ in range(3):
        with pytest.raises(Transient, match=sentence):
            await client.get(MINUTES)
    assert (await client.get(QUOTES)).status_code == 200
    [outage] = client.log.meter().outages
    assert (outage.endpoint, outage.again_ms - outage.failed_ms) == ("pricehistory", 60_000)
    assert len(client.seen) == 6

    clock.now += 60
    with pytest.raises(Transient, match="in time"):  # the probe, which is one attempt
        await client.get(MINUTES)
    clock.now += 59
    with pytest.raises(Transient, match=sentence):
        await client.get(MINUTES)
    clock.now += 1
    for _ in range(3):
        assert (await client.get(MINUTES)).status_code == 200
    assert client.log.meter().outages == ()
    assert len(client.seen) == 10


async def test_only_one_of_many_is_the_probe(clock):
    async def slow(_request):
        await asyncio.sleep(0)
        asked.append(clock.now)
        return httpx.Response(500)

    asked = []
    transport = SchwabTransport(
        Address(), RequestBudget(clock=clock, sleep=clock.sleep), httpx.MockTransport(slow), clock, clock.sleep
    )
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get(QUOTES)
        clock.now += 61
        before = len(asked)
        answers = await asyncio.gather(*(client.get(QUOTES) for _ in range(5)), return_exceptions=True)
    assert len(asked) == before + 1
    assert sorted(type(answer).__name__ for answer in answers) == ["Response"] + ["Transient"] * 4


def test_a_moments_trouble_that_hits_many_at_once_is_no_outage():
    loop = VirtualLoop()

    def handle(_request):
        return httpx.Response(500 if loop.now < 1003.5 else 200)

    async def scenario():
        transport = SchwabTransport(
            Address(), RequestBudget(clock=loop.time), httpx.MockTransport(handle), loop.time, wall_ms=loop.wall_ms
        )
        async with httpx.AsyncClient(transport=transport) as client:
            with asking(Priority.PERSON):
                answers = await asyncio.gather(*(client.get(QUOTES) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}

    run(scenario(), loop)


@pytest.mark.parametrize(
    "answer", [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.Response(429), httpx.Response(404)]
)
async def test_what_is_not_the_endpoints_fault_leaves_it_open(clock, answer):
    client = client_of(clock, [answer] * 10 + [httpx.Response(200)])
    for _ in range(10):
        with asking(patience=1.5):
            try:
                await client.get(QUOTES)
            except Transient:
                clock.now += 61
    assert client.log.meter().outages == ()


async def test_nobody_is_kept_from_signing_in(clock):
    client = client_of(clock, [httpx.Response(500)] * 10 + [httpx.Response(200)])
    for _ in range(10):
        assert (await client.post(TOKEN, data={"a": "b"})).status_code == 500
        clock.now += 2
    assert (await client.post(TOKEN, data={"a": "b"})).status_code == 200


# --------------------------------------------------------------------------------------------- deadlines


class Stalled(httpx.AsyncByteStream):
    """A byte, then nothing more; or a byte now and then, for ever."""

    def __init__(self, every=None):
        self.every = every
        self.closed = False

    async def __aiter__(self):
        while True:
            yield b" "
            await asyncio.sleep(self.every or 1e9)

    async def aclose(self):
        self.closed = True


@pytest.mark.parametrize("every", [None, 2.0], ids=["stalled", "dripping"])
@pytest.mark.parametrize(("priority", "seconds"), [(Priority.PERSON, 15), (Priority.BACKGROUND, 30)])
def test_a_body_that_does_not_end_is_given_up_and_its_place_is_free(every, priority, seconds):
    loop, bodies, moments = VirtualLoop(), [], []

    def handle(_request):
        moments.append(loop.now)
        bodies.append(Stalled(every))
        return httpx.Response(200, stream=bodies[-1]) if len(bodies) == 1 else httpx.Response(200, json={"ok": 1})

    async def scenario():
        transport = SchwabTransport(
            Address(),
            RequestBudget(clock=loop.time),
            httpx.MockTransport(handle),
            loop.time,
            wall_ms=loop.wall_ms,
            draw=lambda low, _: low,
        )
        async with httpx.AsyncClient(transport=transport) as client:
            with asking(priority):
                assert (await client.get(QUOTES)).json() == {"ok": 1}
        return transport.newest()

    [record] = run(scenario(), loop)
    assert [moment - moments[0] for moment in moments] == [0, seconds + 1]
    assert bodies[0].closed
    assert (record.result, record.attempts, record.took) == (Result.OK, 2, seconds + 1)


def test_who_is_in_haste_does_not_put_an_endpoint_out():
    loop = VirtualLoop()

    async def scenario():
        stalled = httpx.MockTransport(lambda _: httpx.Response(200, stream=Stalled()))
        transport = SchwabTransport(
            Address(), RequestBudget(clock=loop.time), stalled, loop.time, wall_ms=loop.wall_ms, draw=lambda low, _: low
        )
        async with httpx.AsyncClient(transport=transport) as client:
            for patience, outages in ((2, 0), (600, 1)):
                for _ in range(6):
                    with asking(Priority.BACKGROUND, patience=patience), pytest.raises(Transient):
                        await client.get(QUOTES)
                    await asyncio.sleep(2)
                assert len(transport.meter().outages) == outages

    run(scenario(), loop)


# --------------------------------------------------------------------------------------------- the log


async def test_each_request_is_told_with_its_purpose_and_what_came_of_it(clock):
    client = client_of(
        clock,
        [httpx.Response(503), httpx.Response(200, content=b"{}"), httpx.Response(404), httpx.Response(200, text="<p>")],
    )
    with asking(Priority.PERSON):
        await client.get(MINUTES)
        with asking(purpose="quotes to check the stream"):
            await client.get(QUOTES)
    await client.get(QUOTES)
    first, second, third = client.log.newest()
    assert (first.number, first.purpose, first.endpoint) == (1, "minutes of AAPL", "pricehistory")
    assert (first.priority, first.result, first.status, first.size) == (Priority.PERSON, Result.OK, 200, 2)
    assert (first.attempts, first.waited, first.took, first.sentence) == (2, 0, 4, "")
    assert (second.purpose, second.result, second.status) == ("quotes to check the stream", Result.REFUSED, 404)
    assert second.sentence == "Schwab knows nothing under this symbol."
    assert (third.purpose, third.priority, third.result) == ("quotes of AAPL", Priority.BACKGROUND, Result.FAILED)
    assert "in Schwab's place" in third.sentence


async def test_a_token_that_was_not_taken_is_no_want_of_permission_yet(clock):
    client = client_of(clock, [httpx.Response(401)])
    await client.get(QUOTES)
    [record] = client.log.newest()
    assert (record.result, record.sentence) == (Result.REFUSED, "Schwab did not take the access token.")


async def test_what_waits_and_what_is_under_way_is_told_as_it_stands(clock):
    going, answered = asyncio.Event(), asyncio.Event()

    async def handle(_request):
        going.set()
        await answered.wait()
        return httpx.Response(200)

    budget = RequestBudget(clock=clock, sleep=lambda _: asyncio.sleep(0))
    transport = SchwabTransport(Address(), budget, httpx.MockTransport(handle), clock, clock.sleep, clock.ms)
    async with httpx.AsyncClient(transport=transport) as client:
        first = asyncio.create_task(client.get(QUOTES))
        await going.wait()
        budget.window.hold(100)
        second = asyncio.create_task(client.get(MINUTES))
        await asyncio.sleep(0)
        clock.now += 5
        told = [(record.result, record.waited, record.took) for record in transport.newest()]
        assert told == [(Result.UNDER_WAY, 0, 5), (Result.WAITING, 5, None)]
        meter = transport.meter()
        assert (meter.used, meter.waiting, meter.waiting_by) == (1, 1, {Priority.BACKGROUND: 1})
        assert meter.paused_until_ms == clock.ms() + 95_000
        second.cancel()
        answered.set()
        await asyncio.wait([first, second])
    assert [record.result for record in transport.newest()] == [Result.OK, Result.CANCELLED]
    assert transport.meter().waiting == 0


async def test_what_is_not_sent_says_why(clock):
    client = client_of(clock, [httpx.Response(429, headers={"Retry-After": "500"})])
    with asking(Priority.PERSON):
        await client.get(QUOTES)
        with pytest.raises(Transient):
            await client.get(QUOTES)
    first, second = client.log.newest()
    assert (first.result, first.sentence) == (Result.SLOWED, "Schwab asks us to slow down (500 s).")
    assert (second.result, second.attempts, second.took) == (Result.NOT_SENT, 0, None)
    assert second.sentence == "Schwab asks us to slow down (500 s)."


async def test_a_thousand_are_kept(clock):
    client = client_of(clock, [httpx.Response(200)] * 1010)
    for _ in range(1010):
        await client.get(QUOTES)
    assert [record.number for record in client.log.newest()] == list(range(11, 1011))


async def test_no_secret_is_in_the_log(clock):
    client = client_of(clock, [httpx.Response(200)] * 2)
    with asking(Priority.SIGN_IN, "sign-in"):
        await client.post(TOKEN, data={"code": "CANARY"}, headers={"Authorization": "Basic CANARY"})
    text = "https://api.schwabapi.com/marketdata/v1/instruments?symbol=CANARY&projection=desc-search&apikey=CANARY"
    await client.get(text, headers={"Authorization": "Bearer CANARY"})
    assert [record.purpose for record in client.log.newest()] == ["sign-in", "symbol search"]
    assert "CANARY" not in repr(client.log.newest())

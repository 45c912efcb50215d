"""Why Schwab cannot be reached: each obstacle has its sentence, and none is run against in a tight circle."""

import asyncio
import errno
import socket
import ssl

import httpx
import pytest
from websockets.exceptions import InvalidMessage, InvalidProxyStatus, InvalidStatus, InvalidUpgrade
from websockets.http11 import Response

from monitor.errors import Transient
from monitor.market.calendar import from_ms
from monitor.ports import StreamPhase, Wanted
from monitor.schwab import answers
from monitor.schwab.address import Address
from monitor.schwab.connection import Connection
from monitor.schwab.library import CurrentToken, MarketClient
from monitor.schwab.limit import RequestBudget
from monitor.schwab.stream import SchwabStream
from monitor.schwab.timing import Timing
from monitor.schwab.transport import SchwabTransport
from monitor.schwab.unreachable import why
from tests.unit.schwab.streamer import Listener, Preferences, Tokens, until
from tests.unit.schwab.test_read_only import said, serving

BEGAN = 1000.0


def caused(cause):
    """As httpx tells of it: two errors around the one that says what happened."""
    error, inner = httpx.ConnectError("no"), OSError("no")
    error.__cause__, inner.__context__ = inner, cause
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "No internet"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "No internet"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "No internet"),
        (ssl.SSLCertVerificationError("self-signed"), "sign in to it first, or this machine's clock"),
        (InvalidStatus(Response(426, "Upgrade Required", None)), "let the stream through"),
        (InvalidStatus(Response(503, "Busy", None)), "cannot serve just now"),
        (InvalidUpgrade("Upgrade", None), "spoils"),
        (InvalidProxyStatus(Response(407, "Proxy Authentication Required", None)), "proxy"),
    ],
)
def test_each_obstacle_has_its_sentence(cause, words):
    assert words in why(caused(cause))


@pytest.mark.parametrize("cause", [None, ConnectionRefusedError(errno.ECONNREFUSED, "no"), InvalidMessage("cut off")])
def test_what_tells_nothing_special_is_left_to_the_usual_words(cause):
    assert why(caused(cause)) == ""


class Network:
    """A stream over the whole way out to Schwab, on a clock that passes while somebody waits."""

    def __init__(self, clock, answer):
        self.clock = clock
        self.tries = []
        self.listener = Listener()

        def handle(request):
            self.tries.append(clock.now)
            outcome = answer(request)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        budget = RequestBudget(clock=clock, sleep=clock.sleep)
        transport = SchwabTransport(Address(), budget, httpx.MockTransport(handle), clock, clock.sleep)
        session = httpx.AsyncClient(transport=transport)
        client = MarketClient(session, CurrentToken(lambda: "canary"), answers.check)
        self.stream = SchwabStream(
            client,
            Tokens(),
            Address(),
            clock=clock,
            awake=clock,
            now_ms=clock.ms,
            sleep=clock.sleep,
            timing=Timing(look=3600),
        )

    async def run(self, seconds):
        self.stream.want(Wanted(frozenset({"AAPL"})))
        running = asyncio.create_task(self.stream.run(self.listener))
        await until(lambda: self.clock.now > BEGAN + seconds, 120)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def waited(self):
        return [sentence for phase, sentence, _ in self.listener.phases if phase is StreamPhase.WAITING]

    def most_within(self, seconds):
        return max(sum(start <= at < start + seconds for at in self.tries) for start in self.tries)


async def test_without_names_it_says_no_internet_and_tries_less_than_once_a_second(clock):
    network = Network(clock, lambda _request: caused(socket.gaierror(socket.EAI_AGAIN, "no")))
    await network.run(1800)
    assert all("No internet" in sentence for sentence in network.waited())
    assert len(network.tries) > 300  # the network's return is noticed within seconds
    assert network.most_within(30) <= 30
    assert network.most_within(600) <= 600 * 0.8


async def test_a_portal_is_told_and_hears_no_more_than_a_question_every_few_seconds(clock):
    page = httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"<html>Hotel</html>")
    network = Network(clock, lambda _request: page)
    await network.run(1800)
    assert all("may want you to sign in" in sentence for sentence in network.waited())
    assert network.most_within(60) <= 40


async def test_a_certificate_that_is_not_schwabs_is_met_ever_more_rarely(clock):
    network = Network(clock, lambda _request: caused(ssl.SSLCertVerificationError("self-signed")))
    await network.run(3600)
    assert all("The secure connection was refused" in sentence for sentence in network.waited())
    assert len(network.tries) <= 60


async def test_a_long_outage_is_told_with_its_begin(clock):
    network = Network(clock, lambda _request: caused(socket.gaierror(socket.EAI_AGAIN, "no")))
    began = from_ms(clock.ms())
    await network.run(13 * 3600)
    told = network.waited()
    assert not any("since" in sentence for sentence in told[:3])
    assert f"Nothing has come since {began:%H:%M} New York. Trying again" in told[100]
    assert f"since {began:%A, %H:%M} New York" in told[-1]


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "426 Upgrade Required", "502 Bad Gateway"])
async def test_a_streamer_whose_upgrade_was_taken_out_on_the_way_is_told(status):
    async with serving(said(status, b"<html>")) as (port, heard):
        told = Told(f"ws://127.0.0.1:{port}/ws")
        connection = Connection(Preferences(told, Tokens()), Address("http://127.0.0.1:1"), Listener())
        with pytest.raises(Transient, match=status[:3]):
            await connection.login()
        await connection.close()
    assert len(heard) == 1


async def test_no_compression_is_offered_that_a_proxy_could_break():
    async with serving(said("400 Bad Request")) as (port, heard):
        told = Told(f"ws://127.0.0.1:{port}/ws")
        connection = Connection(Preferences(told, Tokens()), Address("http://127.0.0.1:1"), Listener())
        with pytest.raises(Transient):
            await connection.login()
        await connection.close()
    assert b"upgrade: websocket" in heard[0].lower()
    assert b"extensions" not in heard[0].lower()


class Told:
    """Where preferences say that the streamer is."""

    def __init__(self, url):
        self.url = url

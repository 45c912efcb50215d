"""Requests against the sandbox, which counts for itself: its limit is never met, and no failure stops the rest."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from monitor.apps.wiring import running_services
from monitor.errors import MonitorError, Refused, Transient
from monitor.live.events import BoardChanged
from monitor.market.bar import Interval
from monitor.ports import Priority, Result, Wanted, asking
from monitor.schwab import retry
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.limit import RequestBudget
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.rest import SchwabMarketData, market_client
from monitor.schwab.sent_file import SentFile
from monitor.schwab.tokens import Vault
from monitor.schwab.transport import SchwabTransport
from tests.support.ports import until
from tests.support.sandbox import RunningSandbox, running_sandbox, sandbox

__all__ = ["sandbox"]  # the fixture

MINUTES = "/marketdata/v1/pricehistory"
DAY_MS = 86_400_000
LIMIT = 110


@dataclass
class Clock:
    """This machine's clock; sleeping moves it, and the sandbox's before it, instead of taking time."""

    control: httpx.AsyncClient
    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        answer = await self.control.post("/sandbox/clock", json={"advance_seconds": seconds})
        answer.raise_for_status()
        self.ahead += seconds


@dataclass
class CommonClock(Clock):
    """Both stand still but for sleeping, and move at once, while nothing is under way.

    What is sent at one time arrives at it, however long a busy machine takes.
    """

    under_way: set[asyncio.Task[httpx.Response]] = field(default_factory=set)

    def __call__(self) -> float:
        return 1_000.0 + self.ahead

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """The sandbox's clock too, which others use after it."""
        (await self.control.post("/sandbox/clock", json={"rate": 0})).raise_for_status()
        try:
            yield
        finally:
            (await self.control.post("/sandbox/clock", json={"rate": 1})).raise_for_status()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        await self.arrived()
        url = self.control.base_url.join("/sandbox/clock")
        httpx.post(url, json={"advance_seconds": seconds}, trust_env=False).raise_for_status()  # noqa: ASYNC210
        self.ahead += seconds

    def carry(self, request: Coroutine[Any, Any, httpx.Response]) -> asyncio.Task[httpx.Response]:
        """Send a request, which is under way until it is answered."""
        task = asyncio.create_task(request)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    async def arrived(self) -> None:
        """Wait until nothing is under way."""
        while self.under_way:
            await asyncio.wait(self.under_way)


@dataclass
class Recorded(httpx.AsyncBaseTransport):
    """The way to the sandbox, with the moment of everything that took it."""

    clock: Clock
    way: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)
    sent: list[float] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/marketdata"):
            self.sent.append(self.clock())
        return await self.way.handle_async_request(request)

    async def aclose(self) -> None:
        await self.way.aclose()


@dataclass
class Arriving(Recorded):
    """The same, but what is on its way arrives, also when the program that sent it ends; no time passes before."""

    clock: CommonClock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # The answer of one that nobody waits for any more is closed, so that its socket is.
        task = self.clock.carry(super().handle_async_request(request))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await (await task).aclose()
            raise


@dataclass
class Client:
    """What the program asks Schwab with, on a clock that need not be waited for."""

    control: httpx.AsyncClient
    clock: Clock
    transport: SchwabTransport
    history: SchwabMarketData
    way: Recorded

    async def fail(self, *faults: dict[str, Any]) -> None:
        (await self.control.post("/sandbox/faults", json=list(faults))).raise_for_status()

    async def heal(self) -> None:
        (await self.control.delete("/sandbox/faults")).raise_for_status()

    async def minutes(self) -> int:
        """Ask for a day of minutes; how many came."""
        end = 1_795_000_000_000
        return len((await self.history.bars("AAPL", Interval.M1, end - DAY_MS, end)).bars)

    async def refused(self) -> int:
        return int((await self.control.get("/sandbox/status")).json()["refused"])


@asynccontextmanager
async def client_of(
    sandbox: RunningSandbox, limit: int = LIMIT, file: Path | None = None, kind: type[Clock] = Clock
) -> AsyncIterator[Client]:
    address = Address.of_sandbox(sandbox.base_url)
    async with httpx.AsyncClient(base_url=sandbox.base_url, trust_env=False) as control, AsyncExitStack() as stack:
        clock = kind(control)
        way = Recorded(clock)
        if isinstance(clock, CommonClock):
            await stack.enter_async_context(clock.standing_still())
            way = Arriving(clock)
        sent_file = SentFile(file) if file else None
        budget = RequestBudget(limit, clock, clock.sleep, sent_file)
        transport = SchwabTransport(address, budget, way, clock, clock.sleep)
        sign_in = SchwabSignIn(address, Vault(None), transport, on_change=lambda *_: None, on_audit=lambda *_: None)
        details = await sandbox_details(sandbox.base_url)
        sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(sign_in, address, details.username, details.password)
        market = market_client(sign_in, transport)
        yield Client(control, clock, transport, SchwabMarketData(market), way)
        await control.delete("/sandbox/faults")
        await sign_in.close()
        await market.close_async_session()
        await transport.aclose()


# --------------------------------------------------------------------------------------------- the sandbox's limit


@pytest.mark.parametrize("limit", [110, 120])
async def test_the_sandbox_never_has_to_refuse_although_the_limit_is_used(sandbox: RunningSandbox, limit: int) -> None:
    async with client_of(sandbox, limit, kind=CommonClock) as client:
        refused, begun = await client.refused(), client.clock()
        mixed = [(Priority.BACKGROUND, limit * 3), (Priority.STREAM, 10), (Priority.PERSON, 30)]

        async def ask(priority: Priority) -> None:
            with asking(priority, patience=3600):
                await client.history.find_instruments("AAPL")

        await asyncio.gather(*(ask(priority) for priority, count in mixed for _ in range(count)))
        assert await client.refused() == refused
        took = client.clock() - begun
        assert len(client.way.sent) >= 0.95 * limit * (took // 60)
        assert {record.attempts for record in client.transport.newest()} == {1}


async def test_two_programs_on_one_profile_do_not_reach_the_limit_together(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    """The sandbox counts by token, so the second program has the sign-in of the first."""
    file = tmp_path / "requests.sent"
    async with client_of(sandbox, 120, file, CommonClock) as client:
        refused = await client.refused()
        address = Address.of_sandbox(sandbox.base_url)
        budget = RequestBudget(120, client.clock, client.clock.sleep, SentFile(file))
        second = SchwabTransport(address, budget, client.way, client.clock, client.clock.sleep)
        one = client.history._client.session
        async with httpx.AsyncClient(transport=second, auth=one.auth) as other:
            url = "https://api.schwabapi.com/marketdata/v1/markets?markets=equity"
            with asking(Priority.PERSON, patience=3600):
                for _ in range(100):
                    assert (await one.get(url)).status_code == 200
                    assert (await other.get(url)).status_code == 200
        assert await client.refused() == refused


@dataclass
class Programs:
    """One program after the other on the same profile and sign-in; what the one before had not sent is gone."""

    client: Client
    clock: CommonClock
    file: Path
    limit: int
    session: httpx.AsyncClient | None = None
    work: set[asyncio.Task[None]] = field(default_factory=set)
    sent: int = 0

    async def start(self) -> None:
        await self.stop()
        clock = self.clock
        budget = RequestBudget(self.limit, clock, clock.sleep, SentFile(self.file))
        address = Address.of_sandbox(str(self.client.control.base_url))
        transport = SchwabTransport(address, budget, Arriving(clock), clock, clock.sleep)
        self.session = httpx.AsyncClient(transport=transport, auth=self.client.history._client.session.auth)

    async def stop(self) -> None:
        for task in self.work:
            task.cancel()
        await asyncio.gather(*self.work, return_exceptions=True)
        self.work.clear()
        await self.clock.arrived()
        if self.session is not None:
            await self.session.aclose()

    def ask(self, priority: Priority, count: int) -> None:
        with asking(priority, patience=36_000):
            self.work |= {asyncio.create_task(self._ask()) for _ in range(count)}

    async def _ask(self) -> None:
        assert self.session is not None
        answer = await self.session.get("https://api.schwabapi.com/marketdata/v1/markets?markets=equity")
        assert answer.status_code == 200
        self.sent += 1


@asynccontextmanager
async def programs_of(limit: int, folder: Path) -> AsyncIterator[tuple[RunningSandbox, Programs]]:
    """On a sandbox of their own, whose counts are theirs alone."""
    with running_sandbox() as own:
        async with client_of(own, limit, kind=CommonClock) as client:
            assert isinstance(client.clock, CommonClock)
            programs = Programs(client, client.clock, folder / "requests.sent", limit)
            await programs.start()
            yield own, programs
            await programs.stop()


@pytest.mark.parametrize("limit", [20, 110])
async def test_whatever_comes_and_restarts_the_sandbox_counts_no_more_than_the_limit(
    tmp_path: Path, limit: int
) -> None:
    rng = Random(limit)
    async with programs_of(limit, tmp_path) as (own, programs):
        for _ in range(24):
            programs.ask(rng.choice(list(Priority)[1:]), rng.choice([1, 3, limit // 3, limit]))
            await asyncio.sleep(rng.choice([0, 0.02, 0.1]))
            await programs.clock.sleep(rng.choice([0, 0.3, 7, 31, 59.9, 60, 61]))
            if rng.random() < 0.3:
                await programs.start()
        status = await asyncio.to_thread(own.status)
    assert (status["refused"], programs.sent > 3 * limit) == (0, True)
    assert status["busiest_minute"] <= limit


@pytest.mark.parametrize("limit", [20, 110])
async def test_with_work_to_do_nearly_all_of_the_limit_is_used_across_restarts(tmp_path: Path, limit: int) -> None:
    async with programs_of(limit, tmp_path) as (own, programs):
        before, begun = (await asyncio.to_thread(own.status))["requests"], programs.clock()
        for upto in (limit // 2, limit * 5 // 4, limit * 9 // 4):
            programs.ask(Priority.BACKGROUND, limit * 2)
            await until(lambda upto=upto: programs.sent >= upto, 60)
            minutes = (programs.clock() - begun) / 60
            await programs.start()
        status = await asyncio.to_thread(own.status)
    assert status["refused"] == 0
    assert 0.95 * limit <= status["busiest_minute"] <= limit
    assert status["requests"] - before >= 0.95 * limit * int(minutes) >= 0.95 * limit


# --------------------------------------------------------------------------------------------- failures


A_PAGE = "Something on this network answers in Schwab's place; it may want you to sign in."
A_PROBLEM = "Schwab has a problem of its own and could not answer."
LATE = "Schwab does not answer in time."
CUT = "Schwab cannot be reached; check the network."
#: What fails for good, the sentence a person reads, and how often it was tried.
FAILURES: dict[str, tuple[dict[str, Any], type[MonitorError], str, int]] = {
    "429": ({"status": 429, "retry_after": None}, Transient, "Schwab asks us to slow down.", 5),
    "429-with-a-time": ({"status": 429, "retry_after": 7}, Transient, "Schwab asks us to slow down (7 s).", 5),
    "500": ({"status": 500}, Transient, A_PROBLEM, 5),
    "503": ({"status": 503}, Transient, A_PROBLEM, 5),
    "504": ({"status": 504}, Transient, A_PROBLEM, 5),
    "502-too-big": ({"status": 502}, Refused, "The answer is too large for Schwab to send; ask for less.", 1),
    "403-of-the-edge": (
        {"status": 403},
        Transient,
        "Schwab's network turned the request away; this usually passes by itself.",
        1,
    ),
    "404": ({"status": 404}, Refused, "Schwab knows nothing under this symbol.", 1),
    "a-page": ({"answer": "html"}, Transient, A_PAGE, 1),
    "a-hang": ({"answer": "hang"}, Transient, LATE, 5),
    "a-stalled-body": ({"answer": "stall"}, Transient, LATE, 5),
    "a-dripping-body": ({"answer": "drip"}, Transient, LATE, 5),
    "cut": ({"answer": "drop"}, Transient, CUT, 5),
}


@pytest.mark.parametrize(("fault", "kind", "sentence", "attempts"), FAILURES.values(), ids=FAILURES)
async def test_each_failure_has_its_sentence_and_passes(
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    kind: type[MonitorError],
    sentence: str,
    attempts: int,
) -> None:
    if fault.get("answer") in {"hang", "stall", "drip"}:
        monkeypatch.setattr(retry, "ATTEMPT", dict.fromkeys(Priority, 0.3))
    async with client_of(sandbox) as client:
        await client.fail({"path": MINUTES, "times": 1000} | fault)
        with pytest.raises(kind) as failed:
            await client.minutes()
        assert failed.value.sentence == sentence
        record = client.transport.newest()[-1]
        assert (record.purpose, record.attempts, record.sentence) == ("minutes of AAPL", attempts, sentence)
        assert record.result not in (Result.OK, Result.WAITING, Result.UNDER_WAY)
        assert [found.symbol for found in await client.history.find_instruments("AAPL")] == ["AAPL"]

        await client.heal()
        await client.clock.sleep(61)
        assert await client.minutes() > 300
        assert client.transport.newest()[-1].result is Result.OK
        assert client.transport.meter().outages == ()


RETRY_AFTER = {"none": None, "seconds": 12, "date": "date"}


@pytest.mark.parametrize("told", RETRY_AFTER.values(), ids=RETRY_AFTER)
async def test_a_storm_of_429_pauses_everybody_then_passes(sandbox: RunningSandbox, told: int | str | None) -> None:
    async with client_of(sandbox) as client:
        if told == "date":
            told = formatdate(time.time() + 12, usegmt=True)
        await client.fail({"path": "/marketdata", "status": 429, "times": 3, "retry_after": told})

        async def ask(priority: Priority) -> list[Any]:
            with asking(priority, patience=3600):
                return await client.history.find_instruments("AAPL")

        found = await asyncio.gather(*(ask(priority) for priority in list(Priority)[1:] * 8))
        assert all(found)
        meter = client.transport.meter()
        assert meter.ceiling < meter.limit
        records = client.transport.newest()
        assert {record.result for record in records if record.endpoint == "instruments"} == {Result.OK}
        # Those that were refused went out together; after that nobody did before the pause was over.
        first = client.way.sent[0]
        later = [moment - first for moment in client.way.sent if moment - first > 0.9]
        assert min(later) >= (1 if told is None else 9 if isinstance(told, str) else 12)
        await client.clock.sleep(180)
        assert client.transport.meter().ceiling >= 0.9 * LIMIT


async def test_an_endpoint_that_is_down_is_left_alone_and_others_go_on(sandbox: RunningSandbox) -> None:
    async with client_of(sandbox) as client:
        await client.fail({"path": MINUTES, "status": 500, "times": 1000})
        for _ in range(20):
            with pytest.raises(Transient) as failed:
                await client.minutes()
        assert failed.value.sentence.startswith("Schwab's service for price history is down (last failure ")
        assert len(client.way.sent) == 5
        [outage] = client.transport.meter().outages
        assert outage.endpoint == "pricehistory"
        assert await client.history.find_instruments("AAPL")
        for _ in range(3):  # a probe a minute, however many ask
            await client.clock.sleep(60)
            outcomes = await asyncio.gather(*(client.minutes() for _ in range(10)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {Transient}
        assert len(client.way.sent) == 5 + 1 + 3
        await client.heal()
        await client.clock.sleep(60)
        assert await client.minutes() > 300


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 2}, {"status": 500}, {"answer": "stall"}])
async def test_the_stream_goes_on_whatever_becomes_of_requests(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(retry, "ATTEMPT", dict.fromkeys(Priority, 0.3))
    address, frames = Address.of_sandbox(sandbox.base_url), []
    async with running_services(address, tmp_path) as services:
        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        services.bus.listen(BoardChanged, lambda changed: frames.append(bool(changed.quotes)))
        services.subscriptions.want("test", Wanted(frozenset({"AAPL"})))
        await until(lambda: any(frames), 20)
        await asyncio.to_thread(sandbox.faults, [{"path": "/marketdata", "times": 1000} | fault])
        with asking(Priority.PERSON, patience=3):
            asked = [asyncio.create_task(services.history.find_instruments("AAPL")) for _ in range(5)]
        frames.clear()
        await asyncio.wait(asked)
        assert {type(task.exception()) for task in asked} == {Transient}
        await until(lambda: sum(frames) > 3, 20)
        await asyncio.to_thread(sandbox.clear_faults)
        with asking(Priority.PERSON, patience=10):
            assert await services.history.find_instruments("AAPL")
        streaming = [record for record in services.requests.newest() if record.priority is Priority.STREAM]
        assert next(record.purpose for record in streaming) == "address of the streamer"
    assert (tmp_path / "requests.sent").stat().st_size > 0

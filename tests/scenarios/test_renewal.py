"""Tokens through expiry after expiry, a token endpoint in trouble, the end of the seven days, and a program killed."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.apps.wiring import Services, running_services
from monitor.clock import now_ms
from monitor.errors import SignInNeeded
from monitor.live.events import Audited, BoardChanged, SignInChanged, StreamChanged
from monitor.ports import Priority, SignInState, StreamPhase, Wanted
from monitor.schwab import retry
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.library import MarketClient
from monitor.schwab.limit import RequestBudget
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.rest import market_client
from monitor.schwab.tokens import Vault
from monitor.schwab.transport import SchwabTransport
from tests.support.ports import until
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture

LIFE = 1800
DUE = LIFE * 0.85  # by then every program renews
DAYS = 86_400
TOKEN = "/v1/oauth/token"


class AheadClock:
    """This machine's clocks, moved ahead by a test or by sleeping."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

    def ms(self) -> int:
        return now_ms() + round(self.ahead * 1000)

    async def sleep(self, seconds: float) -> None:
        self.ahead += seconds
        await asyncio.sleep(0)


@dataclass
class Client:
    """The adapter as the program joins it, what it announced, and the two sides' clocks."""

    sandbox: RunningSandbox
    control: httpx.AsyncClient
    clock: AheadClock
    sign_in: SchwabSignIn
    market: MarketClient
    states: list[SignInState] = field(default_factory=list)
    audits: list[str] = field(default_factory=list)

    async def sign_in_again(self) -> None:
        address = Address.of_sandbox(self.sandbox.base_url)
        await sign_in_headless(self.sign_in, address, self.sandbox.username, self.sandbox.password)

    async def advance(self, seconds: float, client_too: bool = True) -> None:
        """Move the sandbox's clock, and the client's with it unless that is not to notice."""
        answer = await self.control.post("/sandbox/clock", json={"advance_seconds": seconds})
        answer.raise_for_status()
        if client_too:
            self.clock.ahead += seconds

    async def ask(self, times: int = 1) -> list[int]:
        """So many requests at once; their statuses. Each raises when it fails."""
        kinds = self.market.MarketHours.Market
        answers = await asyncio.gather(*(self.market.get_market_hours([kinds.EQUITY]) for _ in range(times)))
        return [answer.status_code for answer in answers]

    async def renewals(self) -> int:
        status = (await self.control.get("/sandbox/status")).json()
        return int(status["tokens"]["renewals"])


@asynccontextmanager
async def client_of(sandbox: RunningSandbox, folder: Path) -> AsyncIterator[Client]:
    address, clock, budget_clock = Address.of_sandbox(sandbox.base_url), AheadClock(), AheadClock()
    # The request limit has a clock of its own, so that a client whose clock stands still may ask as often as another.
    transport = SchwabTransport(
        address, RequestBudget(clock=budget_clock, sleep=budget_clock.sleep), clock=clock, sleep=clock.sleep
    )
    sign_in = SchwabSignIn(
        address,
        Vault(folder, scrypt_log_n=4),
        transport,
        on_change=lambda state, *_: client.states.append(state),
        on_audit=lambda kind, _: client.audits.append(kind),
        now_ms=clock.ms,
        clock=clock,
        sleep=clock.sleep,
    )
    market = market_client(sign_in, transport)
    async with httpx.AsyncClient(base_url=sandbox.base_url, trust_env=False) as control:
        client = Client(sandbox, control, clock, sign_in, market)
        await sign_in.load("correct horse")
        sign_in.configure(sandbox.client_id, sandbox.client_secret, sandbox.callback_url)
        await client.sign_in_again()
        yield client
        await control.delete("/sandbox/faults")
        await sign_in.close()
        await market.close_async_session()
        await transport.aclose()


# --------------------------------------------------------------------------------------------- expiries


#: How an expiry comes: to a client that knows, one that renewed in time, and one whose clock has not noticed.
EXPIRIES = ("ended", "due", "ended", "refused")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("expiries", [200, pytest.param(2000, marks=pytest.mark.soak)])
async def test_each_expiry_is_one_renewal_and_no_request_fails(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expiries: int
) -> None:
    # httpcore looks for it on the disk ten times a request.
    monkeypatch.setitem(sys.modules, "sniffio", None)
    async with client_of(sandbox, tmp_path) as client:
        before = await client.renewals()
        for number in range(1, expiries + 1):
            kind = EXPIRIES[number % len(EXPIRIES)]
            await client.advance(DUE if kind == "due" else LIFE + 1, client_too=kind != "refused")
            assert await client.ask(50) == [200] * 50
            await until(lambda number=number: client.audits.count("renewal") == number)
            if number % 200 == 0:  # the seven days are nearly over
                await client.sign_in_again()
        assert await client.renewals() - before == expiries
    assert SignInState.ENDED not in client.states
    assert "renewal-failed" not in client.audits


# --------------------------------------------------------------------------------------------- trouble

TROUBLES: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "502": {"status": 502},
    # The transport tries these again by itself; so many that it gives up.
    "429": {"status": 429, "retry_after": None, "times": 5},
    "429-with-a-time": {"status": 429, "retry_after": 2, "times": 5},
    "403-of-the-edge": {"status": 403},
    "garbage": {"answer": "garbage"},
    "a-page": {"answer": "html"},
    "a-hang": {"answer": "hang"},
    "cut-before": {"answer": "drop"},
    "cut-after": {"answer": "drop-after"},
}


@pytest.mark.parametrize("refresh", ["keep", "rotate"])
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_a_renewal_in_trouble_costs_nothing(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, Any], refresh: str
) -> None:
    if trouble.get("answer") == "hang":
        monkeypatch.setattr(retry, "ATTEMPT", dict.fromkeys(Priority, 0.3))
    async with client_of(sandbox, tmp_path) as client:
        faults = [{"refresh": refresh}, {"path": TOKEN} | trouble]
        (await client.control.post("/sandbox/faults", json=faults)).raise_for_status()
        old = client.sign_in.reveal_access_token()
        await client.advance(DUE)
        assert await client.ask() == [200]
        await until(lambda: "renewal-failed" in client.audits)
        assert client.sign_in.reveal_access_token() == old
        assert await client.ask() == [200]
        # The old token has ended, and the failure is a while ago.
        await client.advance(LIFE)
        assert await client.ask(5) == [200] * 5
        assert client.sign_in.reveal_access_token() != old
        await client.advance(LIFE)
        assert await client.ask(5) == [200] * 5
        assert client.audits == ["sign-in", "renewal-failed", "renewal", "renewal"]
        assert client.states == [SignInState.SIGNED_OUT, SignInState.SIGNED_IN]
        # What is on disk is as good as what is in use.
        kept = await asyncio.to_thread(Vault(tmp_path).open, "correct horse")
        assert kept.access_token.reveal() == client.sign_in.reveal_access_token()
        form = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token.reveal()}
        assert (await asyncio.to_thread(sandbox.grant, form)).status_code == 200
        await client.control.post("/sandbox/faults", json=[{"refresh": "keep"}])


# --------------------------------------------------------------------------------------------- the end of seven days


@dataclass
class Watched:
    """Running services, and what they told since they were signed in and streaming."""

    services: Services
    sign_in: Callable[[], Any]
    states: list[SignInState] = field(default_factory=list)
    phases: list[StreamPhase] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    frames: int = 0

    def listen(self) -> None:
        bus = self.services.bus
        bus.listen(SignInChanged, lambda change: self.states.append(change.state))
        bus.listen(StreamChanged, lambda change: self.phases.append(change.phase))
        bus.listen(Audited, lambda audited: self.kinds.append(audited.entry.kind))
        bus.listen(BoardChanged, self._count)

    def _count(self, changed: BoardChanged) -> None:
        self.frames += bool(changed.quotes)

    async def still_streams(self) -> None:
        seen = self.frames
        await until(lambda: self.frames > seen, 20)


@asynccontextmanager
async def watched(sandbox: RunningSandbox, folder: Path) -> AsyncIterator[Watched]:
    address = Address.of_sandbox(sandbox.base_url)
    async with running_services(address, folder) as services:
        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        heard = Watched(
            services, lambda: sign_in_headless(services.sign_in, address, details.username, details.password)
        )
        await heard.sign_in()
        heard.listen()
        services.subscriptions.want("test", Wanted(frozenset({"AAPL"}), frozenset(), frozenset()))
        await heard.still_streams()
        yield heard


async def logins(sandbox: RunningSandbox) -> int:
    return int((await asyncio.to_thread(sandbox.status))["logins"])


async def test_when_the_seven_days_end_the_stream_goes_on_and_one_sign_in_mends_all(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    async with watched(sandbox, tmp_path) as heard:
        history, logged_in = heard.services.history, await logins(sandbox)
        await asyncio.to_thread(sandbox.advance, 8 * DAYS)
        asked = [history.find_instruments("AAPL") for _ in range(20)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(answer) for answer in answers} == {SignInNeeded}
        await heard.still_streams()
        assert heard.states == [SignInState.ENDED]
        assert heard.kinds == ["sign-in-ended"]
        entries = await heard.services.store.archive.audit(100)
        assert [entry.kind for entry in entries].count("sign-in-ended") == 1
        with pytest.raises(SignInNeeded):
            await history.find_instruments("AAPL")

        await heard.sign_in()
        assert heard.states == [SignInState.ENDED, SignInState.SIGNED_IN]
        assert [found.symbol for found in await history.find_instruments("AAPL")] == ["AAPL"]
        await heard.still_streams()
        assert await logins(sandbox) == logged_in
        assert not {StreamPhase.OFF, StreamPhase.SIGN_IN}.intersection(heard.phases[1:])


async def test_a_stream_that_is_cut_after_the_end_waits_for_the_sign_in(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    async with watched(sandbox, tmp_path) as heard:
        logged_in = await logins(sandbox)
        await asyncio.to_thread(sandbox.revoke)
        tokens = heard.services.sign_in
        refused = await tokens.access_token()
        with pytest.raises(SignInNeeded):
            await tokens.renewed(refused)
        await asyncio.to_thread(sandbox.lever, "drop")
        await until(lambda: heard.phases[-1] is StreamPhase.SIGN_IN, 20)
        assert heard.states == [SignInState.ENDED]
        await heard.sign_in()
        await heard.still_streams()
        assert await logins(sandbox) == logged_in + 1


# --------------------------------------------------------------------------------------------- killed


@pytest.mark.skipif(sys.platform == "win32", reason="left out: there is no fork on Windows")
@pytest.mark.parametrize(
    ("kills", "random_kills"),
    [(50, 25), pytest.param(1000, 1000, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])],
)
async def test_killed_between_answer_and_save_it_has_a_usable_token(
    sandbox: RunningSandbox, tmp_path: Path, kills: int, random_kills: int
) -> None:
    async with client_of(sandbox, tmp_path) as client:
        await client.control.post("/sandbox/faults", json=[{"refresh": "rotate"}])
    await asyncio.to_thread(sandbox.faults, [{"refresh": "rotate"}])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.killed_renewals", sandbox.base_url, tmp_path, str(kills), str(random_kills)),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    counted = json.loads(output)
    await asyncio.to_thread(sandbox.faults, [{"refresh": "keep"}])
    assert counted["lost"] == 0
    assert counted["kills"] == kills + random_kills
    # Kills on either side of the moment in which the new token takes the old one's place.
    assert counted["old"] > kills // 10
    assert counted["new"] > kills // 10

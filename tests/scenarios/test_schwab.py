"""The Schwab adapter against the sandbox: signing in, staying signed in, history, and a stream that comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.clock import now_ms
from monitor.errors import SignInNeeded
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.ports import SignInState, StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.rest import SchwabMarketData, market_client
from monitor.schwab.stream import SchwabStream
from monitor.schwab.tokens import Vault
from monitor.schwab.transport import SchwabTransport
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture

DAY_SECONDS = 86_400


@dataclass
class Client:
    """The adapter as the program joins it, and what it announced."""

    sign_in: SchwabSignIn
    history: SchwabMarketData
    stream: SchwabStream
    changes: list[tuple[SignInState, str, int | None]]
    audits: list[str]


@asynccontextmanager
async def client_of(base_url: str, folder: Path) -> AsyncIterator[Client]:
    address, changes, audits = Address.of_sandbox(base_url), [], []
    transport = SchwabTransport(address)
    sign_in = SchwabSignIn(
        address,
        Vault(folder, scrypt_log_n=4),
        transport,
        on_change=lambda *change: changes.append(change),
        on_audit=lambda kind, _sentence: audits.append(kind),
    )
    await sign_in.load("passphrase")
    session = market_client(sign_in, transport)
    yield Client(sign_in, SchwabMarketData(session), SchwabStream(session, sign_in, address), changes, audits)
    await session.close_async_session()
    await sign_in.close()


@pytest.fixture
async def client(sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[Client]:
    async with client_of(sandbox.base_url, tmp_path) as client:
        details = await sandbox_details(sandbox.base_url)
        client.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        address = Address.of_sandbox(sandbox.base_url)
        await sign_in_headless(client.sign_in, address, details.username, details.password)
        yield client


@dataclass
class Listener:
    """Remembers phases and counts the rest."""

    phases: list[StreamPhase] = field(default_factory=list)
    symbols: set[str] = field(default_factory=set)
    books: set[str] = field(default_factory=set)
    rejected: list[str] = field(default_factory=list)

    def hear_quotes(self, changes, sent_ms) -> None:
        self.symbols |= {change.symbol for change in changes}

    def hear_books(self, service, books, sent_ms) -> None:
        self.books |= {book.symbol for book in books}

    def hear_bars(self, bars, sent_ms) -> None: ...

    def hear_gap(self, gap) -> None: ...

    def hear_phase(self, phase, sentence, retry_at_ms) -> None:
        self.phases.append(phase)

    def hear_heartbeat(self, sent_ms) -> None: ...

    def hear_rejected(self, kind, raw, reason) -> None:
        self.rejected.append(reason)

    def has_room(self) -> bool:
        return True


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.01)


async def test_a_sign_in_outlives_the_program(client: Client, sandbox: RunningSandbox, tmp_path: Path) -> None:
    assert client.sign_in.signed_in
    assert client.sign_in.kept_by == "passphrase"
    async with client_of(sandbox.base_url, tmp_path) as later:
        assert later.changes[0][:2] == (SignInState.SIGNED_IN, "Signed in.")
        assert later.sign_in.expires_ms == client.sign_in.expires_ms
        assert [found.symbol for found in await later.history.find_instruments("AAPL")] == ["AAPL"]
    secrets = [client.sign_in.reveal_access_token(), sandbox.client_secret]
    assert not [text for text in secrets if text.encode() in (tmp_path / "tokens.bin").read_bytes()]


async def test_history_comes_in_our_own_types(client: Client) -> None:
    now = now_ms()
    days = (await client.history.bars("AAPL", Interval.DAY, now - 365 * DAY_SECONDS * 1000, now)).bars
    assert len(days) > 200
    assert {(from_ms(day.start).hour, day.interval) for day in days} == {(0, Interval.DAY)}
    end = days[-1].start
    minutes = (await client.history.bars("AAPL", Interval.M1, end - 12 * DAY_SECONDS * 1000, end)).bars
    starts = [bar.start for bar in minutes]
    assert starts == sorted(set(starts))
    assert end - 12 * DAY_SECONDS * 1000 <= starts[0] < starts[-1] < end
    assert (await client.history.market_hours()).day


async def test_an_ended_access_token_is_renewed_unnoticed(client: Client, sandbox: RunningSandbox) -> None:
    before = client.sign_in.reveal_access_token()
    sandbox.advance(1801)
    found = await asyncio.gather(*(client.history.find_instruments(symbol) for symbol in ("AAPL", "SPY", "MSFT")))
    assert [len(instruments) for instruments in found] == [1, 1, 1]
    assert client.sign_in.reveal_access_token() != before
    assert client.audits.count("renewal") == 1


async def test_after_seven_days_a_person_is_asked_once(client: Client, sandbox: RunningSandbox) -> None:
    sandbox.advance(8 * DAY_SECONDS)
    asked = (client.history.find_instruments("AAPL") for _ in range(3))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {SignInNeeded}
    states = [state for state, _, _ in client.changes]
    assert states == [SignInState.SIGNED_OUT, SignInState.SIGNED_IN, SignInState.ENDED]
    assert "sign in again" in client.changes[-1][1]


@pytest.mark.parametrize("lever", ["drop", "close"])
async def test_a_lost_stream_comes_back_with_everything(client: Client, sandbox: RunningSandbox, lever: str) -> None:
    listener = Listener()
    client.stream.want(Wanted(frozenset({"AAPL", "SPY"}), frozenset({"AAPL"}), frozenset({"AAPL"})))
    running = asyncio.create_task(client.stream.run(listener))
    everything = {"AAPL", "SPY"}, {"AAPL"}
    await until(lambda: (listener.symbols, listener.books) == everything and listener.phases[-1] is StreamPhase.LIVE)
    listener.symbols.clear()
    listener.books.clear()
    assert sandbox.lever(lever) == 1
    await until(
        lambda: (listener.symbols, listener.books) == everything and listener.phases.count(StreamPhase.LIVE) == 2
    )
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert listener.rejected == []

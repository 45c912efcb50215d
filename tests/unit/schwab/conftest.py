"""What the tests of the Schwab adapter share: a clock that is moved by sleeping, and a signed-in Schwab of answers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from monitor.ports import SignInState
from monitor.schwab.address import Address
from monitor.schwab.limit import RequestBudget
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.tokens import Vault
from monitor.schwab.transport import SchwabTransport

KEY = ("app-key-1234567890", "app-secret-123456", "https://127.0.0.1:8182/")
Answer = Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def ms(self) -> int:
        return 1_795_000_000_000 + round(self.now * 1000)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Schwab:
    """Answers requests as a test tells it to, and remembers them; tokens are granted unless told otherwise."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.requests: list[httpx.Request] = []
        self.grants = 0
        self.token_answer: Answer = self.grant
        self.answer: Answer = lambda _request: httpx.Response(200, json={})
        self.transport = SchwabTransport(
            Address(),
            RequestBudget(clock=clock, sleep=clock.sleep),
            httpx.MockTransport(self._handle),
            clock=clock,
            sleep=clock.sleep,
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return (self.token_answer if request.url.path == "/v1/oauth/token" else self.answer)(request)

    def grant(self, _request: httpx.Request) -> httpx.Response:
        self.grants += 1
        tokens = {"access_token": f"I0.access-{self.grants}@", "refresh_token": f"refresh-token-{self.grants}@"}
        return httpx.Response(200, json={"expires_in": 1800, "token_type": "Bearer", "scope": "api", **tokens})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def schwab(clock: FakeClock) -> Schwab:
    return Schwab(clock)


class Heard:
    """Collects what a sign-in announces."""

    def __init__(self) -> None:
        self.changes: list[tuple[SignInState, str, int | None]] = []
        self.audits: list[tuple[str, str]] = []

    def change(self, state: SignInState, sentence: str, expires_ms: int | None) -> None:
        self.changes.append((state, sentence, expires_ms))

    def audit(self, kind: str, sentence: str) -> None:
        self.audits.append((kind, sentence))


@pytest.fixture
def heard() -> Heard:
    return Heard()


def middle(low: float, high: float) -> float:
    """A jitter that is none."""
    return (low + high) / 2


def make_sign_in(
    schwab: Schwab, heard: Heard, folder: Path | None = None, jitter: Callable[[float, float], float] = middle
) -> SchwabSignIn:
    """A configured sign-in; with a folder it keeps its tokens there under the passphrase of ``load``."""
    sign_in = SchwabSignIn(
        Address(),
        Vault(folder, scrypt_log_n=4),
        schwab.transport,
        on_change=heard.change,
        on_audit=heard.audit,
        now_ms=schwab.clock.ms,
        clock=schwab.clock,
        sleep=schwab.clock.sleep,
        jitter=jitter,
    )
    sign_in.configure(*KEY)
    return sign_in


@pytest.fixture
def sign_in(schwab: Schwab, heard: Heard) -> SchwabSignIn:
    made = make_sign_in(schwab, heard)
    heard.audits.clear()  # of its developer key
    return made


def redirect_of(authorize_url: str, code: str = "C0.the-code%40", **changes: str) -> str:
    """Where the browser ends after a login at ``authorize_url``."""
    state = changes.get("state", httpx.URL(authorize_url).params["state"])
    return f"{KEY[2]}?code={code}&session=1b2c&state={state}"


@pytest.fixture
async def signed_in(sign_in: SchwabSignIn) -> SchwabSignIn:
    await sign_in.finish(redirect_of(sign_in.begin()))
    return sign_in

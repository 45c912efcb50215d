"""What the tests of data on request share: real captures, and a Schwab that answers with them."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.rest import SchwabMarketData, market_client
from tests.unit.schwab.conftest import Schwab

Answering = Callable[..., None]


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "schwab/samples/rest"


@pytest.fixture
def market_data(schwab: Schwab, signed_in: SchwabSignIn) -> SchwabMarketData:
    schwab.requests.clear()  # of the sign-in
    return SchwabMarketData(market_client(signed_in, schwab.transport), lambda: 1_791_417_600_000)


@pytest.fixture
def answer_with(schwab: Schwab) -> Answering:
    """Have Schwab answer with these bodies in turn, and with the last one from then on."""

    def answer(*bodies: bytes) -> None:
        left = list(bodies)
        schwab.answer = lambda _request: httpx.Response(200, content=left.pop(0) if len(left) > 1 else left[0])

    return answer

"""The sandbox in the test's own loop, over a market that stands still."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from monitor.sandbox.server import Sandbox
from tests.support.exchange import StillExchange
from tests.support.visitor import Line, Visitor, streamer_url


@pytest.fixture
def exchange() -> StillExchange:
    return StillExchange()


@pytest.fixture
def house(exchange: StillExchange) -> Sandbox:
    """The sandbox that ``visitor`` and ``line`` use; a test module may override it."""
    return Sandbox(exchange=exchange)


@pytest.fixture
async def visitor(house: Sandbox) -> AsyncIterator[Visitor]:
    async with house.listening() as base_url:
        guest = Visitor(house, base_url)
        async with guest.http:
            yield guest


@pytest.fixture
async def guest(visitor: Visitor) -> Visitor:
    """A visitor who has signed in."""
    await visitor.sign_in()
    return visitor


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def line(guest: Visitor, session: aiohttp.ClientSession) -> AsyncIterator[Line]:
    """A streamer connection that has not logged in yet."""
    async with session.ws_connect(streamer_url(guest)) as socket:
        yield Line(socket, guest.access)

"""The token on every request, and one renewal for a refused one."""

import httpx
import pytest

from monitor.errors import SignInNeeded
from monitor.schwab.auth import TokenAuth

URL = "https://api.schwabapi.com/marketdata/v1/quotes"


def session_of(schwab, sign_in):
    return httpx.AsyncClient(transport=schwab.transport, auth=TokenAuth(sign_in))


async def test_every_request_carries_the_token(schwab, signed_in):
    await session_of(schwab, signed_in).get(URL)
    assert schwab.requests[-1].headers["authorization"] == "Bearer I0.access-1@"


async def test_a_refused_token_is_renewed_once(schwab, signed_in):
    accepted = "Bearer I0.access-2@"
    schwab.answer = lambda request: httpx.Response(200 if request.headers["authorization"] == accepted else 401)
    assert (await session_of(schwab, signed_in).get(URL)).status_code == 200
    assert schwab.grants == 2


async def test_a_second_refusal_stands(schwab, signed_in):
    schwab.answer = lambda _request: httpx.Response(401)
    assert (await session_of(schwab, signed_in).get(URL)).status_code == 401
    assert schwab.grants == 2
    assert len(schwab.requests) == 4


async def test_signed_out_nothing_is_sent(schwab, sign_in):
    with pytest.raises(SignInNeeded):
        await session_of(schwab, sign_in).get(URL)
    assert not schwab.requests


async def test_what_a_new_token_does_not_help_is_not_renewed_for_again(schwab, signed_in):
    schwab.answer = lambda _request: httpx.Response(401)
    session = session_of(schwab, signed_in)
    for _ in range(5):
        assert (await session.get(URL)).status_code == 401
    assert schwab.grants == 2
    schwab.answer = lambda _request: httpx.Response(200)
    await session.get(URL)
    schwab.answer = lambda _request: httpx.Response(401)
    await session.get(URL)
    assert schwab.grants == 3

"""The sandbox is Schwab to unmodified schwab-py: only the address of its requests is changed, below the library."""

import asyncio
import gc
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.sandbox import RunningSandbox

pytestmark = [
    pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:authlib"),
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
PATIENCE = 60


@pytest.fixture(autouse=True)
def address(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests for api.schwabapi.com arrive at the sandbox; nothing else about them changes."""
    here = httpx.URL(sandbox.base_url)

    def moved(request: httpx.Request) -> httpx.Request:
        if request.url.host == "api.schwabapi.com":
            request.url = request.url.copy_with(scheme=here.scheme, host=here.host, port=here.port)
        return request

    send, send_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda t, r: send(t, moved(r)))
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", lambda t, r: send_async(t, moved(r)))


@pytest.fixture(scope="module")
def signed_in(sandbox: RunningSandbox) -> dict[str, Any]:
    """A token as schwab-py keeps it in its file."""
    token = sandbox.token()
    return {"creation_timestamp": int(time.time()), "token": token | {"expires_at": time.time() + 1800}}


@pytest.fixture
def client(sandbox: RunningSandbox, signed_in: dict[str, Any]) -> Iterator[Any]:
    from schwab.auth import client_from_access_functions

    made = client_from_access_functions(
        sandbox.client_id, sandbox.client_secret, lambda: signed_in, lambda *_, **__: None
    )
    yield made
    made.session.close()


# The library leaves the session open with which it fetched the token.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_sign_in_through_the_received_url(sandbox: RunningSandbox) -> None:
    from schwab.auth import client_from_received_url, get_auth_context

    context = get_auth_context(sandbox.client_id, sandbox.callback_url)
    received = sandbox.log_in(context.authorization_url)
    kept: list[dict[str, Any]] = []
    client = client_from_received_url(
        sandbox.client_id, sandbox.client_secret, context, received, lambda token, *_, **__: kept.append(token)
    )
    with client.session:
        assert client.get_quote("AAPL").raise_for_status().json()["AAPL"]["symbol"] == "AAPL"
    assert kept[0]["token"]["expires_in"] == 1800
    gc.collect()


def test_an_expired_token_is_refreshed_on_the_way(sandbox: RunningSandbox, tmp_path: Path) -> None:
    from schwab.auth import client_from_token_file

    file = tmp_path / "token.json"
    old = sandbox.token() | {"expires_at": time.time() - 1, "access_token": "I0.too-old@"}
    file.write_text(json.dumps({"creation_timestamp": int(time.time()), "token": old}))
    client = client_from_token_file(str(file), sandbox.client_id, sandbox.client_secret)
    with client.session:
        assert client.get_quote("SPY").status_code == 200
    assert json.loads(file.read_text())["token"]["access_token"] != "I0.too-old@"


def test_a_dead_refresh_token_raises_what_schwab_py_users_know(sandbox: RunningSandbox) -> None:
    from authlib.integrations.base_client.errors import OAuthError
    from schwab.auth import client_from_access_functions

    dead = sandbox.token() | {"expires_at": 0, "refresh_token": "gone@"}
    kept = {"creation_timestamp": int(time.time()), "token": dead}
    client = client_from_access_functions(sandbox.client_id, sandbox.client_secret, lambda: kept, lambda *_, **__: None)
    with client.session, pytest.raises(OAuthError, match="unsupported_token_type"):
        client.get_quote("SPY")


def test_quotes_and_instruments(client: Any) -> None:
    kinds = client.Quote.Fields
    quotes = client.get_quotes(["AAPL", "SPY", "$SPX", "NOSUCH"], fields=[kinds.QUOTE, kinds.REFERENCE]).json()
    assert set(quotes) == {"AAPL", "SPY", "$SPX", "errors"}
    assert quotes["AAPL"]["quote"]["bidPrice"] <= quotes["AAPL"]["quote"]["askPrice"]
    projection = client.Instrument.Projection
    found = client.get_instruments(["AAPL"], projection.FUNDAMENTAL).json()["instruments"]
    assert found[0]["fundamental"]["symbol"] == "AAPL"
    assert client.get_instrument_by_cusip(found[0]["cusip"]).json()["instruments"][0]["symbol"] == "AAPL"


def test_history_at_every_frequency(client: Any) -> None:
    asks = ("minute", "five_minutes", "ten_minutes", "fifteen_minutes", "thirty_minutes", "day", "week")
    now = datetime.now(UTC)
    for ask in asks:
        fetch = getattr(client, f"get_price_history_every_{ask}")
        answer = fetch("AAPL", start_datetime=now - timedelta(days=20), end_datetime=now, need_previous_close=True)
        candles = answer.raise_for_status().json()["candles"]
        starts = [candle["datetime"] for candle in candles]
        assert starts, ask
        assert starts == sorted(set(starts)), ask


def test_chains_hours_movers_and_preferences(client: Any) -> None:
    chain = client.get_option_chain("AAPL", contract_type=client.Options.ContractType.CALL, strike_count=4).json()
    assert chain["status"] == "SUCCESS"
    assert chain["numberOfContracts"] > 0
    assert client.get_option_chain("$SPX").status_code == 502
    assert client.get_option_expiration_chain("AAPL").json()["expirationList"]
    hours = client.get_market_hours(list(client.MarketHours.Market)).json()
    assert set(hours) == {"equity", "option", "bond", "future", "forex"}
    movers = client.get_movers(client.Movers.Index.SPX, sort_order=client.Movers.SortOrder.PERCENT_CHANGE_UP).json()
    assert len(movers["screeners"]) == 10
    assert client.get_user_preferences().json()["streamerInfo"][0]["streamerSocketUrl"].startswith("ws://")


async def test_a_whole_streaming_session(sandbox: RunningSandbox, signed_in: dict[str, Any]) -> None:
    from schwab.auth import client_from_access_functions
    from schwab.streaming import StreamClient

    client = client_from_access_functions(
        sandbox.client_id, sandbox.client_secret, lambda: signed_in, lambda *_, **__: None, asyncio=True
    )
    stream, seen = StreamClient(client), {}
    for kind in ("level_one_equity", "chart_equity", "nasdaq_book", "nyse_book"):
        seen[kind] = []
        getattr(stream, f"add_{kind}_handler")(lambda message, kind=kind: seen[kind].extend(message["content"]))
    async with asyncio.timeout(PATIENCE), client.session:
        await stream.login()
        await stream.level_one_equity_subs(["AAPL", "SPY"])
        await stream.level_one_equity_add(["$SPX"])
        await stream.chart_equity_subs(["AAPL"])
        await stream.nasdaq_book_subs(["AAPL"])
        await stream.nyse_book_subs(["F"])
        while not (all(seen.values()) and len(seen["level_one_equity"]) > 6):
            await stream.handle_message()
        await stream.level_one_equity_unsubs(["SPY"])
        await stream.nasdaq_book_unsubs(["AAPL"])
        await stream.logout()
    first = seen["level_one_equity"][0]
    assert {"key", "delayed", "BID_PRICE", "ASK_PRICE", "TOTAL_VOLUME"} <= set(first)
    assert {"$SPX", "AAPL", "SPY"} == {item["key"] for item in seen["level_one_equity"]}
    assert seen["chart_equity"][0]["OPEN_PRICE"] > 0
    assert seen["nasdaq_book"][0]["BIDS"][0]["BID_PRICE"] < seen["nasdaq_book"][0]["ASKS"][0]["ASK_PRICE"]

"""The sandbox is Schwab to unmodified schwabdev: only the address of its requests is changed, below the library."""

import json
import queue
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.support.sandbox import RunningSandbox

SCHWAB = "https://api.schwabapi.com"
PATIENCE = 60
#: schwabdev refuses a callback that ends in a slash, so it uses the sandbox's second one.
CALLBACK = "https://127.0.0.1"


@pytest.fixture(autouse=True)
def address(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests for api.schwabapi.com arrive at the sandbox; nothing else about them changes."""
    send = requests.Session.request

    def moved(session: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
        return send(session, method, url.replace(SCHWAB, sandbox.base_url), **more)

    monkeypatch.setattr(requests.Session, "request", moved)


@pytest.fixture
def client(sandbox: RunningSandbox, tmp_path: Path) -> Iterator[Any]:
    import schwabdev

    def authorize(url: str) -> str:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return sandbox.log_in(**asked)

    database = str(tmp_path / "tokens.db")
    made = schwabdev.Client(
        sandbox.client_id, sandbox.client_secret, CALLBACK, tokens_db=database, call_on_auth=authorize
    )
    yield made
    made.close()
    made.tokens._close()


def test_sign_in_and_refresh(client: Any) -> None:
    first = client.tokens.access_token
    assert client.update_tokens(force_access_token=True)
    assert client.tokens.access_token != first
    assert client.quote("AAPL").ok


def test_every_market_data_call(client: Any) -> None:
    now = datetime.now(UTC)
    history = client.price_history(
        "AAPL", "day", frequencyType="minute", frequency=5, startDate=now - timedelta(days=5), endDate=now
    )
    cusip = client.instruments("SPY", "symbol-search").json()["instruments"][0]["cusip"]
    answers = {
        "quotes": client.quotes(["AAPL", "$SPX"], fields="quote"),
        "quote": client.quote("SPY"),
        "option_chains": client.option_chains("AAPL", contractType="PUT", strikeCount=3, includeUnderlyingQuote=True),
        "expirations": client.option_expiration_chain("AAPL"),
        "history": history,
        "movers": client.movers("$DJI", sort="VOLUME", frequency=0),
        "hours": client.market_hours(["equity", "option"]),
        "hour": client.market_hour("equity", date=now + timedelta(days=2)),
        "cusip": client.instrument_cusip(cusip),
        "preferences": client.preferences(),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert answers["history"].json()["candles"]
    assert answers["option_chains"].json()["underlying"]["symbol"] == "AAPL"
    assert answers["cusip"].json()["instruments"][0]["symbol"] == "SPY"


def test_an_unknown_symbol_is_told_as_schwab_does(client: Any) -> None:
    assert client.quote("NOSUCH").status_code == 404
    assert client.quotes("NOSUCH").json() == {"errors": {"invalidSymbols": ["NOSUCH"]}}


def test_a_whole_streaming_session(client: Any) -> None:
    import schwabdev

    frames: queue.Queue[dict[str, Any]] = queue.Queue()
    stream = schwabdev.Stream(client)
    stream.send(stream.level_one_equities("AAPL,SPY", "0,1,2,3,8"))
    stream.start(lambda text: frames.put(json.loads(text)))
    try:
        stream.send(stream.nasdaq_book("AAPL", "0,1,2,3"))
        stream.send(stream.nyse_book("F", "0,1,2,3"))
        stream.send(stream.chart_equity("AAPL", "0,1,2,3,4,5,6,7,8"))
        answers, services = [], set()
        while not (len(answers) >= 5 and len(services) == 4):
            frame = frames.get(timeout=PATIENCE)
            answers += [(r["service"], r["command"], r["content"]["code"]) for r in frame.get("response", [])]
            services |= {part["service"] for part in frame.get("data", [])}
        stream.send(stream.level_one_equities("SPY", "", command="UNSUBS"))
        while "response" not in (frame := frames.get(timeout=PATIENCE)):
            continue
        assert frame["response"][0]["content"] == {"code": 0, "msg": "UNSUBS command succeeded"}
    finally:
        stream.stop()
    assert answers[0] == ("ADMIN", "LOGIN", 0)
    assert {code for *_, code in answers} == {0}
    assert services == {"LEVELONE_EQUITIES", "NASDAQ_BOOK", "NYSE_BOOK", "CHART_EQUITY"}

"""What of schwab-py's insides is relied on: a new release that changes any of it fails here first."""

import inspect
import logging

import httpx

from monitor.schwab import answers
from monitor.schwab.connection import Connection
from monitor.schwab.library import CurrentToken, MarketClient
from monitor.schwab.library import StreamClient as Original


def test_the_methods_we_override_exist_with_these_parameters():
    for name, parameters in {
        "_init_from_preferences": ["self", "prefs", "websocket_connect_args"],
        "_send": ["self", "obj"],
        "_await_response": ["self", "request_id", "service", "command"],
    }.items():
        assert list(inspect.signature(getattr(Original, name)).parameters) == parameters
        assert list(inspect.signature(getattr(Connection, name)).parameters) == parameters


def test_the_methods_we_call_exist_with_these_parameters():
    operation = inspect.signature(Original._service_op).parameters
    assert list(operation) == ["self", "symbols", "service", "command", "field_type", "fields"]
    assert list(inspect.signature(Original.login).parameters) == ["self", "websocket_connect_args"]
    assert list(inspect.signature(Original.logout).parameters) == ["self"]


def test_login_sends_and_awaits_through_what_we_override():
    source = inspect.getsource(Original.login)
    for used in (
        "get_user_preferences",
        "_init_from_preferences",
        "token_metadata.token['access_token']",
        "_send",
        "_await_response",
    ):
        assert used in source
    source = inspect.getsource(Original._make_request)
    for used in ("_stream_customer_id", "_stream_correl_id", "str(request_id)"):
        assert used in source


def test_fields_are_asked_for_in_full():
    assert sorted(f.value for f in Original.LevelOneEquityFields) == list(range(52))
    assert sorted(f.value for f in Original.BookFields) == [0, 1, 2, 3]
    assert sorted(f.value for f in Original.ChartEquityFields) == list(range(9))


async def test_the_client_takes_our_session_and_logs_no_answer(caplog):
    caplog.set_level(logging.DEBUG, logger="schwab.client.base")
    account = httpx.MockTransport(lambda _request: httpx.Response(200, json={"accountNumber": "987654"}))
    client = MarketClient(httpx.AsyncClient(transport=account), CurrentToken(lambda: "token-text"), answers.check)
    assert (await client.get_user_preferences()).json() == {"accountNumber": "987654"}
    assert client.token_metadata.token == {"access_token": "token-text"}
    assert "987654" not in caplog.text


def test_the_libraries_debug_lines_are_off():
    for name in ("schwab.streaming", "httpx", "httpcore.connection", "websockets.client"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)

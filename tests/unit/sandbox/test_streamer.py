"""The streamer over a market that stands still, with its long times made short."""

import json

import aiohttp
import pytest

from monitor.sandbox import feed
from monitor.sandbox.faults import Fault, Faults
from monitor.sandbox.server import Sandbox
from monitor.sandbox.streamer import Timing
from tests.support.exchange import NOW, StillExchange
from tests.support.visitor import Line, Visitor, streamer_url

LEVEL_ONE = {"keys": "AAPL", "fields": "0,1,2,3,8"}
ALL_CHART = {"keys": "AAPL,NOPE", "fields": "0,1,2,3,4,5,6,7,8"}


async def test_a_session_begins_as_captured(line: Line) -> None:
    assert (await line.log_in())["code"] == 0
    assert await line.ask("LEVELONE_EQUITIES", "SUBS", **LEVEL_ONE) == {"code": 0, "msg": "SUBS command succeeded"}
    await line.next("data")
    assert line.texts[-1].startswith('{"data":[{"service":"LEVELONE_EQUITIES", "timestamp":')
    head = {"key": "AAPL", "delayed": False, "assetMainType": "EQUITY", "assetSubType": "COE", "cusip": "037833100"}
    assert line.texts[-1].endswith(
        f'"content":[{json.dumps(head, separators=(",", ":"))[:-1]},"1":214,"2":214.02,"3":214.01,"8":69783235}}]}}]}}'
    )


async def test_the_first_heartbeat_follows_the_login_at_once(line: Line) -> None:
    await line.log_in()
    beat = await line.next("notify")
    assert beat["heartbeat"].isdigit()


async def test_request_ids_come_back_as_text_and_the_correl_id_as_sent(line: Line) -> None:
    await line.send("ADMIN", "LOGIN", 17, Authorization=line.token)
    answer = await line.next("response")
    assert (answer["requestid"], answer["SchwabClientCorrelId"]) == ("17", "c-1")
    assert "SchwabClientCustomerId" not in answer


async def test_a_bare_request_is_understood(line: Line) -> None:
    bare = {"service": "ADMIN", "command": "LOGIN", "requestid": 1, "parameters": {"Authorization": line.token}}
    await line.socket.send_str(json.dumps(bare))
    assert (await line.next("response"))["content"]["code"] == 0


async def test_later_items_hold_only_what_changed(line: Line, exchange: StillExchange) -> None:
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", **LEVEL_ONE)
    await line.next("data")
    exchange.moves = {"1": 215.0, "3": 214.5, "10": 216.0}
    assert (await line.next("data"))["content"] == [{"key": "AAPL", "1": 215, "3": 214.5}]
    exchange.moves["8"] = 70_000_000
    assert (await line.next("data"))["content"] == [{"key": "AAPL", "8": 70_000_000}]


async def test_many_keys_come_in_one_frame_and_unknown_ones_in_none(line: Line) -> None:
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,NOPE,SPY,$SPX", fields="0,3")
    content = (await line.next("data"))["content"]
    assert [item["key"] for item in content] == ["AAPL", "SPY", "$SPX"]


async def test_subs_replaces_add_adds_and_unsubs_ends(line: Line, exchange: StillExchange) -> None:
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", **LEVEL_ONE)
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="SPY", fields="0,1")
    await line.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1")
    await line.ask("LEVELONE_EQUITIES", "UNSUBS", keys="SPY")
    exchange.moves = {"1": 215.0}
    assert await _delta(line) == [{"key": "F", "1": 215}]


async def test_view_changes_the_fields_of_every_key(line: Line) -> None:
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields="0,1")
    await line.ask("LEVELONE_EQUITIES", "VIEW", fields="0,17")
    assert await _delta(line) == [{"key": "AAPL", "17": 213.25}]


async def test_books_are_whole_images_of_their_own_service(line: Line, exchange: StillExchange) -> None:
    await line.log_in()
    await line.ask("NASDAQ_BOOK", "SUBS", keys="AAPL,F,NOPE", fields="0,1,2,3")
    first = await line.next("data")
    assert [item["key"] for item in first["content"]] == ["AAPL"]
    exchange.moves = {"1": 214.01}
    second = (await line.next("data"))["content"][0]
    assert (second["2"][0]["0"], second["3"][0]["0"]) == (214.01, 214.02)


async def test_the_last_bar_comes_at_once_and_the_next_after_its_minute(line: Line, exchange: StillExchange) -> None:
    await line.log_in()
    await line.ask("CHART_EQUITY", "SUBS", **ALL_CHART)
    last = (await line.next("data"))["content"][0]
    assert (last["1"], last["7"], last["8"], last["seq"]) == (209, NOW - 90_000, 20733, 0)
    exchange.now = NOW + 32_600
    new = (await line.next("data"))["content"][0]
    assert (new["1"], new["7"], new["2"], new["seq"]) == (210, NOW - 30_000, 214, 1)


async def test_a_token_that_is_no_good_is_denied_and_closed(line: Line) -> None:
    line.token = "I0.nonsense@"
    assert await line.log_in() == {"code": 3, "msg": "Login Denied.: token is invalid or has expired."}
    assert await line.until_closed() == []


@pytest.mark.parametrize(
    ("service", "command", "parameters", "code"),
    [
        ("TIMESALE_EQUITY", "SUBS", LEVEL_ONE, 11),
        ("LEVELONE_EQUITIES", "STARE", LEVEL_ONE, 21),
        ("LEVELONE_EQUITIES", "SUBS", {"keys": "", "fields": "0,1"}, 21),
        ("LEVELONE_EQUITIES", "ADD", {"keys": "AAPL"}, 21),
    ],
)
async def test_commands_that_cannot_be_obeyed_say_so(
    line: Line, service: str, command: str, parameters: dict[str, str], code: int
) -> None:
    await line.log_in()
    assert (await line.ask(service, command, **parameters))["code"] == code


async def test_commands_before_the_login_and_garbage_get_codes(line: Line) -> None:
    assert (await line.ask("LEVELONE_EQUITIES", "SUBS", **LEVEL_ONE))["code"] == 20
    await line.socket.send_str("{oops")
    assert (await line.next("response"))["content"]["code"] == 21


async def test_too_many_symbols_are_answered_twice_and_the_first_are_kept(line: Line) -> None:
    await line.log_in()
    keys = ",".join(["AAPL", *(f"X{n}" for n in range(344))])
    await line.send("CHART_EQUITY", "ADD", 9, keys=keys, fields="0,1,2,3,4,5,6,7,8")
    answers = [await line.next("response") for _ in range(2)]
    assert [a["content"]["code"] for a in answers] == [19, 24]
    text = "You've reached the maximum number of symbols allowed.  (CHART_EQUITY=300, DISCARDED=45)"
    assert answers[0]["content"]["msg"] == text
    assert {a["requestid"] for a in answers} == {"9"}
    assert (await line.next("data"))["content"][0]["key"] == "AAPL"


async def test_logout_is_answered_and_closes(line: Line) -> None:
    await line.log_in()
    assert await line.ask("ADMIN", "LOGOUT") == {"code": 0, "msg": "SUCCESS"}
    assert not [frame for frame in await line.until_closed() if "response" in frame]


async def _delta(line: Line) -> list[dict]:
    """The items of the next frame that is no snapshot."""
    while "delayed" in (content := (await line.next("data"))["content"])[0]:
        continue
    return content


class TestWithoutSubscriptions:
    @pytest.fixture
    def house(self, exchange: StillExchange) -> Sandbox:
        return Sandbox(exchange=exchange, timing=Timing(0.01, 0.05, 0.2))

    async def test_heartbeats_go_on_until_code_30_ends_it(self, line: Line) -> None:
        await line.log_in()
        rest = await line.until_closed()
        stop = rest[-1]["notify"][0]
        assert stop["content"] == {"code": 30, "msg": "Stop streaming due to empty subscription"}
        assert len(rest) >= 3

    async def test_the_last_unsubs_starts_the_wait_anew(self, line: Line) -> None:
        await line.log_in()
        await line.ask("CHART_EQUITY", "SUBS", **ALL_CHART)
        await line.ask("CHART_EQUITY", "UNSUBS", keys="AAPL,NOPE")
        assert (await line.until_closed())[-1]["notify"][0]["content"]["code"] == 30


class TestSecondLogin:
    async def test_severs_the_first(self, line: Line, guest: Visitor, session: aiohttp.ClientSession) -> None:
        await line.log_in()
        async with session.ws_connect(streamer_url(guest)) as socket:
            assert (await Line(socket, guest.access).log_in())["code"] == 0
            assert (await line.until_closed())[-1]["notify"][0]["content"]["code"] == 12


class TestSecondLoginRefused:
    @pytest.fixture
    def house(self, exchange: StillExchange) -> Sandbox:
        return Sandbox(exchange=exchange, faults=Faults([Fault(second_login="refuse")]))

    async def test_the_first_goes_on(self, line: Line, guest: Visitor, session: aiohttp.ClientSession) -> None:
        await line.log_in()
        async with session.ws_connect(streamer_url(guest)) as socket:
            second = Line(socket, guest.access)
            assert (await second.log_in())["code"] == 12
            await second.until_closed()
        assert (await line.ask("CHART_EQUITY", "SUBS", **ALL_CHART))["code"] == 0


class TestFaults:
    @pytest.mark.parametrize(("lever", "code"), [("drop", 1006), ("close", 1000)])
    async def test_a_connection_ends_with_or_without_a_close_frame(
        self, line: Line, guest: Visitor, lever: str, code: int
    ) -> None:
        await line.log_in()
        answer = await guest.http.post(f"/sandbox/{lever}")
        assert answer.json() == {"connections": 1}
        await line.until_closed()
        assert line.socket.close_code == code

    async def test_silence_stops_even_answers(self, line: Line, guest: Visitor) -> None:
        await line.log_in()
        await guest.http.post("/sandbox/silence")
        await line.send("CHART_EQUITY", "SUBS", **ALL_CHART)
        await guest.http.post("/sandbox/drop")
        assert [f for f in await line.until_closed() if "response" in f] == []


class TestFaultOfTheFile:
    @pytest.fixture
    def house(self, exchange: StillExchange) -> Sandbox:
        return Sandbox(exchange=exchange, faults=Faults([Fault(stream="drop", after_seconds=0.05)]))

    async def test_meets_the_first_login_only(self, line: Line, guest: Visitor, session: aiohttp.ClientSession) -> None:
        await line.log_in()
        await line.until_closed()
        async with session.ws_connect(streamer_url(guest)) as socket:
            second = Line(socket, guest.access)
            await second.log_in()
            assert (await second.ask("CHART_EQUITY", "SUBS", **ALL_CHART))["code"] == 0


async def test_the_status_counts_what_was_sent(line: Line, guest: Visitor) -> None:
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,SPY", fields="0,12")
    await line.next("data")
    status = (await guest.http.get("/sandbox/status")).json()
    assert status["sent"] == {"LEVELONE_EQUITIES": {"items": 2, "frames": 1}}
    assert status["connections"] == 1


def test_the_delay_of_bars_is_within_what_was_seen() -> None:
    assert 2000 <= feed.CHART_DELAY_MS <= 3000

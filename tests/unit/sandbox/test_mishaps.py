"""What befalls a streamer connection on purpose, as its client meets it."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from monitor.sandbox.server import Sandbox
from monitor.sandbox.streamer import Timing
from tests.support.exchange import StillExchange
from tests.support.visitor import Line, Visitor, streamer_url

LEVEL_ONE = {"keys": "AAPL,SPY", "fields": "0,1,2,3,8,35"}


@pytest.fixture
def house(exchange: StillExchange) -> Sandbox:
    return Sandbox(exchange=exchange, timing=Timing(0.01, 0.02, 30.0))


@pytest.fixture
async def watching(line: Line) -> Line:
    """A connection that has logged in and has the quotes of two symbols."""
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", **LEVEL_ONE)
    await line.next("data")
    return line


async def befall(guest: Visitor, **fault: Any) -> None:
    assert await guest.control("stream", [fault]) == {"connections": 1}


class TestEnds:
    @pytest.mark.parametrize("code", [1000, 1001, 1006, 1011])
    async def test_a_connection_ends_with_the_code_asked_for(self, code: int, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="close", code=code)
        await watching.until_closed()
        assert watching.socket.close_code == code

    async def test_it_ends_after_so_many_seconds(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="close", code=1011, text="unexpected condition", after_seconds=1.0)
        assert len(await watching.until_closed()) > 1
        assert watching.socket.close_code == 1011

    @pytest.mark.parametrize(("code", "text"), [(30, "Stop streaming due to slow consumption"), (12, "another")])
    async def test_a_notice_severs_it(self, code: int, text: str, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="stop", code=code, text=text)
        last = (await watching.until_closed())[-1]
        assert last["notify"][0]["content"] == {"code": code, "msg": text}

    async def test_half_open_answers_nothing_and_goes_on_later(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="half-open")
        await watching.send("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1")
        answer = asyncio.create_task(watching.next("response"))
        assert not (await asyncio.wait([answer], timeout=0.2))[0]
        await guest.http.delete("/sandbox/faults")
        assert (await answer)["content"]["code"] == 0

    async def test_half_open_reads_on_after_its_seconds(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="half-open", seconds=0.1)
        await watching.send("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1")
        assert (await watching.next("response"))["content"]["code"] == 0

    async def test_silence_ends_after_its_seconds(
        self, watching: Line, guest: Visitor, exchange: StillExchange
    ) -> None:
        await befall(guest, stream="silent", seconds=0.1)
        assert (await watching.next("notify"))["heartbeat"]


class TestLogin:
    @pytest.mark.parametrize("code", [3, 12])
    async def test_is_refused_with_a_code_and_then_accepted(
        self, code: int, line: Line, guest: Visitor, session: aiohttp.ClientSession
    ) -> None:
        await guest.control("faults", [{"stream": "refuse-login", "code": code, "text": "token expired"}])
        assert await line.log_in() == {"code": code, "msg": "token expired"}
        await line.until_closed()
        async with session.ws_connect(streamer_url(guest)) as socket:
            assert (await Line(socket, guest.access).log_in())["code"] == 0

    async def test_is_answered_late(self, line: Line, guest: Visitor) -> None:
        await guest.control("stream", [{"stream": "slow-login", "delay": 0.15}])
        began = asyncio.get_running_loop().time()
        assert (await line.log_in())["code"] == 0
        assert asyncio.get_running_loop().time() - began >= 0.15


class TestAnswers:
    async def test_a_command_gets_none_but_is_obeyed(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="no-answer", command="ADD", count=1)
        await watching.send("LEVELONE_EQUITIES", "ADD", "lost", keys="F", fields="0,1")
        assert (await watching.next("data"))["content"][0]["key"] == "F"
        await watching.send("LEVELONE_EQUITIES", "ADD", "heard", keys="$SPX", fields="0,1")
        assert (await watching.next("response"))["requestid"] == "heard"

    async def test_one_symbol_kills_the_whole_subscription(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="refuse", symbol="F")
        asked = {"keys": "AAPL,F", "fields": "0,1"}
        assert await watching.ask("LEVELONE_EQUITIES", "SUBS", **asked) == {"code": 22, "msg": "SUBS command failed"}
        assert (await watching.ask("LEVELONE_EQUITIES", "ADD", **asked))["code"] == 24
        assert (await watching.ask("LEVELONE_EQUITIES", "ADD", keys="$SPX", fields="0,1"))["code"] == 0

    async def test_one_service_is_refused(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="refuse", service="NASDAQ_BOOK", code=11, text="Not for you.")
        book = {"keys": "AAPL", "fields": "0,1,2,3"}
        assert await watching.ask("NASDAQ_BOOK", "SUBS", **book) == {"code": 11, "msg": "Not for you."}
        assert (await watching.ask("NYSE_BOOK", "SUBS", **book))["code"] == 0

    async def test_success_has_the_codes_of_the_guide(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="success-codes")
        asked = {"keys": "AAPL", "fields": "0,1"}
        codes = [(await watching.ask("NYSE_BOOK", c, **asked))["code"] for c in ("SUBS", "UNSUBS", "ADD", "VIEW")]
        assert codes == [26, 27, 28, 29]

    async def test_limits_are_lower(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="limits", limits={"LEVELONE_EQUITIES": 2})
        answer = await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F,$SPX", fields="0,1")
        assert (answer["code"], "LEVELONE_EQUITIES=2, DISCARDED=2" in answer["msg"]) == (19, True)

    async def test_several_answers_come_in_one_frame_the_last_first(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="mixed-answers", delay=0.1)
        for number in (1, 2, 3):
            await watching.send("LEVELONE_EQUITIES", "ADD", number, keys="F", fields="0,1")
        await watching.next("response")
        assert [answer["requestid"] for answer in watching.frames[-1]["response"]] == ["3", "2", "1"]

    async def test_an_answer_comes_that_nobody_asked_for(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="stray-answer", code=22)
        answer = await watching.next("response")
        assert (answer["requestid"], answer["content"]["code"]) == ("987654321", 22)


class TestItems:
    async def test_a_symbol_is_mute_and_its_neighbour_not(
        self, watching: Line, guest: Visitor, exchange: StillExchange
    ) -> None:
        await befall(guest, stream="mute-symbol", symbol="AAPL")
        exchange.moves = {"1": 1.0}
        await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1")
        keys = {item["key"] for _ in range(2) for item in (await watching.next("data"))["content"]}
        assert keys == {"F", "SPY"}

    async def test_a_service_is_mute_and_another_not(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="mute-service", service="LEVELONE_EQUITIES")
        await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1")
        await watching.ask("NYSE_BOOK", "SUBS", keys="F", fields="0,1,2,3")
        assert (await watching.next("data"))["service"] == "NYSE_BOOK"

    async def test_heartbeats_are_mute_and_data_come(
        self, watching: Line, guest: Visitor, exchange: StillExchange
    ) -> None:
        await befall(guest, stream="mute-heartbeats")
        await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1")
        seen = len(watching.frames)
        exchange.moves = {"1": 7.0}
        while watching.frames[-1].get("data", [{"content": [{}]}])[0]["content"][0].get("1") != 7:
            await watching.read()
        assert not [frame for frame in watching.frames[seen:] if "notify" in frame]

    async def test_frames_come_twice(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="duplicate")
        await watching.ask("NYSE_BOOK", "SUBS", keys="F", fields="0,1,2,3")
        assert await watching.next("data") == await watching.next("data")

    async def test_changes_come_without_the_whole(
        self, watching: Line, guest: Visitor, exchange: StillExchange
    ) -> None:
        await befall(guest, stream="no-snapshot")
        await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1,2")
        exchange.moves = {"1": 7.0}
        items: list[dict[str, Any]] = []
        while "F" not in {item["key"] for item in items}:
            items = (await watching.next("data"))["content"]
        assert {"key": "F", "1": 7} in items

    async def test_one_item_has_the_wrong_types(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="wrong-types", count=1, symbol="F")
        await watching.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,F", fields="0,1,2,8,15")
        good, bad = (await watching.next("data"))["content"]
        assert (good["key"], good["2"], good["8"]) == ("AAPL", 214.02, 69_783_235)
        assert (bad["key"], bad["2"], bad["8"], bad["15"]) == ("F", [214.02], None, {"text": "Ford Motor Co"})

    async def test_items_have_fields_of_tomorrow(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="unknown-field")
        await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1")
        assert (await watching.next("data"))["content"][0]["99"] == 1.5

    async def test_stamps_lie_ahead(self, watching: Line, guest: Visitor, exchange: StillExchange) -> None:
        await befall(guest, stream="future", ahead_seconds=600)
        await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1,35")
        item = (await watching.next("data"))["content"][0]
        assert (item["1"], item["35"]) == (214, exchange.now - 500 + 600_000)


class TestFrames:
    @pytest.mark.parametrize("form", ["text", "truncated", "nan", "endless-number", "surrogate", "nested", "empty"])
    async def test_garbage_comes_and_the_stream_goes_on(self, form: str, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="garbage", form=form)
        while _is_fine((await watching.socket.receive(timeout=60)).data):
            continue
        assert (await watching.next("notify"))["heartbeat"]

    async def test_a_binary_frame_comes(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="garbage", form="binary")
        while (await watching.socket.receive(timeout=60)).type is not aiohttp.WSMsgType.BINARY:
            continue

    async def test_a_frame_is_huge_and_good(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="huge", megabytes=0.5)
        while len((await watching.next("data"))["content"]) < 10:
            continue
        assert len(watching.texts[-1]) >= 1 << 19

    async def test_a_service_is_unknown(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="unknown-service", service="LEVELONE_TULIPS")
        while (await watching.next("data"))["service"] != "LEVELONE_TULIPS":
            continue


class TestTraffic:
    async def test_frames_come_late_and_in_order(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="late", delay=0.1, jitter=0.1, seconds=0.3)
        stamps = [int((await watching.next("notify"))["heartbeat"]) for _ in range(20)]
        assert stamps == sorted(stamps)

    async def test_data_are_shuffled(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="shuffle", delay=0.3)
        for _ in range(4):
            for key in ("F", "AAPL", "SPY", "$SPX"):
                await watching.send("LEVELONE_EQUITIES", "ADD", keys=key, fields="0,1")
        keys = [(await watching.next("data"))["content"][0]["key"] for _ in range(16)]
        assert sorted(keys) == sorted(["F", "AAPL", "SPY", "$SPX"] * 4)
        assert keys != ["F", "AAPL", "SPY", "$SPX"] * 4

    async def test_a_slow_line_carries_whole_frames(self, watching: Line, guest: Visitor) -> None:
        await befall(guest, stream="trickle", bytes_per_second=2_000)
        await watching.socket.ping(b"still there?")
        answer = await watching.ask("LEVELONE_EQUITIES", "ADD", keys="F", fields="0,1,2,3")
        assert answer["code"] == 0
        assert (await watching.next("data"))["content"][0]["key"] == "F"


async def test_only_faults_of_the_streamer_befall_a_connection(guest: Visitor) -> None:
    answer = await guest.http.post("/sandbox/stream", content=b'[{"path": "/"}]')
    assert (answer.status_code, answer.text) == (400, "Only faults of the streamer can befall a connection.")


async def test_the_status_has_each_connection(watching: Line, guest: Visitor) -> None:
    stream = (await guest.http.get("/sandbox/status")).json()["streams"][0]
    assert (stream["number"], stream["items"]) == (1, {"LEVELONE_EQUITIES": 2})


def _is_fine(text: str) -> bool:
    """Whether a strict reader takes a frame."""
    try:
        frame = json.loads(text, parse_constant=float.fromhex)
    except (ValueError, RecursionError):
        return False
    content = frame["data"][0]["content"][0] if "data" in frame else {}
    return "ZZZ9" not in content.get("key", "")

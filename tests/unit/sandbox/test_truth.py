"""The truth log: what it says was sent is what a client was sent."""

import asyncio
import json
from pathlib import Path
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from monitor.errors import Unusable
from monitor.sandbox.faults import Fault
from monitor.sandbox.mishaps.patient import InForce
from monitor.sandbox.mishaps.traffic import Frame, Traffic
from monitor.sandbox.server import Sandbox
from monitor.sandbox.truth import Truth
from tests.support.exchange import StillExchange
from tests.support.ports import until
from tests.support.sandbox import truth
from tests.support.visitor import Line, Visitor

FIELDS = "0,1,2,3,8"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "truth.jsonl"


@pytest.fixture
def house(exchange: StillExchange, log: Path) -> Sandbox:
    return Sandbox(exchange=exchange, truth=Truth.to(log))


async def test_it_holds_every_item_that_came(line: Line, guest: Visitor, log: Path) -> None:
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,SPY", fields=FIELDS)
    await line.next("data")
    await guest.control("stream", [{"stream": "duplicate", "count": 1}])
    await line.ask("NYSE_BOOK", "SUBS", keys="F", fields="0,1,2,3")
    await line.next("data")
    await line.next("data")
    await guest.http.get("/sandbox/status")
    came = [(part["service"], item) for f in line.frames for part in f.get("data", []) for item in part["content"]]
    assert came.pop() == came[-1]  # the duplicate, which is noted as one
    assert [(service, item) for _, service, item in truth(log)] == came


async def test_it_says_how_a_connection_began_and_ended(line: Line, guest: Visitor, log: Path) -> None:
    await line.log_in()
    await guest.control("stream", [{"stream": "garbage"}, {"stream": "close", "code": 1011}])
    while (await line.socket.receive()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        continue
    await until(lambda: b"closed" in log.read_bytes())
    lines = [entry for text in log.read_text().splitlines() if "heartbeat" not in (entry := json.loads(text))]
    assert [set(entry) - {"connection", "at"} for entry in lines] == [
        {"opened"},
        {"injected", "bytes"},
        {"closed", "unsent"},
    ]
    assert lines[-1]["closed"] == "closed with 1011"


async def test_it_says_what_was_owed_from_when_on(line: Line, guest: Visitor, log: Path) -> None:
    await line.log_in()
    await line.next("notify")
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,SPY", fields=FIELDS)
    await line.ask("LEVELONE_EQUITIES", "UNSUBS", keys="SPY")
    await guest.http.get("/sandbox/status")
    lines = [json.loads(text) for text in log.read_text().splitlines()]
    owed = [(entry["command"], entry["keys"]) for entry in lines if "command" in entry]
    assert owed == [("SUBS", ["AAPL", "SPY"]), ("UNSUBS", ["SPY"])]
    beats = [entry["heartbeat"] for entry in lines if "heartbeat" in entry]
    assert beats[0] <= lines[-1]["market"]


async def test_a_frame_that_is_written_counts_although_its_sender_is_stopped() -> None:
    class Full:
        """A socket that takes a frame and then waits for room."""

        async def send_frame(self, _payload: bytes, _kind: aiohttp.WSMsgType) -> None:
            await asyncio.Event().wait()

    told: list[bool] = []
    traffic = Traffic(cast("web.Request", None), cast("web.WebSocketResponse", Full()), InForce())
    sending = asyncio.create_task(traffic.send(Frame(b"{}", aiohttp.WSMsgType.TEXT, told.append, is_data=True)))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert told == [True]


async def test_a_frame_whose_last_drop_has_left_counts_although_its_sender_is_stopped() -> None:
    class Slow:
        """A line on which everything is lost right after the last byte of the first frame."""

        received = b""

        def is_closing(self) -> bool:
            return False

        def write(self, drop: bytes) -> None:
            self.received += drop
            if self.received.endswith(payload):
                asyncio.get_running_loop().call_soon(sending.cancel)

    class Request:
        transport = Slow()

    payload, told, faults = b"x" * 50, list[bool](), InForce()
    faults.begin(Fault(stream="trickle", bytes_per_second=1000))
    traffic = Traffic(cast("web.Request", Request), cast("web.WebSocketResponse", None), faults)
    sending = asyncio.create_task(traffic.send(Frame(payload, aiohttp.WSMsgType.TEXT, told.append, is_data=True)))
    await asyncio.gather(sending, return_exceptions=True)
    assert told == [True]


async def test_what_was_withheld_is_not_in_it(line: Line, guest: Visitor, log: Path) -> None:
    await line.log_in()
    await guest.control("stream", [{"stream": "mute-symbol", "symbol": "AAPL"}])
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,SPY", fields=FIELDS)
    await line.next("data")
    await guest.control("stream", [{"stream": "silent"}])
    await line.send("NYSE_BOOK", "SUBS", keys="F", fields="0,1,2,3")
    await guest.http.get("/sandbox/status")
    assert [item["key"] for _, _, item in truth(log)] == ["SPY"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="truth log"):
        Truth.to(tmp_path / "nowhere" / "truth.jsonl")

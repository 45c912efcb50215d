"""Replays: the recorded text goes out untouched, filtered only where less was asked for."""

import gzip
import json
from pathlib import Path

import aiohttp
import pytest

from monitor.errors import Unusable
from monitor.sandbox import replay as replaying
from monitor.sandbox.replay import Replay
from monitor.sandbox.server import Sandbox
from monitor.sandbox.tape import Tape
from tests.support.visitor import Line, Visitor, streamer_url

STAMP = 1_747_834_200_000
SNAPSHOT = (
    '{"key":"AAPL","delayed":false,"assetMainType":"EQUITY","assetSubType":"COE","cusip":"037833100",'
    '"13":"Q","15":"APPLE INC","25":"NASDAQ","1":585.0,"2":585.94}'
)
CHART = '{"seq":1,"key":"AAPL","1":1,"2":585.7,"3":585.9,"4":585.3,"5":585.6,"6":16390.0,"7":1747834200000,"8":20229}'
FRAMES = [
    ("LEVELONE_EQUITIES", 4, SNAPSHOT + ',{"key":"MSFT","1":1E2}'),
    ("NASDAQ_BOOK", 4, '{"key":"AAPL","1":1,"2":[{"0":585.0,"1":18,"2":1,"3":[]}],"3":[]}'),
    ("LEVELONE_EQUITIES", 900, '{"key":"AAPL","3":587.00,"8":1238}'),
    ("CHART_EQUITY", 60_000, CHART),
]
SUBSCRIPTIONS = {
    "LEVELONE_EQUITIES": {"keys": "AAPL,MSFT", "fields": "0,1,2,3,8,13,15,25"},
    "NASDAQ_BOOK": {"keys": "AAPL", "fields": "0,1,2,3"},
    "CHART_EQUITY": {"keys": "AAPL", "fields": "0,1,2,3,4,5,6,7,8"},
}


def frame(service: str, t: int, content: str) -> str:
    return f'{{"data":[{{"service":"{service}", "timestamp":{STAMP + t},"command":"SUBS","content":[{content}]}}]}}'


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    file = tmp_path / "tape.jsonl.gz"
    with gzip.open(file, "wt") as out:
        out.writelines(f'{{"t":{t},"frame":{frame(service, t, content)}}}\n' for service, t, content in FRAMES)
    return Tape.load(file)


@pytest.fixture
def house(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr(replaying, "BEGIN_AFTER", 0.05)
    return Sandbox(replay=Replay(tape, 0))


async def data_texts(line: Line, count: int) -> list[str]:
    """The text of the next data frames."""
    for _ in range(count):
        await line.next("data")
    return [text for text in line.texts if text.startswith('{"data"')][-count:]


async def test_frames_subscribed_in_full_go_out_as_recorded(line: Line) -> None:
    await line.log_in()
    for service, wanted in SUBSCRIPTIONS.items():
        await line.ask(service, "SUBS", **wanted)
    assert await data_texts(line, 4) == [frame(*recorded) for recorded in FRAMES]


async def test_items_and_fields_not_asked_for_are_cut_out_without_touching_numbers(line: Line) -> None:
    await line.log_in()
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="MSFT,AAPL", fields="0,1,3")
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields="0,1,3")
    first, second = await data_texts(line, 2)
    assert first.endswith('"cusip":"037833100","1":585.0}]}]}')
    assert second == frame("LEVELONE_EQUITIES", 900, '{"key":"AAPL","3":587.00}')


async def test_rest_tells_what_was_played(line: Line, guest: Visitor) -> None:
    assert (await guest.get("quotes", symbols="AAPL"))["AAPL"]["quote"] == {}
    await line.log_in()
    for service, wanted in SUBSCRIPTIONS.items():
        await line.ask(service, "SUBS", **wanted)
    await data_texts(line, 4)
    quotes = await guest.get("quotes", symbols="AAPL,MSFT,SPY", fields="quote,reference")
    assert quotes["AAPL"]["quote"] == {"askPrice": 585.94, "bidPrice": 585.0, "lastPrice": 587.0, "totalVolume": 1238}
    assert quotes["AAPL"]["reference"]["description"] == "APPLE INC"
    assert quotes["errors"] == {"invalidSymbols": ["SPY"]}
    window = {"startDate": STAMP, "endDate": STAMP}
    bars = await guest.get("pricehistory", symbol="AAPL", **window)
    assert [(c["datetime"], c["close"]) for c in bars["candles"]] == [(STAMP, 585.6)]
    daily = {"periodType": "year", "frequencyType": "daily"}
    (day,) = (await guest.get("pricehistory", symbol="AAPL", **window, **daily))["candles"]
    assert day["datetime"] == STAMP - (8 * 60 + 30) * 60_000  # midnight US Central
    assert (await guest.get("markets", markets="equity"))["equity"]["EQ"]["isOpen"] is True


async def test_the_status_says_how_far_it_is(line: Line, guest: Visitor) -> None:
    assert (await guest.http.get("/sandbox/status")).json()["replay"]["state"] == "waiting"
    await line.log_in()
    for service, wanted in SUBSCRIPTIONS.items():
        await line.ask(service, "SUBS", **wanted)
    await data_texts(line, 4)
    status = (await guest.http.get("/sandbox/status")).json()
    assert status["replay"] == {"state": "ended", "position": 4, "frames": 4, "speed": 0}
    assert status["sent"]["LEVELONE_EQUITIES"] == {"items": 3, "frames": 2}


async def test_after_the_end_a_new_connection_sees_it_all_again(
    line: Line, guest: Visitor, session: aiohttp.ClientSession
) -> None:
    async def watch(watcher: Line) -> list[str]:
        await watcher.log_in()
        await watcher.ask("CHART_EQUITY", "SUBS", **SUBSCRIPTIONS["CHART_EQUITY"])
        return await data_texts(watcher, 1)

    first = await watch(line)
    async with session.ws_connect(streamer_url(guest)) as socket:
        assert await watch(Line(socket, guest.access)) == first


class TestAtItsOwnPace:
    @pytest.fixture
    def house(self, tape: Tape, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
        monkeypatch.setattr(replaying, "BEGIN_AFTER", 0.05)
        return Sandbox(replay=Replay(tape, 10))

    async def test_a_reconnect_goes_on_with_a_snapshot_of_what_was_played(
        self, line: Line, guest: Visitor, session: aiohttp.ClientSession
    ) -> None:
        await line.log_in()
        await line.ask("LEVELONE_EQUITIES", "SUBS", **SUBSCRIPTIONS["LEVELONE_EQUITIES"])
        await data_texts(line, 2)
        await guest.http.post("/sandbox/drop")
        async with session.ws_connect(streamer_url(guest)) as socket:
            again = Line(socket, guest.access)
            await again.log_in()
            await again.ask("LEVELONE_EQUITIES", "SUBS", **SUBSCRIPTIONS["LEVELONE_EQUITIES"])
            content = (await again.next("data"))["content"]
            assert content[0]["delayed"] is False
            assert (content[0]["3"], content[0]["2"], content[1]["1"]) == (587, 585.94, 100)
        assert (await guest.http.get("/sandbox/status")).json()["replay"]["position"] == 3


def test_bare_captured_frames_are_a_tape_too(shared: Path) -> None:
    samples = shared / "schwab" / "samples" / "stream"
    bars = Tape.load(samples / "CHART_EQUITY_SPY_2026-10-05_part1.jsonl")
    lines = (samples / "CHART_EQUITY_SPY_2026-10-05_part1.jsonl").read_text().splitlines()
    assert [f.payload.decode() for f in bars.frames] == lines
    assert bars.times[0] == 0
    assert bars.times == sorted(bars.times)
    session = Tape.load(samples / "session_LEVELONE_EQUITIES_AAPL_2025-08-13.jsonl")
    assert len(session) == 6


def test_a_capture_printed_for_people_is_one_frame(tmp_path: Path) -> None:
    file = tmp_path / "capture.json"
    file.write_text(json.dumps(json.loads(frame("NASDAQ_BOOK", 4, FRAMES[1][2])), indent=1))
    tape = Tape.load(file)
    assert (len(tape), tape.symbols(), tape.stamps) == (1, ["AAPL"], [STAMP + 4])


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", b'{"t":1}\n{"t":', "Line 2 of the replay file"),
        ("b.jsonl.gz", gzip.compress(b"x" * 999, mtime=0)[:-9], "cannot be read to its end"),
        ("c.jsonl", b'{"notify":[]}\n', "holds no data frames"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unusable, match=sentence):
        Tape.load(tmp_path / name)


def test_the_recordings_are_read_whole(shared: Path) -> None:
    file = shared / "replay" / "aapl-open-conflated.jsonl.gz"
    tape = Tape.load(file)
    with gzip.open(file, "rt") as lines:
        first = next(lines)
    assert json.loads(first)["frame"] == json.loads(tape.frames[0].payload)
    counts = {service: sum(f.service == service for f in tape.frames) for service in tape.fields}
    assert counts == {"LEVELONE_EQUITIES": 1813, "NASDAQ_BOOK": 3396, "CHART_EQUITY": 39}

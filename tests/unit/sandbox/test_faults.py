"""The faults file: what it does, and what it says when it is wrong."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from monitor.errors import Unusable
from monitor.market.bar import Interval
from monitor.market.bar_fault import BarFault
from monitor.sandbox.faults import Faults
from monitor.sandbox.server import Sandbox
from monitor.schwab.rest.candles import read_candles, sift
from tests.support.exchange import StillExchange
from tests.support.visitor import Visitor

ALL = (0, 2**62)
DOCUMENT = Path(__file__).parents[3] / "docs" / "sandbox.md"


async def test_requests_fail_after_so_many_and_so_often(tmp_path: Path, exchange: StillExchange) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"path": "/marketdata/v1/quotes", "after": 1, "status": 429, "times": 2, "retry_after": 3}]')
    house = Sandbox(exchange=exchange, faults=Faults.load(file))
    async with house.listening() as base_url:
        guest = Visitor(house, base_url)
        async with guest.http:
            await guest.sign_in()
            answers = [await guest.http.get("/marketdata/v1/quotes?symbols=AAPL") for _ in range(4)]
            assert [a.status_code for a in answers] == [200, 429, 429, 200]
            assert answers[1].headers["Retry-After"] == "3"
            assert await guest.status("movers/$SPX") == 200


@pytest.mark.parametrize(
    ("status", "says"),
    [
        *((403, "Access Denied"), (404, "Not Found"), (500, "Internal"), (502, "TooBigBody")),
        *((503, "no healthy upstream"), (504, "upstream request timeout")),
    ],
)
async def test_each_status_has_its_own_body(status: int, says: str, visitor: Visitor) -> None:
    await visitor.control("faults", [{"path": "/", "status": status}])
    answer = await visitor.http.get("/marketdata/v1/quotes")
    assert (answer.status_code, says in answer.text) == (status, True)


async def test_a_time_to_come_back_may_be_a_date(visitor: Visitor) -> None:
    date = "Fri, 20 Nov 2026 16:46:02 GMT"
    await visitor.control("faults", [{"path": "/", "status": 429, "retry_after": date}])
    assert (await visitor.http.get("/marketdata/v1/quotes")).headers["Retry-After"] == date


@pytest.mark.parametrize(("answer", "more"), [("stall", False), ("drip", True)])
async def test_a_body_begins_and_does_not_end(visitor: Visitor, answer: str, more: bool) -> None:
    await visitor.control("faults", [{"path": "/marketdata", "answer": answer}])
    async with visitor.http.stream("GET", "/marketdata/v1/quotes") as response:
        assert response.status_code == 200
        parts = response.aiter_raw()
        assert await anext(parts) == b'{"candles": ['
        if more:
            assert set(await anext(parts)) == {ord(" ")}
            return
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await anext(parts)


HISTORY = "/marketdata/v1/pricehistory?symbol=AAPL&periodType="
DAYS = f"{HISTORY}month&frequencyType=daily"


async def test_half_an_answer_that_says_it_is_whole(guest: Visitor) -> None:
    whole = (await guest.http.get(DAYS)).content
    await guest.control("faults", [{"path": "/marketdata", "answer": "truncated"}])
    half = await guest.http.get(DAYS, headers={"Accept-Encoding": "identity"})
    assert (half.status_code, half.content) == (200, whole[: len(whole) // 2])
    assert int(half.headers["Content-Length"]) == len(half.content)


async def test_half_an_answer_whose_other_half_was_promised(guest: Visitor) -> None:
    await guest.control("faults", [{"path": "/marketdata", "answer": "cut-short"}])
    with pytest.raises(httpx.TransportError):
        await guest.http.get(DAYS)


@pytest.mark.parametrize(("url", "interval"), [(f"{HISTORY}day", Interval.M1), (DAYS, Interval.DAY)])
async def test_candles_are_wrong_in_every_way_and_their_neighbours_right(
    guest: Visitor, url: str, interval: Interval
) -> None:
    sent = (await guest.http.get(url)).content
    await guest.control("faults", [{"path": "/marketdata", "answer": "wrong-candles", "times": 2}])
    spoiled = [(await guest.http.get(url)).content for _ in range(2)]
    right = sift("AAPL", interval, read_candles(sent).candles, *ALL).bars
    for body in spoiled:
        found = sift("AAPL", interval, read_candles(body).candles, *ALL)
        assert found.rejected == {
            BarFault.HIGH_BELOW_LOW: 1,
            BarFault.OUTSIDE: 1,
            BarFault.NEGATIVE: 1,
            BarFault.NOT_A_NUMBER: 1,
            BarFault.UNREADABLE: 1,
            BarFault.TIME: 1,
            BarFault.OFF_GRID: 1,
            BarFault.DUPLICATE: 1,
        }
        assert len(found.bars) == len(right) - 7
        assert set(found.bars) < set(right)
        # Every bar that is not there is in a stretch that is told.
        gone = {bar.start for bar in right} - {bar.start for bar in found.bars}
        assert all(any(start <= at < end for start, end in found.lost) for at in gone)
    assert spoiled[0] != spoiled[1]


async def test_days_may_begin_in_new_york(guest: Visitor) -> None:
    chicago = (await guest.http.get(DAYS)).json()["candles"]
    await guest.control("faults", [{"path": "/marketdata", "answer": "new-york-days"}])
    assert [c["datetime"] + 3_600_000 for c in (await guest.http.get(DAYS)).json()["candles"]] == [
        c["datetime"] for c in chicago
    ]


async def test_only_what_asks_for_it_fails_and_what_has_struck_is_counted(guest: Visitor) -> None:
    fault = {"path": "/marketdata", "query": "frequencyType=daily"}
    await guest.control("faults", [fault | {"answer": "html"}, fault | {"status": 503, "times": 2}])
    assert [(await guest.http.get(url)).status_code for url in (f"{HISTORY}day", DAYS, DAYS)] == [200, 200, 503]
    status = (await guest.http.get("/sandbox/status")).json()
    assert (status["faults"], status["struck"]) == (1, {"html": 1, "503": 1})


async def test_a_refusal_is_not_spoiled(visitor: Visitor) -> None:
    await visitor.control("faults", [{"path": "/marketdata", "answer": "wrong-candles"}])
    assert (await visitor.http.get(DAYS)).status_code == 401


@pytest.mark.parametrize("text", ['{"path": "/"}', '[{"path": "/", "status": 418}]', '[{"stream": "explode"}]', "?"])
def test_a_wrong_file_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(text)
    with pytest.raises(Unusable, match=r"faults\.json"):
        Faults.load(file)


def test_the_documented_faults_are_faults() -> None:
    blocks = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    faults = Faults()
    for block in blocks:
        faults.add_json(block.encode())
    assert (len(blocks), faults.pending) == (3, 7)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be read"):
        Faults.load(tmp_path / "none.json")

"""The faults file: what it does, and what it says when it is wrong."""

import asyncio
import re
from pathlib import Path

import pytest

from monitor.errors import Unusable
from monitor.sandbox.faults import Faults
from monitor.sandbox.server import Sandbox
from tests.support.exchange import StillExchange
from tests.support.visitor import Visitor

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

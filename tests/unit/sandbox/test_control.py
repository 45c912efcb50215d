"""What the sandbox does when it is told to at run time."""

import asyncio
import json
import time

import httpx
import pytest

from monitor.sandbox import server
from monitor.sandbox.faults import Fault, Faults
from monitor.sandbox.server import Sandbox
from tests.support.exchange import StillExchange
from tests.support.ports import until
from tests.support.visitor import TOKEN_PATH, Line, Visitor

REJECTED = "refresh_token_authentication_error"


async def test_faults_are_added_counted_and_cleared(guest: Visitor) -> None:
    assert await guest.control("faults", [{"path": "/marketdata", "times": 9}, {"stream": "drop"}]) == {"pending": 2}
    assert await guest.control("faults", [{"second_login": "refuse"}]) == {"pending": 3}
    assert await guest.status("quotes", symbols="AAPL") == 500
    assert (await guest.http.delete("/sandbox/faults")).json() == {"pending": 0}
    assert await guest.status("quotes", symbols="AAPL") == 200


@pytest.mark.parametrize(
    "text", [b"?", b"{}", b'[{"path": "/", "status": 418}]', b"[{}]", b'[{"path": "/", "wall": "slow"}]', b'["\xff"]']
)
async def test_a_list_of_faults_that_is_wrong_is_refused_whole(text: bytes, visitor: Visitor) -> None:
    answer = await visitor.http.post("/sandbox/faults", content=text)
    assert answer.status_code == 400
    assert answer.text.startswith("The faults are not what they should be: ")
    assert answer.text.endswith(".")
    assert (await status(visitor))["faults"] == 0


@pytest.mark.parametrize("wait", [7, None])
async def test_a_429_may_say_when_to_come_back(wait: int | None, guest: Visitor) -> None:
    await guest.control("faults", [{"path": TOKEN_PATH, "status": 429, "retry_after": wait}])
    answer = await guest.renew("any")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, wait and str(wait))


async def test_garbage_says_that_it_is_json(guest: Visitor) -> None:
    await guest.control("faults", [{"path": TOKEN_PATH, "answer": "garbage"}])
    answer = await guest.renew("any")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_a_portal_answers_with_a_page(guest: Visitor) -> None:
    await guest.control("faults", [{"path": TOKEN_PATH, "answer": "html"}])
    answer = await guest.renew("any")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(("answer", "renewals"), [("drop", 0), ("drop-after", 1)])
async def test_a_connection_is_cut_before_or_after_the_renewal(answer: str, renewals: int, visitor: Visitor) -> None:
    token = await visitor.sign_in()
    await visitor.control("faults", [{"path": TOKEN_PATH, "answer": answer}])
    with pytest.raises(httpx.RemoteProtocolError):
        await visitor.renew(token["refresh_token"])
    assert (await status(visitor))["tokens"]["renewals"] == renewals


async def test_an_answer_that_never_comes_does_not_keep_the_sandbox_from_stopping(
    exchange: StillExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_LAST_ANSWERS_SECONDS", 3600.0)
    faults = Faults([Fault(path="/anywhere", answer="hang")])
    house = Sandbox(exchange=exchange, faults=faults)
    async with asyncio.timeout(60), house.listening() as base_url:
        visitor = Visitor(house, base_url)
        asked = asyncio.create_task(visitor.http.get("/anywhere"))
        await until(lambda: not faults.pending)
    with pytest.raises(httpx.RemoteProtocolError):
        await asked
    await visitor.http.aclose()


@pytest.mark.parametrize("path", ["/v1/oauth/authorize", TOKEN_PATH, "/marketdata/v1/quotes", "/trader/v1/x", "/ws"])
async def test_any_path_can_fail_but_the_control_s(path: str, visitor: Visitor) -> None:
    await visitor.control("faults", [{"path": "/", "status": 500, "times": 2}])
    assert (await visitor.http.get("/sandbox")).status_code == 200
    assert (await visitor.http.get(path)).json()["errors"][0]["status"] == 500


async def test_a_refresh_token_stays_the_same_unless_it_is_to_rotate(visitor: Visitor) -> None:
    first = (await visitor.sign_in())["refresh_token"]
    assert (await visitor.renew(first)).json()["refresh_token"] == first
    await visitor.control("faults", [{"refresh": "rotate"}])
    second = (await visitor.renew(first)).json()["refresh_token"]
    await visitor.control("faults", [{"refresh": "keep"}])
    assert second != first
    assert (await visitor.renew(second)).json()["refresh_token"] == second


@pytest.mark.parametrize("use", ["renewal", "request", "streamer"])
async def test_a_rotated_refresh_token_dies_when_the_newer_tokens_are_used(
    use: str, visitor: Visitor, line: Line
) -> None:
    first = (await visitor.sign_in())["refresh_token"]
    await visitor.control("faults", [{"refresh": "rotate"}])
    lost = (await visitor.renew(first)).json()
    newer = (await visitor.renew(first)).json()
    assert len({first, lost["refresh_token"], newer["refresh_token"]}) == 3
    match use:
        case "renewal":
            assert (await visitor.renew(newer["refresh_token"])).status_code == 200
        case "request":
            visitor.http.headers["Authorization"] = f"Bearer {newer['access_token']}"
            assert await visitor.status("quotes", symbols="AAPL") == 200
        case _:
            line.token = newer["access_token"]
            assert (await line.log_in())["code"] == 0
    for dead in (first, lost["refresh_token"]):
        answer = await visitor.renew(dead)
        assert (answer.status_code, REJECTED in answer.text) == (400, True)
    assert (await visitor.renew(newer["refresh_token"])).status_code == 200


async def test_one_person_s_rotation_is_not_another_login_s(visitor: Visitor) -> None:
    other = (await visitor.sign_in())["refresh_token"]
    mine = (await visitor.sign_in())["refresh_token"]
    await visitor.control("faults", [{"refresh": "rotate"}])
    newer = (await visitor.renew(mine)).json()["refresh_token"]
    assert (await visitor.renew(newer)).status_code == 200
    assert (await visitor.renew(other)).status_code == 200


async def test_revoked_refresh_tokens_are_rejected_until_a_new_login(guest: Visitor) -> None:
    old = (await guest.sign_in())["refresh_token"]
    await guest.control("revoke")
    answer = await guest.renew(old)
    assert (answer.status_code, REJECTED in answer.text) == (400, True)
    assert await guest.status("quotes", symbols="AAPL") == 200
    assert (await guest.renew((await guest.sign_in())["refresh_token"])).status_code == 200


async def test_the_clock_moves_and_runs_faster(guest: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time()
    monkeypatch.setattr("monitor.sandbox.tokens.time.time", lambda: real)
    before = (await guest.control("clock", {"rate": 900}))["now"]
    real += 1
    assert (await guest.control("clock", {"advance_seconds": 60}))["now"] == pytest.approx(before + 960)
    await guest.control("clock", {"rate": 1})
    real += 1
    assert (await guest.control("clock", {"rate": 1, "advance_seconds": 1}))["now"] == pytest.approx(before + 962)
    assert await guest.status("quotes", symbols="AAPL") == 200
    await guest.control("clock", {"rate": 900})
    real += 2
    assert await guest.status("quotes", symbols="AAPL") == 401


@pytest.mark.parametrize("asked", [{}, {"rate": -1}, {"rate": "fast"}, {"seconds": 3}, []])
async def test_a_wrong_word_to_the_clock_is_answered_with_the_right_one(asked: object, visitor: Visitor) -> None:
    answer = await visitor.http.post("/sandbox/clock", json=asked)
    assert answer.status_code == 400
    assert "advance_seconds" in answer.text


async def test_the_status_counts_grants_and_logins(visitor: Visitor, line: Line) -> None:
    before = (await status(visitor))["tokens"]
    token = await visitor.sign_in()
    await visitor.renew(token["refresh_token"])
    await visitor.renew("wrong")
    await visitor.redeem("C0.wrong@")
    await visitor.http.post(TOKEN_PATH)
    await line.log_in()
    after = await status(visitor)
    assert after["tokens"] == {"codes": before["codes"] + 1, "renewals": before["renewals"] + 1, "refused": 3}
    assert after["logins"] == 1


async def status(visitor: Visitor) -> dict[str, object]:
    return (await visitor.http.get("/sandbox/status")).json()

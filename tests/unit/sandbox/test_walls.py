"""The walls at the sign-in: where each stands, what it says, and that it is gone afterwards."""

import httpx
import pytest

from tests.support.sandbox import hidden
from tests.support.visitor import LOGIN_PATH, Visitor


@pytest.mark.parametrize(
    ("wall", "status", "says"),
    [
        ("pending", 500, "This application has no configured error view, so you are seeing this as a fallback."),
        ("unable", 200, "We are unable to complete your request."),
        ("denied", 403, "Access Denied"),
        ("invalid-client", 401, '"error":"invalid_client"'),
        ("error", 500, ""),
    ],
)
async def test_a_wall_at_the_door_stands_in_the_way_so_often_as_asked(
    wall: str, status: int, says: str, visitor: Visitor
) -> None:
    assert await visitor.control("wall", {"wall": wall, "times": 2}) == {"pending": 1}
    answers = [await visitor.open() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert says in answers[0].text
    assert bool(answers[0].text) == bool(says)
    assert "Log in to continue" in answers[2].text


@pytest.mark.parametrize("wall", ["pending", "unable", "denied"])
async def test_a_wall_says_that_it_is_the_sandboxs(wall: str, visitor: Visitor) -> None:
    await visitor.control("faults", [{"wall": wall}])
    assert "SANDBOX" in (await visitor.open()).text


async def test_the_slow_page_never_comes(visitor: Visitor) -> None:
    await visitor.control("wall", {"wall": "slow"})
    visitor.http.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        await visitor.open()
    visitor.http.timeout = httpx.Timeout(5)
    assert (await visitor.open()).status_code == 200


async def test_a_voice_id_is_offered_after_the_login_and_may_be_put_off(visitor: Visitor) -> None:
    await visitor.control("wall", {"wall": "voice-id"})
    offer = await visitor.give_password(await visitor.open(state="kept"))
    assert "Voice ID" in offer.text
    again = await decide(visitor, offer, "activate")
    assert "Voice ID" in again.text
    consent = await decide(visitor, again, "later")
    assert "Allow access to your account?" in consent.text
    back = await visitor.http.post(f"{LOGIN_PATH}/consent", data={"page": hidden(consent.text), "decision": "allow"})
    assert "state=kept" in back.headers["location"]


async def test_an_offer_is_not_a_login(visitor: Visitor) -> None:
    assert (await decide(visitor, await visitor.open(), "later")).status_code == 403


async def test_the_login_comes_again_without_a_complaint(visitor: Visitor) -> None:
    await visitor.control("wall", {"wall": "login-loop"})
    again = await visitor.give_password(await visitor.open())
    assert "Log in to continue" in again.text
    assert 'role="alert"></p>' in again.text
    assert "Allow access" in (await visitor.give_password(again)).text


@pytest.mark.parametrize("asked", [{"wall": "moat"}, {"times": 2}, []])
async def test_an_unknown_wall_is_answered_with_the_names(asked: object, visitor: Visitor) -> None:
    answer = await visitor.http.post("/sandbox/wall", json=asked)
    assert answer.status_code == 400
    assert "voice-id" in answer.text


async def decide(visitor: Visitor, page: httpx.Response, decision: str) -> httpx.Response:
    return await visitor.http.post(f"{LOGIN_PATH}/offer", data={"page": hidden(page.text), "decision": decision})

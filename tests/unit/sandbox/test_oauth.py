"""Sign-in as a browser and an app see it."""

import base64

import pytest

from monitor.sandbox.server import Sandbox
from tests.support.exchange import StillExchange
from tests.support.sandbox import hidden
from tests.support.visitor import LOGIN_PATH, Visitor


async def test_the_callback_gets_a_code_that_ends_in_at_a_session_and_the_state(visitor: Visitor) -> None:
    back = await visitor.log_in(state="s p&c=1")
    assert back["code"][0].startswith("C0.")
    assert back["code"][0].endswith("@")
    assert "%40&session=" in visitor.location
    assert visitor.location.startswith("https://127.0.0.1:8182/?code=")
    assert back["state"] == ["s p&c=1"]


async def test_a_refusal_comes_back_as_access_denied(visitor: Visitor) -> None:
    assert await visitor.log_in("deny", state="xyz") == {"error": ["access_denied"], "state": ["xyz"]}


async def test_another_callback_gets_a_page_that_says_access_denied(visitor: Visitor) -> None:
    answer = await visitor.open(redirect_uri="https://127.0.0.1:8182")
    assert (answer.status_code, "Access Denied" in answer.text) == (403, True)


async def test_another_app_gets_the_error_of_an_invalid_client(visitor: Visitor) -> None:
    answer = await visitor.open(client_id="someone")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_more_callbacks_are_registered_when_the_sandbox_starts(exchange: StillExchange) -> None:
    mine = "https://127.0.0.1:9443/back"
    house = Sandbox(exchange=exchange, callbacks=[mine])
    async with house.listening() as base_url:
        guest = Visitor(house, base_url)
        async with guest.http:
            assert [(await guest.open(redirect_uri=uri)).status_code for uri in (mine, mine + "/")] == [200, 403]


async def test_a_wrong_password_shows_the_form_again(visitor: Visitor) -> None:
    form = {"page": hidden((await visitor.open()).text), "username": "sandbox", "password": "guess"}
    again = await visitor.http.post(f"{LOGIN_PATH}/login", data=form)
    assert "do not match" in again.text
    assert 'name="password"' in again.text


async def test_pages_say_sandbox_and_carry_what_was_typed_as_text(visitor: Visitor) -> None:
    login = (await visitor.open()).text
    form = {"page": hidden(login), "username": "<b>me</b>", "password": visitor.app.password}
    consent = (await visitor.http.post(f"{LOGIN_PATH}/login", data=form)).text
    assert "SANDBOX" in login
    assert "SANDBOX" in consent
    assert "&lt;b&gt;me&lt;/b&gt;" in consent


async def test_tokens_come_in_schwabs_order_and_open_market_data(visitor: Visitor) -> None:
    token = await visitor.sign_in()
    assert list(token) == ["expires_in", "token_type", "scope", "refresh_token", "access_token", "id_token"]
    assert (token["expires_in"], token["token_type"], token["scope"]) == (1800, "Bearer", "api")
    assert await visitor.status("quotes", symbols="AAPL") == 200


async def test_a_code_works_once(visitor: Visitor) -> None:
    code = (await visitor.log_in())["code"][0]
    assert [(await visitor.redeem(code)).status_code for _ in range(2)] == [200, 400]


async def test_a_code_is_dead_after_thirty_seconds(visitor: Visitor) -> None:
    code = (await visitor.log_in())["code"][0]
    visitor.house.clock.advance(31)
    late = await visitor.redeem(code)
    assert (late.status_code, late.json()["error"]) == (400, "unsupported_token_type")


async def test_a_code_belongs_to_its_callback(visitor: Visitor) -> None:
    code = (await visitor.log_in())["code"][0]
    answer = await visitor.grant(grant_type="authorization_code", code=code, redirect_uri="https://127.0.0.1")
    assert answer.status_code == 400


async def test_an_access_token_lives_thirty_minutes_and_a_refresh_gives_another(visitor: Visitor) -> None:
    token = await visitor.sign_in()
    visitor.house.clock.advance(1801)
    assert await visitor.status("quotes", symbols="AAPL") == 401
    fresh = (await visitor.grant(grant_type="refresh_token", refresh_token=token["refresh_token"])).json()
    visitor.http.headers["Authorization"] = f"Bearer {fresh['access_token']}"
    assert await visitor.status("quotes", symbols="AAPL") == 200


async def test_refreshing_does_not_extend_the_seven_days(visitor: Visitor) -> None:
    token = await visitor.sign_in()
    for _ in range(6):
        visitor.house.clock.advance(86_400)
        token = (await visitor.grant(grant_type="refresh_token", refresh_token=token["refresh_token"])).json()
    visitor.house.clock.advance(86_401)
    answer = await visitor.grant(grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert answer.status_code == 400
    assert "refresh_token_authentication_error" in answer.json()["error_description"]


@pytest.mark.parametrize("header", ["", "Basic !", f"Basic {base64.b64encode(b'a:b').decode()}", "Bearer x"])
async def test_a_wrong_app_is_an_invalid_client(visitor: Visitor, header: str) -> None:
    answer = await visitor.http.post("/v1/oauth/token", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client", "error_description": "Unauthorized"}


async def test_a_sign_in_survives_a_restart_with_the_same_seed_only(visitor: Visitor) -> None:
    token = await visitor.sign_in()
    for seed, expected in ((7, 200), (8, 401)):
        other = Sandbox(seed, exchange=StillExchange())
        async with other.listening() as base_url:
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            answer = await visitor.http.get(f"{base_url}/marketdata/v1/quotes?symbols=AAPL", headers=headers)
            assert answer.status_code == expected

"""Signing in, staying signed in, and being told when it ends."""

import asyncio
import base64
from urllib.parse import parse_qs

import httpx
import pytest

from monitor.errors import BadData, Refused, SignInNeeded, Transient, Unusable
from monitor.ports import SignInState
from monitor.schwab.oauth import REFRESH_LIFE_MS
from tests.unit.schwab.conftest import KEY, make_sign_in, redirect_of

DAY_MS = 86_400_000


def form_of(request):
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


def refused_renewal(shared):
    body = (shared / "schwab/samples/oauth/token_refresh_expired_400.json").read_bytes()
    return lambda _request: httpx.Response(400, content=body)


async def test_the_code_is_exchanged_and_the_sign_in_announced(sign_in, schwab, heard, clock):
    await sign_in.finish(redirect_of(sign_in.begin()))
    request = schwab.requests[0]
    assert form_of(request) == {"grant_type": "authorization_code", "code": "C0.the-code@", "redirect_uri": KEY[2]}
    assert request.headers["authorization"] == "Basic " + base64.b64encode(f"{KEY[0]}:{KEY[1]}".encode()).decode()
    assert heard.changes == [(SignInState.SIGNED_IN, "Signed in.", clock.ms() + REFRESH_LIFE_MS)]
    assert heard.audits[0][0] == "sign-in"


async def test_without_a_developer_key_there_is_no_sign_in(schwab, heard):
    sign_in = make_sign_in(schwab, heard)
    sign_in.configure("other-key", "other-secret", "https://127.0.0.1/")
    with pytest.raises(BadData, match="No sign-in was started"):
        await sign_in.finish("https://127.0.0.1/?code=x")
    await sign_in.load()
    assert not sign_in.configured
    with pytest.raises(Unusable, match="app key"):
        sign_in.begin()


async def test_a_refused_code_asks_for_a_new_sign_in(sign_in, schwab, shared):
    schwab.token_answer = refused_renewal(shared)
    with pytest.raises(Refused) as caught:
        await sign_in.finish(redirect_of(sign_in.begin()))
    assert "unsupported_token_type" not in caught.value.sentence
    assert not sign_in.signed_in


async def test_a_wrong_app_secret_is_named(sign_in, schwab, shared):
    body = (shared / "schwab/samples/oauth/token_invalid_client_401.json").read_bytes()
    schwab.token_answer = lambda _request: httpx.Response(401, content=body)
    with pytest.raises(Refused, match="app key and secret"):
        await sign_in.finish(redirect_of(sign_in.begin()))


@pytest.mark.parametrize(
    "answer", [{"access_token": "x"}, {"access_token": "", "refresh_token": "r"}, [], {"expires_in": 1}]
)
async def test_an_answer_without_tokens_is_bad_data(sign_in, schwab, answer):
    schwab.token_answer = lambda _request: httpx.Response(200, json=answer)
    with pytest.raises(BadData):
        await sign_in.finish(redirect_of(sign_in.begin()))
    assert not sign_in.signed_in


async def test_an_access_token_is_renewed_before_it_ends(signed_in, schwab, clock):
    assert (await signed_in.access_token()).reveal() == "I0.access-1@"
    clock.now += 1499
    await signed_in.access_token()
    assert schwab.grants == 1
    clock.now += 2
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"
    assert form_of(schwab.requests[-1]) == {"grant_type": "refresh_token", "refresh_token": "refresh-token-1@"}


async def test_a_renewal_does_not_lengthen_the_seven_days(signed_in, clock):
    before = signed_in.expires_ms
    clock.now += 1600
    await signed_in.access_token()
    assert signed_in.expires_ms == before


async def test_however_many_wait_there_is_one_renewal(signed_in, schwab, clock):
    clock.now += 1790
    tokens = await asyncio.gather(*(signed_in.access_token() for _ in range(20)))
    assert len(set(tokens)) == 1
    assert schwab.grants == 2
    refused = tokens[0]
    await asyncio.gather(*(signed_in.renewed(refused) for _ in range(20)))
    assert schwab.grants == 3


async def test_who_stops_waiting_does_not_stop_the_renewal(signed_in, schwab, clock):
    clock.now += 1790
    impatient = asyncio.create_task(signed_in.access_token())
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"
    assert schwab.grants == 2


async def test_a_refused_renewal_ends_the_sign_in_with_one_announcement(signed_in, schwab, heard, clock, shared):
    schwab.token_answer = refused_renewal(shared)
    clock.now += 1790
    answers = await asyncio.gather(*(signed_in.access_token() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(answer, SignInNeeded) for answer in answers)
    assert [change[0] for change in heard.changes] == [SignInState.SIGNED_IN, SignInState.ENDED]
    assert not signed_in.signed_in
    assert signed_in.configured
    with pytest.raises(SignInNeeded):
        await signed_in.access_token()
    assert len(schwab.requests) == 2


async def test_the_network_takes_nothing_away(signed_in, schwab, heard, clock):
    def unreachable(_request):
        raise httpx.ConnectError("no network")

    schwab.token_answer = unreachable
    clock.now += 1600
    assert (await signed_in.access_token()).reveal() == "I0.access-1@"  # it still lives
    clock.now += 600
    with pytest.raises(Transient):
        await signed_in.access_token()
    schwab.token_answer = schwab.grant
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"
    assert len(heard.changes) == 1


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_trouble_at_the_token_endpoint_is_not_a_revocation(signed_in, schwab, clock, status):
    schwab.token_answer = lambda _request: httpx.Response(status, content=b"<html>Access Denied</html>")
    clock.now += 1800
    with pytest.raises(Transient):
        await signed_in.access_token()
    assert signed_in.signed_in


async def test_tokens_are_on_disk_before_they_are_used(schwab, heard, tmp_path):
    first = make_sign_in(schwab, heard, tmp_path)
    await first.load("passphrase")
    first.configure(*KEY)
    await first.finish(redirect_of(first.begin()))
    second = make_sign_in(schwab, heard, tmp_path)
    await second.load("passphrase")
    assert second.signed_in
    assert second.kept_by == "passphrase"
    assert second.expires_ms == first.expires_ms
    assert await second.access_token() == await first.access_token()
    assert schwab.grants == 1


async def test_a_stored_sign_in_is_unlocked_by_its_passphrase(schwab, heard, tmp_path):
    first = make_sign_in(schwab, heard, tmp_path)
    await first.load("passphrase")
    first.configure(*KEY)
    await first.finish(redirect_of(first.begin()))
    second = make_sign_in(schwab, heard, tmp_path)
    await second.load()
    assert second.locked
    assert "locked" in heard.changes[-1][1]
    with pytest.raises(BadData):
        await second.keep_with_passphrase("another")
    await second.keep_with_passphrase("passphrase")
    assert heard.changes[-1][:2] == (SignInState.SIGNED_IN, "Signed in.")
    assert not second.locked


async def test_who_stops_waiting_for_the_passphrase_still_gets_the_sign_in(schwab, heard, tmp_path):
    first = make_sign_in(schwab, heard, tmp_path)
    await first.load("passphrase")
    first.configure(*KEY)
    await first.finish(redirect_of(first.begin()))
    second = make_sign_in(schwab, heard, tmp_path)
    await second.load()
    waiting = asyncio.ensure_future(second.keep_with_passphrase("passphrase"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({task for task in asyncio.all_tasks() if task.get_name() == "unlock"})
    assert second.signed_in


async def test_a_forgotten_passphrase_does_not_stop_another_from_being_kept(schwab, heard, tmp_path):
    first = make_sign_in(schwab, heard, tmp_path)
    await first.load("forgotten")
    first.configure(*KEY)
    await first.finish(redirect_of(first.begin()))
    second = make_sign_in(schwab, heard, tmp_path)
    await second.load()
    await second.start_over()
    assert not second.locked
    await second.keep_with_passphrase("new")
    second.configure(*KEY)
    await second.finish(redirect_of(second.begin()))
    third = make_sign_in(schwab, heard, tmp_path)
    await third.load("new")
    assert third.signed_in


async def test_signing_out_forgets_the_tokens_and_keeps_the_key(schwab, heard, tmp_path):
    sign_in = make_sign_in(schwab, heard, tmp_path)
    await sign_in.load("passphrase")
    sign_in.configure(*KEY)
    await sign_in.finish(redirect_of(sign_in.begin()))
    await sign_in.sign_out()
    assert heard.changes[-1] == (SignInState.SIGNED_OUT, "Signed out; the tokens were erased.", None)
    again = make_sign_in(schwab, heard, tmp_path)
    await again.load("passphrase")
    assert not again.signed_in
    assert again.callback_url == KEY[2]


async def test_another_app_key_ends_the_sign_in(signed_in, heard):
    signed_in.configure(*KEY)
    assert signed_in.signed_in
    signed_in.configure("another-key-12", KEY[1], KEY[2])
    assert heard.changes[-1][0] is SignInState.SIGNED_OUT


async def test_a_disk_that_fails_is_told_and_the_sign_in_holds(schwab, heard, tmp_path, monkeypatch):
    sign_in = make_sign_in(schwab, heard, tmp_path / "folder")
    (tmp_path / "folder").write_text("not a folder")
    sign_in._vault.kept_by = "passphrase"
    await sign_in.finish(redirect_of(sign_in.begin()))
    assert sign_in.signed_in
    assert ("storage", "The sign-in could not be kept on disk; it holds until the program ends.") in heard.audits


async def run_until(clock, task, seconds):
    until = clock.now + seconds
    while clock.now < until and not task.done():  # noqa: ASYNC110  the clock moves when the task sleeps
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_kept_fresh_it_is_never_near_its_end(signed_in, schwab, clock):
    task = asyncio.create_task(signed_in.keep_fresh())
    await run_until(clock, task, 6 * 3600)
    assert 13 <= schwab.grants <= 16  # every 25 minutes


async def test_kept_fresh_through_an_outage(signed_in, schwab, clock):
    schwab.token_answer = lambda _request: httpx.Response(503)
    task = asyncio.create_task(signed_in.keep_fresh())
    await run_until(clock, task, 3600)
    assert len(schwab.requests) < 30
    schwab.token_answer = schwab.grant
    await run_until(clock, asyncio.create_task(signed_in.keep_fresh()), 60)
    assert signed_in.reveal_access_token() == "I0.access-2@"


async def test_after_a_refusal_nobody_keeps_asking(signed_in, schwab, clock, shared):
    schwab.token_answer = refused_renewal(shared)
    await run_until(clock, asyncio.create_task(signed_in.keep_fresh()), 6 * 3600)
    assert len(schwab.requests) == 2

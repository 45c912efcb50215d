"""Signing in and out: the code flow in the window's page, in the system's browser, and by pasting."""

import asyncio
import base64
import threading
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadData, MonitorError, Refused, Transient, Unusable
from monitor.ports import Priority, SignInState
from monitor.schwab import oauth
from monitor.schwab.address import Address
from monitor.schwab.oauth import REFRESH_LIFE_MS, SchwabSignIn
from monitor.schwab.tokens import Vault
from tests.unit.schwab.conftest import KEY, make_sign_in, redirect_of


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


async def test_a_key_entered_while_the_passphrase_is_tried_stands(schwab, heard, tmp_path):
    first = make_sign_in(schwab, heard, tmp_path)
    await first.load("passphrase")
    first.configure(*KEY)
    await first.finish(redirect_of(first.begin()))
    second = make_sign_in(schwab, heard, tmp_path)
    await second.load()
    unlock, loop = second._vault.unlock, asyncio.get_running_loop()
    trying, entered = asyncio.Event(), threading.Event()

    def slow_unlock(*given):
        loop.call_soon_threadsafe(trying.set)
        assert entered.wait(10)
        return unlock(*given)

    second._vault.unlock = slow_unlock
    waiting = asyncio.ensure_future(second.keep_with_passphrase("passphrase"))
    await trying.wait()
    second.configure("another-key-7890", *KEY[1:])
    entered.set()
    await waiting
    assert (second.client_id, second.signed_in) == ("another-key-7890", False)


async def test_a_forgotten_passphrase_does_not_stop_another_from_being_kept(schwab, heard, tmp_path):
    first = make_sign_in(schwab, heard, tmp_path)
    await first.load("forgotten")
    first.configure(*KEY)
    await first.finish(redirect_of(first.begin()))
    second = make_sign_in(schwab, heard, tmp_path)
    await second.load()
    await second.start_over()
    assert not second.locked
    await second.keep_with_passphrase("new and longer")
    second.configure(*KEY)
    await second.finish(redirect_of(second.begin()))
    third = make_sign_in(schwab, heard, tmp_path)
    await third.load("new and longer")
    assert third.signed_in


async def test_signing_out_forgets_everything(schwab, heard, tmp_path):
    sign_in = make_sign_in(schwab, heard, tmp_path)
    await sign_in.load("passphrase")
    sign_in.configure(*KEY)
    await sign_in.finish(redirect_of(sign_in.begin()))
    await sign_in.sign_out()
    sentence = "Signed out; the tokens and the developer key were erased."
    assert heard.changes[-1] == (SignInState.SIGNED_OUT, sentence, None)
    assert heard.audits[-1] == ("sign-out", sentence)
    assert not sign_in.configured
    assert list(tmp_path.iterdir()) == []
    again = make_sign_in(schwab, heard, tmp_path)
    await again.load("passphrase")
    assert not again.signed_in
    assert again.callback_url == ""


async def test_what_the_disk_does_not_let_go_of_is_told(signed_in, heard, monkeypatch):
    def fail():
        raise Unusable("The stored sign-in could not be erased.")

    monkeypatch.setattr(signed_in._vault, "forget", fail)
    await signed_in.sign_out()
    assert heard.changes[-1] == (SignInState.SIGNED_OUT, "Signed out. The stored sign-in could not be erased.", None)


async def test_another_app_key_ends_the_sign_in(signed_in, heard):
    signed_in.configure(*KEY)
    assert signed_in.signed_in
    signed_in.configure("another-key-12", KEY[1], KEY[2])
    assert heard.audits[-1] == ("key", "The developer key was changed.")
    assert heard.changes[-1][0] is SignInState.SIGNED_OUT


async def test_a_disk_that_fails_is_told_and_the_sign_in_holds(schwab, heard, tmp_path, monkeypatch):
    sign_in = make_sign_in(schwab, heard, tmp_path / "folder")
    (tmp_path / "folder").write_text("not a folder")
    sign_in._vault.kept_by = "passphrase"
    await sign_in.finish(redirect_of(sign_in.begin()))
    assert sign_in.signed_in
    assert ("storage", "The sign-in could not be kept on disk; it holds until the program ends.") in heard.audits


# --------------------------------------------------------------------------------------------- refusals


def with_error(sign_in, url):
    return redirect_of(url).replace("code=", "error=access_denied&was=")


async def finished_twice(sign_in, url):
    await sign_in.finish(redirect_of(url))
    await sign_in.finish(redirect_of(url))


REFUSALS = {
    "another sign-in": lambda sign_in, url: sign_in.finish(redirect_of(url, state="another")),
    "cancelled at Schwab": lambda sign_in, url: sign_in.finish(with_error(sign_in, url)),
    "already used": finished_twice,
    "not the address": lambda sign_in, url: sign_in.finish(redirect_of(url).replace("127.0.0.1", "evil.example")),
    "no sign-in code": lambda sign_in, url: sign_in.finish(redirect_of(url, code="")),
}


@pytest.mark.parametrize(("words", "finish"), REFUSALS.items(), ids=REFUSALS)
async def test_each_refused_redirect_is_in_the_audit_and_spends_no_code(sign_in, schwab, heard, words, finish):
    with pytest.raises(MonitorError, match=words) as caught:
        await finish(sign_in, sign_in.begin())
    assert heard.audits[-1] == ("refusal", caught.value.sentence)
    assert len(schwab.requests) == (1 if words == "already used" else 0)


async def test_a_redirect_without_a_state_is_refused(sign_in, schwab, heard):
    sign_in.begin()
    with pytest.raises(BadData, match="another sign-in"):
        await sign_in.finish(f"{KEY[2]}?code=C0.x%40&session=1")
    assert heard.audits[-1][0] == "refusal"
    assert not schwab.requests


async def test_after_ten_minutes_a_redirect_is_refused(sign_in, schwab, heard, clock):
    url = sign_in.begin()
    clock.now += 601
    with pytest.raises(BadData, match="ten minutes"):
        await sign_in.finish(redirect_of(url))
    assert heard.audits[-1][0] == "refusal"
    assert not schwab.requests


async def test_a_code_that_schwab_refuses_is_in_the_audit(sign_in, schwab, heard, shared):
    schwab.token_answer = refused_renewal(shared)
    with pytest.raises(Refused) as caught:
        await sign_in.finish(redirect_of(sign_in.begin()))
    assert heard.audits == [("refusal", caught.value.sentence)]


async def test_an_older_attempt_does_not_finish_a_newer_one(sign_in, schwab):
    first = sign_in.begin()
    sign_in.begin()
    with pytest.raises(BadData, match="another sign-in"):
        await sign_in.finish(redirect_of(first))
    assert not schwab.requests


@pytest.mark.parametrize(
    ("sent", "decoded"),
    [
        ("C0.a%40", "C0.a@"),
        ("C0.a%2540", "C0.a%40"),
        ("C0.a%2Bb%40", "C0.a+b@"),
        ("C0.a+b%40", "C0.a+b@"),
        ("C0.a%4", "C0.a%4"),
    ],
)
async def test_the_code_is_decoded_exactly_once(sign_in, schwab, sent, decoded):
    await sign_in.finish(redirect_of(sign_in.begin(), code=sent))
    assert form_of(schwab.requests[0])["code"] == decoded


async def test_the_exchange_does_not_wait_behind_other_requests(sign_in, schwab, clock):
    while not schwab.transport._budget.window.take(Priority.PERSON):
        pass
    await sign_in.finish(redirect_of(sign_in.begin()))
    assert clock.slept == []


async def test_the_exchange_heeds_no_pause_that_would_outlive_the_code(sign_in, schwab, clock):
    schwab.transport._budget.window.hold(500)
    await sign_in.finish(redirect_of(sign_in.begin()))
    assert clock.slept == []


async def test_who_stops_waiting_still_gets_the_sign_in(sign_in, schwab, heard):
    waiting = asyncio.create_task(sign_in.finish(redirect_of(sign_in.begin())))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({task for task in asyncio.all_tasks() if task.get_name() == "sign in"})
    assert sign_in.signed_in
    assert schwab.grants == 1


async def test_a_key_changed_during_the_exchange_is_not_signed_in_with_the_old_one(sign_in, schwab):
    def change_key(request):
        sign_in.configure("another-key-12", KEY[1], KEY[2])
        return schwab.grant(request)

    schwab.token_answer = change_key
    with pytest.raises(BadData, match="changed"):
        await sign_in.finish(redirect_of(sign_in.begin()))
    assert not sign_in.signed_in
    assert sign_in.client_id == "another-key-12"


@given(st.text(), st.text(), st.text())
def test_whatever_is_configured_there_is_a_sentence(key, secret, callback):
    sign_in = SchwabSignIn(Address(), Vault(None), httpx.MockTransport(lambda _: httpx.Response(500)))
    try:
        sign_in.configure(key, secret, callback)
    except BadData:
        assert not sign_in.configured
    else:
        assert sign_in.configured


# --------------------------------------------------------------------------------------------- the system's browser


class Browser:
    """The system's browser, which the listener waits for; a test lets it come back."""

    def __init__(self, monkeypatch):
        self.opened = ""
        self.is_open = asyncio.Event()
        self.accepts = None
        self.listening = False
        self._url = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(oauth, "listening", self._listening)

    def open(self, url):
        self.opened = url
        self.is_open.set()

    def comes_back(self, url):
        self._url.set_result(url)

    @asynccontextmanager
    async def _listening(self, callback_url, accepts):
        assert callback_url == KEY[2]
        self.accepts, self.listening = accepts, True
        try:
            yield self
        finally:
            self.listening = False

    def starting_at(self, url):
        return url

    async def redirect(self):
        return await asyncio.shield(self._url)


@pytest.fixture
async def browser(monkeypatch):
    return Browser(monkeypatch)


@pytest.fixture
async def in_browser(sign_in, browser):
    task = asyncio.create_task(sign_in.finish_in_browser(browser.open))
    await browser.is_open.wait()
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_browser_comes_back_and_the_sign_in_is_done(sign_in, schwab, browser, in_browser):
    browser.comes_back(redirect_of(browser.opened))
    await in_browser
    assert sign_in.signed_in
    assert not browser.listening
    assert schwab.grants == 1


async def test_a_pasted_address_ends_the_waiting_for_the_browser(sign_in, schwab, browser, in_browser):
    await sign_in.finish(redirect_of(browser.opened))
    await in_browser
    assert sign_in.signed_in
    assert not browser.listening
    assert schwab.grants == 1


async def test_pasted_and_come_back_at_once_the_code_is_spent_once(sign_in, schwab, browser, in_browser):
    pasting = asyncio.create_task(sign_in.finish(redirect_of(browser.opened)))
    browser.comes_back(redirect_of(browser.opened))
    await asyncio.gather(pasting, in_browser)
    assert sign_in.signed_in
    assert len(schwab.requests) == 1


async def test_a_paste_that_is_refused_for_its_state_leaves_the_browser_its_turn(sign_in, browser, in_browser):
    with pytest.raises(BadData):
        await sign_in.finish(redirect_of(browser.opened, state="wrong"))
    browser.comes_back(redirect_of(browser.opened))
    await in_browser
    assert sign_in.signed_in


async def test_what_schwab_refuses_in_the_browser_is_told(sign_in, heard, browser, in_browser):
    browser.comes_back(with_error(sign_in, browser.opened))
    with pytest.raises(Refused, match="cancelled"):
        await in_browser
    assert [kind for kind, _ in heard.audits] == ["refusal"]


async def test_what_schwab_refuses_of_a_paste_ends_the_waiting_too(sign_in, browser, in_browser):
    with pytest.raises(Refused):
        await sign_in.finish(with_error(sign_in, browser.opened))
    with pytest.raises(Refused, match="cancelled"):
        await in_browser


async def test_a_network_failure_of_a_paste_ends_the_waiting_too(sign_in, schwab, browser, in_browser):
    schwab.token_answer = lambda _: httpx.Response(500)
    with pytest.raises(Transient):
        await sign_in.finish(redirect_of(browser.opened))
    with pytest.raises(Transient):
        await in_browser


@pytest.mark.parametrize("leave", ["begin", "configure", "sign_out"])
async def test_what_makes_the_attempt_void_ends_the_waiting(sign_in, browser, in_browser, leave):
    match leave:
        case "begin":
            sign_in.begin()
        case "configure":
            sign_in.configure("another-key-12", KEY[1], KEY[2])
        case "sign_out":
            await sign_in.sign_out()
    with pytest.raises(BadData):
        await in_browser
    assert not browser.listening


async def test_a_browser_that_never_comes_back_is_told(browser, in_browser):
    browser._url.set_exception(BadData("The browser did not come back in time. Start the sign-in again."))
    with pytest.raises(BadData, match="did not come back"):
        await in_browser


async def test_cancelled_it_stops_listening(sign_in, browser, in_browser):
    in_browser.cancel()
    await asyncio.gather(in_browser, return_exceptions=True)
    assert not browser.listening


async def test_a_stranger_at_the_callback_is_refused_and_in_the_audit_once(sign_in, heard, browser, in_browser):
    for _ in range(1000):
        assert not browser.accepts(redirect_of(browser.opened, state="wrong"))
    assert not browser.accepts(f"{KEY[2]}?code=x")
    assert [kind for kind, _ in heard.audits] == ["refusal"]
    assert browser.accepts(redirect_of(browser.opened))
    browser.comes_back(redirect_of(browser.opened))
    await in_browser
    assert sign_in.signed_in


async def test_where_nothing_can_listen_no_page_is_opened(schwab, heard):
    sign_in = make_sign_in(schwab, heard)
    sign_in.configure(KEY[0], KEY[1], "https://elsewhere.example/")
    with pytest.raises(Unusable, match="not on this machine"):
        await sign_in.finish_in_browser(lambda _url: pytest.fail("a page was opened"))


async def test_through_the_real_listener_the_browser_signs_in(schwab, heard, unused_tcp_port):
    callback = f"http://127.0.0.1:{unused_tcp_port}/"
    sign_in = make_sign_in(schwab, heard)
    sign_in.configure(KEY[0], KEY[1], callback)
    opened = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(sign_in.finish_in_browser(opened.set_result))
    state = httpx.URL(await opened).params["state"]
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
        assert (await http.get(f"{callback}?code=C0.x%40&state=wrong")).status_code == 403
        assert (await http.get(f"{callback}?code=C0.x%40&session=1&state={state}")).status_code == 200
    await task
    assert form_of(schwab.requests[0])["code"] == "C0.x@"
    assert [kind for kind, _ in heard.audits if kind != "key"] == ["refusal", "sign-in"]

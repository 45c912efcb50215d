"""The embedded page: how an attempt runs and ends, which pages are reached, and what is shown around it."""

import asyncio
import datetime
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from monitor.errors import Refused, Transient, Unusable
from monitor.ports import Profile
from monitor.ui.signin import browser, protection
from monitor.ui.signin.address_line import AddressLine
from monitor.ui.signin.browser import SignInBrowser
from monitor.ui.signin.dialog import SignInDialog
from monitor.ui.signin.hosts import AllowedHosts, is_callback, is_login_host, place_of
from monitor.ui.signin.protection import is_old, refuse_unsafe_environment
from monitor.ui.signin.walls import Way
from monitor.ui.theme import Theme
from tests.support.pages import Answer, WebServer, serving
from tests.support.ports import FakeSignIn, until, view_ports

AUTHORIZE = "/v1/oauth/authorize"
CALLBACK = "https://127.0.0.1:8182/"
LOGIN = "<form method=post action=/consent><input name=username value=u autofocus><button>Log in</button></form>"
CONSENT = (
    "<form action=/decide><button name=decision value=allow autofocus>Allow</button>"
    "<button name=decision value=deny>Deny</button></form>"
)
#: A login page, a consent page and the redirect, as Schwab has them.
PAGES = {
    AUTHORIZE: Answer(LOGIN),
    "/consent": Answer(CONSENT),
    "/decide": Answer(status=302, headers={"Location": f"{CALLBACK}?code=C0.abc%40&session=1&state=s"}),
    "/elsewhere": Answer(status=302, headers={"Location": "http://localhost:9/"}),
}


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with serving(PAGES) as started:
        yield started


def profile(sandbox: bool = True) -> Profile:
    return Profile(sandbox=sandbox, data_dir=Path("unused"))


def make(qtbot: QtBot, sign_in: FakeSignIn, address: str, sandbox: bool = True) -> SignInBrowser:
    sign_in.address = address
    ports = view_ports(sign_in=sign_in, profile=profile(sandbox))
    made = SignInBrowser(ports, Theme(), AllowedHosts([QUrl(address).authority()]))
    qtbot.addWidget(made, before_close_func=SignInBrowser.let_go)
    made.show()
    return made


async def test_enter_on_both_pages_signs_in(qtbot: QtBot, server: WebServer) -> None:
    sign_in = FakeSignIn(signed_in=False)
    sign_in.address = server.url(AUTHORIZE)
    dialog = SignInDialog(view_ports(sign_in=sign_in, profile=profile()), Theme(), [server.host])
    qtbot.addWidget(dialog)
    pages: list[str] = []
    ends: list[bool] = []
    dialog.page_loaded.connect(pages.append)
    dialog.sign_in_finished.connect(ends.append)
    dialog.start()
    await until(lambda: len(pages) == 1, 20)
    assert dialog.browser.address.text() == server.url(AUTHORIZE)
    dialog.press_enter()
    await until(lambda: len(pages) == 2)
    dialog.press_enter()
    await until(lambda: ends)
    assert (ends, sign_in.finished) == ([True], [f"{CALLBACK}?code=C0.abc%40&session=1&state=s"])
    assert dialog.isHidden()


async def test_while_the_code_is_exchanged_the_page_waits(qtbot: QtBot, server: WebServer) -> None:
    gate = asyncio.Event()

    class Slow(FakeSignIn):
        async def finish(self, redirected_url: str) -> None:
            await gate.wait()

    page = make(qtbot, Slow(signed_in=False), server.url(AUTHORIZE))
    ends: list[bool] = []
    page.finished.connect(ends.append)
    page.begin()
    page.view.sign_in_page.redirected.emit(f"{CALLBACK}?code=x")
    assert (page.note.text(), page.view.isEnabled(), page.reload.isEnabled()) == ("Signing in…", False, False)
    gate.set()
    await until(lambda: ends)
    assert (ends, page.note.text(), page.reload.isEnabled()) == ([True], "", True)


@pytest.mark.parametrize("failure", [Refused("Schwab did not accept the code."), Transient("Schwab does not answer.")])
async def test_a_refused_code_is_said_and_can_be_retried(
    qtbot: QtBot, server: WebServer, failure: Refused | Transient
) -> None:
    sign_in = FakeSignIn(signed_in=False)
    sign_in.failure = failure
    page = make(qtbot, sign_in, server.url(AUTHORIZE))
    ends: list[bool] = []
    page.finished.connect(ends.append)
    page.begin()
    page.view.sign_in_page.redirected.emit(f"{CALLBACK}?code=x")
    await until(lambda: ends)
    assert ends == [False]
    assert page.card.sentence.text() == failure.sentence
    assert page.view.isHidden()
    page.card.buttons[Way.RELOAD].click()
    assert page.card.isHidden()
    assert not page.view.isHidden()


async def test_a_declined_consent_is_told_as_such(qtbot: QtBot, server: WebServer) -> None:
    sign_in = FakeSignIn(signed_in=False)
    sign_in.failure = Refused("The sign-in was cancelled at Schwab.")
    page = make(qtbot, sign_in, server.url(AUTHORIZE))
    page.begin()
    page.view.sign_in_page.redirected.emit(f"{CALLBACK}?error=access_denied&state=s")
    await until(page.card.isVisible)
    assert page.card.sentence.text() == "You declined at Schwab."


async def test_a_network_that_leads_the_page_away_is_named(qtbot: QtBot, server: WebServer) -> None:
    page = make(qtbot, FakeSignIn(signed_in=False), server.url("/elsewhere"))
    page.begin()
    await until(page.card.isVisible, 20)
    assert page.card.sentence.text() == "This network wants a sign-in of its own."
    assert page.note.text() == "The page wanted to go to localhost, which sign-in never needs."
    assert page.view.isHidden()


async def test_a_page_that_does_not_load_is_said(qtbot: QtBot) -> None:
    page = make(qtbot, FakeSignIn(signed_in=False), "http://127.0.0.1:9/")
    page.begin()
    await until(page.card.isVisible, 20)
    assert page.card.sentence.text() == "The sign-in page does not answer."
    assert page.view.isHidden()


async def test_a_page_that_hangs_is_given_up(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "PATIENCE_MS", 300)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        page = make(qtbot, FakeSignIn(signed_in=False), f"http://127.0.0.1:{silent.getsockname()[1]}/")
        page.begin()
        await until(page.card.isVisible, 20)
    assert page.card.sentence.text() == "The sign-in page does not answer."
    assert page.progress.isHidden()


async def test_the_buttons_of_a_wall_lead_away_from_the_page(qtbot: QtBot, server: WebServer) -> None:
    server.pages["/pending"] = Answer("<title>Whitelabel Error Page</title>", 500)
    page = make(qtbot, FakeSignIn(signed_in=False), server.url("/pending"))
    wanted: list[str] = []
    page.key_wanted.connect(lambda: wanted.append("key"))
    page.other_way_wanted.connect(lambda: wanted.append("other way"))
    page.begin()
    await until(page.card.isVisible, 20)
    page.card.buttons[Way.KEY].click()
    page.card.buttons[Way.OTHER].click()
    assert wanted == ["key", "other way"]


async def test_every_attempt_has_a_page_of_its_own(qtbot: QtBot, server: WebServer) -> None:
    server.pages["/cookie"] = Answer("<script>document.title = document.cookie; document.cookie = 'a=1'</script>")
    page = make(qtbot, FakeSignIn(signed_in=False), server.url("/cookie"))
    pages: list[str] = []
    page.page_loaded.connect(pages.append)
    page.begin()
    await until(lambda: pages, 20)
    page.view.reload()
    await until(lambda: page.view is not None and page.view.title() == "a=1")
    page.reload.click()
    await until(lambda: len(pages) == 3)
    assert page.view.title() != "a=1"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://api.schwabapi.com/v1/oauth/authorize", True),
        ("https://sws-gateway.schwab.com/x", True),
        ("https://schwab.com/", True),
        ("http://api.schwabapi.com/", False),
        ("https://evilschwab.com/", False),
        ("https://api.schwabapi.com.evil.com/", False),
        ("https://api.schwabapi.com@evil.com/", False),
        ("wss://api.schwabapi.com/", False),
        ("ftp://api.schwabapi.com/", False),
        ("file:///etc/passwd", False),
        ("data:text/html,x", False),
        ("http://127.0.0.1:9000/", True),
        ("http://127.0.0.1:9001/", False),
    ],
)
def test_allowed_hosts(address: str, allowed: bool) -> None:
    hosts = AllowedHosts(["api.schwabapi.com", ".schwab.com", "127.0.0.1:9000"])
    assert hosts.allows(QUrl(address)) is allowed


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("https://127.0.0.1:8182/?code=1", True),
        ("https://127.0.0.1:8182?code=1", True),
        ("https://127.0.0.1:81820/?code=1", False),
        ("http://127.0.0.1:8182/?code=1", False),
        ("https://127.0.0.1:8182/other?code=1", False),
    ],
)
def test_callback_is_recognised(address: str, is_it: bool) -> None:
    assert is_callback(QUrl(address), CALLBACK) is is_it


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("https://sws-gateway.schwab.com/ui", True),
        ("https://api.schwabapi.com/v1", True),
        ("https://developer.schwab.com/login", False),
        ("https://static.schwabcdn.com/", False),
        ("http://127.0.0.1:9000/", False),
    ],
)
def test_the_address_turns_amber_where_no_password_belongs(qtbot: QtBot, address: str, is_it: bool) -> None:
    theme = Theme()
    line = AddressLine(theme)
    qtbot.addWidget(line)
    line.show_address(QUrl(f"{address}?code=secret#secret"))
    assert is_login_host(QUrl(address)) is is_it
    assert line.text() == address
    assert (theme.colours.amber in line.field.styleSheet()) is not is_it


def test_the_address_shows_letters_that_pose_as_others() -> None:
    assert place_of(QUrl("https://user:word@schwаb.com/")) == "https://xn--schwb-7ve.com/"


@pytest.fixture
def protected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the page opens."""
    monkeypatch.setattr(protection.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.delenv("QTWEBENGINE_DISABLE_SANDBOX", raising=False)
    refuse_unsafe_environment(sandbox=False)


@pytest.mark.parametrize(
    "name",
    ["QTWEBENGINE_REMOTE_DEBUGGING", "QTWEBENGINE_CHROMIUM_FLAGS", "QTWEBENGINE_DISABLE_SANDBOX", "SSLKEYLOGFILE"],
)
def test_live_pages_do_not_open_unprotected(protected: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "9222")
    refuse_unsafe_environment(sandbox=True)
    with pytest.raises(Unusable, match=name):
        refuse_unsafe_environment(sandbox=False)


@pytest.mark.parametrize(
    "argument", ["--no-sandbox", "--remote-debugging-port=9222", "--disable-web-security", "--webEngineArgs"]
)
def test_nor_with_switches_of_the_browser(protected: None, monkeypatch: pytest.MonkeyPatch, argument: str) -> None:
    monkeypatch.setattr(protection.sys, "argv", ["market-monitor", argument])
    refuse_unsafe_environment(sandbox=True)
    with pytest.raises(Unusable, match=argument.split("=")[0]):
        refuse_unsafe_environment(sandbox=False)


def test_a_browser_without_fixes_for_90_days_is_old() -> None:
    today = datetime.date(2026, 11, 22)
    assert not is_old("155.0.8059.85", today)
    assert is_old("151.0.7922.1", today)


def test_as_root_the_page_says_why_it_does_not_open(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QTWEBENGINE_DISABLE_SANDBOX", raising=False)
    monkeypatch.setattr(protection.os, "geteuid", lambda: 0, raising=False)
    page = make(qtbot, FakeSignIn(signed_in=False), "http://127.0.0.1:9/")
    page.begin()
    assert page.card.sentence.text().startswith("The sign-in page's browser does not run for root.")
    assert page.card.buttons[Way.OTHER].isVisible()
    assert page.view is None


async def test_closing_the_page_while_the_code_is_exchanged_is_quiet(qtbot: QtBot, server: WebServer) -> None:
    gate = asyncio.Event()

    class Slow(FakeSignIn):
        async def finish(self, redirected_url: str) -> None:
            await gate.wait()

    sign_in = Slow(signed_in=False)
    sign_in.address = server.url(AUTHORIZE)
    dialog = SignInDialog(view_ports(sign_in=sign_in, profile=profile()), Theme(), [server.host])
    qtbot.addWidget(dialog)
    ends: list[bool] = []
    dialog.sign_in_finished.connect(ends.append)
    dialog.start()
    dialog.browser.view.sign_in_page.redirected.emit(f"{CALLBACK}?code=x")
    await asyncio.sleep(0)
    dialog.cancel.click()
    gate.set()
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert (ends, dialog.isHidden()) == ([], True)

"""The walls of the sign-in: how a page is recognised, and each of the sandbox's walls through the real page."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QVBoxLayout
from pytestqt.qtbot import QtBot

from monitor.ports import Profile
from monitor.ui.signin import browser as browsing
from monitor.ui.signin import walls
from monitor.ui.signin.browser import SignInBrowser
from monitor.ui.signin.hosts import AllowedHosts
from monitor.ui.signin.walls import PageSeen, Way, recognise
from monitor.ui.theme import Theme
from tests.support.pages import Answer, serving
from tests.support.ports import FakeSignIn, until, view_ports
from tests.support.sandbox import RunningSandbox

CALLBACK = "https://127.0.0.1:8182/"
LOGIN = "Log in to continue\nLogin ID\nPassword\nLog in"


def seen(status: int = 200, title: str = "", text: str = "", host: str = "sws-gateway.schwab.com") -> PageSeen:
    return PageSeen(host, status, title, text)


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (seen(500, "Whitelabel Error Page", "There was an unexpected error"), "app-pending"),
        (seen(500, "", "Whitelabel Error Page\nThis application has no explicit mapping for /error"), "app-pending"),
        (seen(200, "Schwab", "We are unable to complete your request."), "app-pending"),
        (seen(401, "", '{"error":"invalid_client","error_description":"Unauthorized"}'), "invalid-client"),
        (seen(400, "", '{"error": "invalid_client"}'), "invalid-client"),
        (seen(401), "invalid-client"),
        (seen(403, "Access Denied", "You don't have permission to access this server."), "callback-mismatch"),
        (seen(200, "Access Denied"), "callback-mismatch"),
        (seen(500), "server-error"),
        (seen(503, "Service Unavailable"), "server-error"),
        (seen(404, "Not Found"), "unexpected-error"),
        (seen(200, "Voice ID", "Activate Voice ID\nNot now"), "interstitial"),
        (seen(200, "Schwab", "Go paperless today\nRemind me later"), "interstitial"),
        (seen(200, "Log in", f"{LOGIN}\nThat login ID and password do not match."), "wrong-login"),
        (seen(200, "Sign in", "Username\nPassword", "developer.schwab.com"), "developer-portal"),
    ],
)
def test_a_wall_is_known_by_its_words_and_status(page: PageSeen, name: str) -> None:
    wall = recognise(page, CALLBACK)
    assert wall is not None
    assert wall.name == name
    assert wall.sentence.endswith(".")


@pytest.mark.parametrize(
    "page",
    [
        seen(200, "Log in", LOGIN),
        seen(200, "Allow access", "Allow access to your account?\nDeny\nAllow"),
        seen(200, "Schwab", ""),
        seen(302, "", ""),
    ],
)
def test_a_page_that_leads_on_is_no_wall(page: PageSeen) -> None:
    assert recognise(page, CALLBACK) is None


def test_a_login_that_comes_again_is_a_loop_only_without_a_complaint() -> None:
    again = PageSeen("h", 200, "Log in", LOGIN, logins=2)
    complaining = PageSeen("h", 200, "Log in", f"{LOGIN}\nIncorrect password, try again.", logins=2)
    assert recognise(PageSeen("h", 200, "Log in", LOGIN, logins=1), CALLBACK) is None
    assert recognise(again, CALLBACK).name == "login-loop"
    assert recognise(complaining, CALLBACK).name == "wrong-login"


def test_the_callback_is_shown_as_it_was_sent() -> None:
    callback = "HTTPS://127.0.0.1:8182/{odd}"
    for page in (seen(403), PageSeen("h", 200, "Log in", LOGIN, logins=2)):
        assert recognise(page, callback).advice.endswith(f"\n{callback}")


def test_a_wrong_clock_is_told_from_a_stranger_s_certificate() -> None:
    assert "clock" in walls.untrusted(dates_do_not_fit=True).advice
    assert "network" in walls.untrusted(dates_do_not_fit=False).advice


@pytest.fixture
def page(qtbot: QtBot, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignInBrowser]:
    """The embedded page on the sandbox; Enter is pressed on whatever it shows, as long as no wall is known."""
    sign_in = FakeSignIn(signed_in=False)
    sign_in.callback_url = sandbox.callback_url
    asked = {"client_id": sandbox.client_id, "redirect_uri": sandbox.callback_url, "state": "s"}
    sign_in.address = f"{sandbox.base_url}/v1/oauth/authorize?{urlencode(asked)}"
    ports = view_ports(sign_in=sign_in, profile=Profile(sandbox=True, data_dir=Path("unused")))
    made = SignInBrowser(ports, Theme(), AllowedHosts([sandbox.base_url.removeprefix("http://")]))
    made.resize(640, 560)
    qtbot.addWidget(made, before_close_func=SignInBrowser.let_go)
    made.show()
    yield made
    sandbox.clear_faults()


async def at_the_wall(page: SignInBrowser, enter: bool = False) -> None:
    timer = QTimer(interval=200, timeout=lambda: page.card.isVisible() or page.press_enter())
    if enter:
        timer.start()
    page.begin()
    try:
        await until(page.card.isVisible, 20)
    finally:
        timer.stop()  # or it would press on in the tests that follow


@pytest.mark.parametrize(
    ("wall", "name", "ways"),
    [
        ("pending", "app-pending", {Way.RELOAD, Way.KEY}),
        ("unable", "app-pending", {Way.RELOAD, Way.KEY}),
        ("denied", "callback-mismatch", {Way.RELOAD, Way.KEY, Way.OTHER}),
        ("invalid-client", "invalid-client", {Way.RELOAD, Way.KEY}),
        ("error", "server-error", {Way.RELOAD, Way.OTHER}),
    ],
)
async def test_a_wall_at_the_door(
    page: SignInBrowser, sandbox: RunningSandbox, tmp_path: Path, wall: str, name: str, ways: set[Way]
) -> None:
    sandbox.wall(wall)
    await at_the_wall(page)
    assert page.card.wall.name == name
    assert {way for way, button in page.card.buttons.items() if button.isVisible()} == ways
    assert page.view.isHidden()
    assert page.grab().save(str(tmp_path / f"{wall}.png"))
    loaded: list[str] = []
    page.page_loaded.connect(loaded.append)
    page.card.buttons[Way.RELOAD].click()
    await until(lambda: loaded)
    assert page.card.isHidden()


async def test_enter_takes_the_first_way_on_from_a_page_that_leads_nowhere(
    qtbot: QtBot, page: SignInBrowser, sandbox: RunningSandbox
) -> None:
    dialog = QDialog()
    qtbot.addWidget(dialog)
    QVBoxLayout(dialog).addWidget(page)
    dialog.show()
    sandbox.wall("denied")
    await at_the_wall(page)
    first = page.card.buttons[Way.RELOAD]
    assert dialog.focusWidget() is first
    loaded: list[str] = []
    page.page_loaded.connect(loaded.append)
    qtbot.keyClick(first, Qt.Key.Key_Return)
    await until(lambda: loaded)
    assert page.card.isHidden()
    page.setParent(None)  # it is closed by itself


async def test_a_page_that_never_comes(
    page: SignInBrowser, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "PATIENCE_MS", 400)
    sandbox.wall("slow")
    await at_the_wall(page)
    assert page.card.wall == walls.SILENT
    assert page.grab().save(str(tmp_path / "slow.png"))


async def test_the_way_on_is_on_the_page_of_an_offer(
    page: SignInBrowser, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.wall("voice-id")
    await at_the_wall(page, enter=True)
    assert page.card.wall.name == "interstitial"
    assert page.view.isVisible()
    assert page.grab().save(str(tmp_path / "voice-id.png"))


async def test_a_login_loop_is_noticed(page: SignInBrowser, sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.wall("login-loop", 5)
    await at_the_wall(page, enter=True)
    assert page.card.wall.name == "login-loop"
    assert page.card.advice.text().endswith(sandbox.callback_url)
    assert page.view.isVisible()
    assert page.grab().save(str(tmp_path / "login-loop.png"))


async def test_another_callback_than_the_registered_one_is_refused_by_the_page(
    page: SignInBrowser, sandbox: RunningSandbox
) -> None:
    sign_in = page._ports.sign_in
    sign_in.callback_url = sandbox.callback_url.rstrip("/")
    sign_in.address = f"{sandbox.base_url}/v1/oauth/authorize?" + urlencode(
        {"client_id": sandbox.client_id, "redirect_uri": sign_in.callback_url}
    )
    await at_the_wall(page)
    assert page.card.wall.name == "callback-mismatch"
    assert page.card.advice.text().endswith(f"\n{sign_in.callback_url}")


async def test_pages_that_draw_themselves_later_are_looked_at_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "LOOK_MS", 50)
    later = "<body><script>setTimeout(() => document.body.append('{}'), 20)</script>"
    words = "We are unable to complete your request"
    with serving({"/": Answer(later.format(words)), "/typed": Answer(f"<input value='{words}'><p>x")}) as server:
        sign_in = FakeSignIn(signed_in=False)
        sign_in.address = server.url()
        ports = view_ports(sign_in=sign_in, profile=Profile(sandbox=True, data_dir=Path("unused")))
        page = SignInBrowser(ports, Theme(), AllowedHosts([server.host]))
        qtbot.addWidget(page, before_close_func=SignInBrowser.let_go)
        page.show()
        await at_the_wall(page)
        assert page.card.wall == walls.PENDING
        sign_in.address = server.url("/typed")  # what stands in a field is not among the words
        loaded: list[str] = []
        page.page_loaded.connect(loaded.append)
        page.begin()
        await until(lambda: loaded)
        await until(lambda: page._looks_left == 0)
        assert page.card.isHidden()

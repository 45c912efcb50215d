"""The embedded page within the dialog: which pages are reached, and how an attempt ends."""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from monitor.errors import Refused, Unusable
from monitor.ports import Profile
from monitor.ui.signin import protection
from monitor.ui.signin.dialog import SignInDialog
from monitor.ui.signin.hosts import AllowedHosts, is_callback
from monitor.ui.signin.protection import refuse_unsafe_environment
from monitor.ui.theme import Theme
from tests.support.ports import FakeSignIn, until, view_ports

LOGIN = "<form method=post action=/consent><input name=username value=u autofocus><button>Log in</button></form>"
CONSENT = (
    "<img src=http://127.0.0.1:1/x.png><form action=/decide>"
    "<button name=decision value=allow autofocus>Allow</button><button name=decision value=deny>Deny</button></form>"
)
CALLBACK = "https://127.0.0.1:8182/"


class Pages(http.server.BaseHTTPRequestHandler):
    """A login page, a consent page and the redirect, as Schwab has them."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/decide":
            self.send_response(302)
            self.send_header("Location", f"{CALLBACK}?code=C0.abc%40&session=1&state=s")
            self.end_headers()
        elif "elsewhere" in parse_qs(address.query):
            self.send_response(302)
            self.send_header("Location", "http://localhost:1/")
            self.end_headers()
        else:
            self._page(LOGIN)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._page(CONSENT)

    def _page(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def make(qtbot: QtBot, sign_in: FakeSignIn, host: str = "127.0.0.1:1", sandbox: bool = True) -> SignInDialog:
    sign_in.address = f"http://{host}/v1/oauth/authorize"
    ports = view_ports(sign_in=sign_in, profile=Profile(sandbox=sandbox, data_dir=Path("unused")))
    dialog = SignInDialog(ports, Theme(), [host])
    qtbot.addWidget(dialog)
    return dialog


async def test_enter_on_both_pages_signs_in(qtbot: QtBot, host: str) -> None:
    sign_in = FakeSignIn(signed_in=False)
    dialog = make(qtbot, sign_in, host)
    pages: list[str] = []
    ends: list[bool] = []
    dialog.page_loaded.connect(pages.append)
    dialog.sign_in_finished.connect(ends.append)
    dialog.start()
    await until(lambda: len(pages) == 1, 20)
    assert dialog.browser.address.text() == f"http://{host}/v1/oauth/authorize"
    dialog.press_enter()
    await until(lambda: len(pages) == 2)
    dialog.press_enter()
    await until(lambda: ends)
    assert (ends, sign_in.finished) == ([True], [f"{CALLBACK}?code=C0.abc%40&session=1&state=s"])
    assert dialog.isHidden()


async def test_a_refused_code_is_said_and_can_be_retried(qtbot: QtBot, host: str) -> None:
    sign_in = FakeSignIn(signed_in=False)
    sign_in.failure = Refused("Schwab did not accept the sign-in code.")
    dialog = make(qtbot, sign_in, host)
    ends: list[bool] = []
    dialog.sign_in_finished.connect(ends.append)
    dialog.start()
    dialog.browser.view.sign_in_page.redirected.emit(f"{CALLBACK}?code=x")
    await until(lambda: ends)
    assert ends == [False]
    assert dialog.browser.failure.text() == "Schwab did not accept the sign-in code. Reload to try again."
    assert dialog.browser.view.isHidden()
    dialog.browser.reload.click()
    assert not dialog.browser.view.isHidden()
    dialog.reject()


async def test_pages_off_the_list_are_not_opened(qtbot: QtBot, host: str) -> None:
    dialog = make(qtbot, FakeSignIn(signed_in=False), host)
    dialog._ports.sign_in.address += "?elsewhere=1"
    dialog.start()
    await until(lambda: dialog.browser.failure.text(), 20)
    assert dialog.browser.failure.text() == "The page wanted to go to localhost, which sign-in never needs."
    dialog.reject()


async def test_a_page_that_does_not_load_is_one_sentence(qtbot: QtBot) -> None:
    dialog = make(qtbot, FakeSignIn(signed_in=False), "127.0.0.1:1")
    dialog.start()
    await until(lambda: dialog.browser.failure.text(), 20)
    assert dialog.browser.failure.text() == "The page did not load. Check the connection, then reload."
    dialog.reject()


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://api.schwabapi.com/v1/oauth/authorize", True),
        ("https://sws-gateway.schwab.com/x", True),
        ("https://schwab.com/", True),
        ("http://api.schwabapi.com/", False),
        ("https://evilschwab.com/", False),
        ("https://api.schwabapi.com.evil.com/", False),
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


def test_live_pages_do_not_open_unprotected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTWEBENGINE_REMOTE_DEBUGGING", "9222")
    with pytest.raises(Unusable):
        refuse_unsafe_environment(sandbox=False)
    refuse_unsafe_environment(sandbox=True)


def test_as_root_the_dialog_says_why_no_page_opens(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QTWEBENGINE_DISABLE_SANDBOX", raising=False)
    monkeypatch.setattr(protection.os, "geteuid", lambda: 0, raising=False)
    dialog = make(qtbot, FakeSignIn(signed_in=False))
    dialog.start()
    assert dialog.browser.failure.text().startswith("The sign-in page's browser does not run for root.")
    assert dialog.browser.view is None


async def test_closing_the_page_while_the_code_is_exchanged_is_quiet(qtbot: QtBot, host: str) -> None:
    gate = asyncio.Event()

    class Slow(FakeSignIn):
        async def finish(self, redirected_url: str) -> None:
            await gate.wait()

    dialog = make(qtbot, Slow(signed_in=False), host)
    ends: list[bool] = []
    dialog.sign_in_finished.connect(ends.append)
    dialog.start()
    dialog.browser.view.sign_in_page.redirected.emit(f"{CALLBACK}?code=x")
    await asyncio.sleep(0)
    dialog.cancel.click()
    gate.set()
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert (ends, dialog.isHidden()) == ([], True)

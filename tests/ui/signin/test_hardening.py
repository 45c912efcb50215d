"""What a hostile page tries, and that it gets nowhere; one view serves most tests, as a browser is slow to start."""

import ast
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from PySide6.QtCore import QCoreApplication, QEvent, QStandardPaths, Qt, QTimer, QUrl
from PySide6.QtWebEngineCore import QWebEngineProfile, QWebEngineSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.ports import Profile
from monitor.ui.signin.browser import SignInBrowser
from monitor.ui.signin.hosts import AllowedHosts
from monitor.ui.signin.page import SignInView
from monitor.ui.theme import Theme
from tests.support.pages import Answer, WebServer, serving
from tests.support.ports import FakeRecorder, FakeSignIn, until, view_ports

SIGNIN = Path(__file__).parents[3] / "monitor" / "ui" / "signin"
CALLBACK = "https://127.0.0.1:8182/"
#: What a page loads, each from a path of its name; FOREIGN is the other server.
LOADING = """
<link rel=icon href=FOREIGN/icon><link rel=prefetch href=FOREIGN/prefetch>
<link rel=preload as=image href=FOREIGN/preload>
<style>@import 'FOREIGN/css'; body { background: url(FOREIGN/background) }</style>
<img src=FOREIGN/img><script src=FOREIGN/script></script><video src=FOREIGN/video></video>
<iframe src=FOREIGN/iframe></iframe><object data=FOREIGN/object></object><embed src=FOREIGN/embed>
<svg><image href=FOREIGN/svg></svg>
<script>
const asked = new XMLHttpRequest(); asked.open('GET', 'FOREIGN/xhr'); asked.send();
navigator.sendBeacon('FOREIGN/beacon', 'x');
new EventSource('FOREIGN/events');
new Worker(URL.createObjectURL(new Blob(["fetch('FOREIGN/worker', {mode: 'no-cors'})"])));
navigator.serviceWorker.register('/service.js');
fetch('FOREIGN/fetch', {mode: 'no-cors'}).catch(() => 0).then(() => setTimeout(() => fetch('/tried'), 400));
</script>"""
LOADED = (
    *("prefetch", "preload", "css", "background", "img", "script", "video", "iframe", "object", "embed", "svg"),
    *("xhr", "beacon", "events", "worker", "service", "fetch"),
)
SERVICE = "self.addEventListener('install', () => fetch('FOREIGN/service', {mode: 'no-cors'}))"
#: How a page goes elsewhere, or opens something else.
LEAVING = {
    "script": "<script>location = 'FOREIGN/'</script>",
    "meta": "<meta http-equiv=refresh content='0;url=FOREIGN/'>",
    "form": "<form id=f method=post action=FOREIGN/><input name=a value=secret></form><script>f.submit()</script>",
    "form-in-new-window": "<form id=f method=post target=_blank action=FOREIGN/></form><script>f.submit()</script>",
    "window": "<script>window.open('FOREIGN/')</script>",
    "link-in-new-window": "<a id=a target=_blank href=FOREIGN/>x</a><script>a.click()</script>",
    "websocket": "<script>new WebSocket('FOREIGN/'.replace('http', 'ws'))</script>",
    "file": "<script>location = 'file:///etc/hostname'</script><iframe src=file:///etc/hostname></iframe>",
    "data": "<script>location = 'data:text/html,x'</script><iframe src='data:text/html,x'></iframe>",
    "blob": "<script>location = URL.createObjectURL(new Blob(['x'], {type: 'text/html'}))</script>",
    "ftp": "<script>location = 'FOREIGN/'.replace('http', 'ftp')</script>",
    "custom": "<script>location = 'mailto:a@b'</script>",
    "speculation": '<script type=speculationrules>{"prefetch": [{"source": "list", "urls": ["FOREIGN/"]}]}</script>',
}
TRIED = "<script>setTimeout(() => fetch('/tried'), 150)</script>"


@pytest.fixture(scope="module")
def foreign() -> Iterator[WebServer]:
    with serving({}) as started:
        yield started


@pytest.fixture(scope="module")
def pages(foreign: WebServer) -> Iterator[WebServer]:
    with serving({}) as started:
        for name, body in {"loading": LOADING, **{name: TRIED + body for name, body in LEAVING.items()}}.items():
            started.pages[f"/{name}"] = Answer(body.replace("FOREIGN", foreign.url("")))
        script = {"Content-Type": "application/javascript"}
        started.pages["/service.js"] = Answer(SERVICE.replace("FOREIGN", foreign.url("")), headers=script)
        yield started


@pytest.fixture(scope="module")
def view(qapp: QApplication, pages: WebServer) -> Iterator[SignInView]:
    made = SignInView(AllowedHosts([pages.host]), CALLBACK)
    made.show()
    yield made
    made.let_go()
    delete_later()


@pytest.fixture
def refused(view: SignInView) -> Iterator[list[str]]:
    """The kinds of what the page was refused during the test."""
    kinds: list[str] = []
    connection = view.sign_in_page.refused.connect(lambda kind, _: kinds.append(kind))
    yield kinds
    view.sign_in_page.disconnect(connection)


async def titled(view: SignInView, title: str) -> None:
    await until(lambda: view.title() == title, 20)


async def pressed(view: SignInView, reached: Callable[[], object]) -> None:
    """Press Enter until something comes of it, five times a second: a page that is not painted yet takes no keys."""
    timer = QTimer(interval=200, timeout=view.press_enter)
    timer.start()
    try:
        await until(reached, 20)
    finally:
        timer.stop()


async def test_a_page_may_load_from_the_list(qtbot: QtBot, pages: WebServer, foreign: WebServer) -> None:
    """What the next test would see if the list did not hold."""
    view = SignInView(AllowedHosts([pages.host, foreign.host]), CALLBACK)
    view.show()
    view.load(QUrl(pages.url("/loading")))
    await until(lambda: {request.split("/")[1] for request in foreign.requests} >= set(LOADED), 20)
    view.let_go()
    await until(lambda: pages.requests.count("GET /tried"))
    pages.requests.clear()


async def test_a_page_loads_nothing_from_elsewhere(
    pages: WebServer, foreign: WebServer, view: SignInView, refused: list[str]
) -> None:
    foreign.connections = 0
    view.load(QUrl(pages.url("/loading")))
    await until(lambda: "GET /tried" in pages.requests, 20)
    assert foreign.connections == 0
    assert {"content", "page"} == set(refused)


async def test_a_page_goes_nowhere_else(pages: WebServer, foreign: WebServer, view: SignInView) -> None:
    foreign.connections = 0
    windows = set(QApplication.topLevelWidgets())
    for name in LEAVING:
        pages.requests.clear()
        view.load(QUrl(pages.url(f"/{name}")))
        await until(lambda: "GET /tried" in pages.requests, 20)
        assert view.url().path() == f"/{name}"
    assert foreign.connections == 0
    assert set(QApplication.topLevelWidgets()) == windows


async def test_a_click_opens_no_window_either(pages: WebServer, view: SignInView, refused: list[str]) -> None:
    pages.pages["/click"] = Answer("<title>click</title><form target=_blank action=/new><button autofocus>x</button>")
    view.load(QUrl(pages.url("/click")))
    await titled(view, "click")
    await pressed(view, lambda: refused)
    assert set(refused) == {"window"}
    assert "GET /new?" not in pages.requests


async def test_no_datagram_leaves(pages: WebServer, view: SignInView) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        datagrams.setblocking(False)
        stun = f"stun:127.0.0.1:{datagrams.getsockname()[1]}"
        pages.pages["/webrtc"] = Answer(
            "<script>const peer = new RTCPeerConnection({iceServers: [{urls: 'STUN'}]}); peer.createDataChannel('x');"
            "peer.onicecandidate = event => { if (!event.candidate) document.title = 'gathered' };"
            "peer.createOffer().then(offer => peer.setLocalDescription(offer))</script>".replace("STUN", stun)
        )
        view.load(QUrl(pages.url("/webrtc")))
        await titled(view, "gathered")
        with pytest.raises(BlockingIOError):
            datagrams.recv(100)


async def test_nothing_is_downloaded(pages: WebServer, view: SignInView, refused: list[str], tmp_path: Path) -> None:
    view.page().profile().setDownloadPath(str(tmp_path))
    pages.pages["/file"] = Answer("stored", headers={"Content-Disposition": "attachment; filename=file.txt"})
    pages.pages["/downloads"] = Answer(
        "<a id=a href=/file>x</a><a id=b download=b.txt href=/plain>y</a><a id=c download=c.txt href='data:,z'>z</a>"
        "<script>a.click(); setTimeout(() => b.click(), 50); setTimeout(() => c.click(), 100)</script>"
    )
    view.load(QUrl(pages.url("/downloads")))
    await until(lambda: refused.count("download") >= 2, 20)
    assert list(tmp_path.iterdir()) == []


async def test_every_permission_is_denied(pages: WebServer, view: SignInView, refused: list[str]) -> None:
    pages.pages["/ask"] = Answer(
        "<script>Promise.all([new Promise(say => navigator.geolocation.getCurrentPosition(() => say('given'), "
        "error => say(error.code))), Notification.requestPermission(),"
        "navigator.mediaDevices.getUserMedia({video: true}).catch(error => error.name),"
        "navigator.mediaDevices.getDisplayMedia().catch(error => error.name),"
        "navigator.clipboard.readText().catch(error => error.name),"
        "navigator.clipboard.writeText('x').catch(error => error.name)])"
        ".then(answers => document.title = answers.join(' '))</script>"
    )
    before = QApplication.clipboard().text()
    view.load(QUrl(pages.url("/ask")))
    await until(lambda: view.title().startswith("1 "), 20)
    assert "given" not in view.title()
    assert view.title().split()[1] == "denied"
    assert set(view.title().split()[2:]) <= {"NotAllowedError", "NotFoundError", "AbortError", "InvalidStateError"}
    assert "permission" in refused
    assert QApplication.clipboard().text() == before


async def test_a_page_shows_no_boxes(pages: WebServer, view: SignInView, refused: list[str]) -> None:
    pages.pages["/boxes"] = Answer(
        "<script>alert('x'); const sure = confirm('y'), typed = prompt('z', 'w'); print();"
        "document.title = `went on: ${sure} ${typed}`</script>"
    )
    view.load(QUrl(pages.url("/boxes")))
    await titled(view, "went on: false null")
    assert refused == ["box"] * 3
    assert QApplication.activeModalWidget() is None


async def test_a_page_holds_nobody_back(pages: WebServer, view: SignInView, refused: list[str]) -> None:
    pages.pages["/stay"] = Answer(
        "<title>stay</title><form action=/gone><button autofocus>x</button></form>"
        "<script>addEventListener('beforeunload', event => event.preventDefault())</script>"
    )
    view.load(QUrl(pages.url("/stay")))
    await titled(view, "stay")
    await pressed(view, lambda: view.title() == "/gone")
    assert refused == []


async def test_no_file_is_given(pages: WebServer, view: SignInView, refused: list[str]) -> None:
    pages.pages["/upload"] = Answer(
        "<title>upload</title><input id=file type=file><button autofocus onclick=file.click()>x</button>"
    )
    view.load(QUrl(pages.url("/upload")))
    await titled(view, "upload")
    await pressed(view, lambda: refused)
    assert set(refused) == {"file"}


async def test_a_page_does_not_fill_the_screen(pages: WebServer, view: SignInView) -> None:
    pages.pages["/full"] = Answer(
        '<title>full</title><button autofocus onclick="document.body.requestFullscreen()'
        ".then(() => document.title = 'filled', () => document.title = 'refused')\">x</button>"
    )
    view.load(QUrl(pages.url("/full")))
    await titled(view, "full")
    await pressed(view, lambda: view.title() == "refused")


async def test_a_server_s_own_password_box_is_not_answered(
    pages: WebServer, view: SignInView, refused: list[str]
) -> None:
    pages.credentials.clear()
    pages.pages["/basic"] = Answer("who?", 401, {"WWW-Authenticate": "Basic realm=x"})
    statuses: list[int] = []
    ends: list[bool] = []
    connections = (view.sign_in_page.arrived.connect(statuses.append), view.loadFinished.connect(ends.append))
    pages.requests.clear()
    view.load(QUrl(pages.url("/basic")))
    await until(lambda: ends, 20)
    for connection in connections:
        view.disconnect(connection)
    assert (statuses[0], set(refused)) == (401, {"password"})
    assert pages.requests.count("GET /basic") <= 2
    assert pages.credentials <= {"", "Basic Og=="}  # empty name, empty password


def untrusted() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_a_certificate_nobody_vouches_for_is_refused(qtbot: QtBot, pages: WebServer) -> None:
    with serving({}, untrusted()) as stranger:
        sign_in, recorder = FakeSignIn(signed_in=False), FakeRecorder()
        sign_in.address = stranger.url(scheme="https")
        ports = view_ports(sign_in=sign_in, recorder=recorder, profile=Profile(sandbox=True, data_dir=Path("unused")))
        browser = SignInBrowser(ports, Theme(), AllowedHosts([stranger.host, pages.host]))
        qtbot.addWidget(browser, before_close_func=SignInBrowser.let_go)
        browser.show()
        browser.begin()
        await until(browser.card.isVisible, 20)
        assert browser.card.wall.name == "certificate"
        await until(lambda: browser.view.url().scheme() == "https")
        assert browser.address.text() == ""  # no lock beside what failed
        assert browser.view.isHidden()
        pages.pages["/picture"] = Answer(
            f"<img src={stranger.url('/picture', 'https')} onerror=\"document.title='no picture'\">"
        )
        sign_in.address = pages.url("/picture")
        browser.begin()
        await until(lambda: browser.view.title() == "no picture")
        assert browser.card.isHidden()
        assert stranger.requests == []
        sentence = "The certificate of 127.0.0.1 is not trusted; it was refused."
        assert recorder.audits == [("refusal", sentence)] * 2  # one in each attempt
        assert browser.note.text() == sentence


async def test_each_kind_of_refusal_is_audited_once_an_attempt(
    qtbot: QtBot, pages: WebServer, foreign: WebServer
) -> None:
    pages.pages["/pictures"] = Answer(
        f"<img src={foreign.url('/1')}><img src={foreign.url('/2')}><script>alert(1); alert(2);"
        f"setTimeout(() => location = '{foreign.url('/?code=secret')}', 50)</script>"
    )
    sign_in, recorder = FakeSignIn(signed_in=False), FakeRecorder()
    sign_in.address = pages.url("/pictures")
    ports = view_ports(sign_in=sign_in, recorder=recorder, profile=Profile(sandbox=True, data_dir=Path("unused")))
    browser = SignInBrowser(ports, Theme(), AllowedHosts([pages.host]))
    qtbot.addWidget(browser, before_close_func=SignInBrowser.let_go)
    browser.show()
    browser.begin()
    await until(lambda: len(recorder.audits) == 3, 20)
    assert sorted(recorder.audits) == [
        ("refusal", "Something on the page wanted to reach 127.0.0.1; it was kept out."),
        ("refusal", "The page wanted to go to 127.0.0.1, which sign-in never needs."),
        ("refusal", "The page wanted to show a box of its own; it was not shown."),
    ]
    assert browser.note.text() == "The page wanted to go to 127.0.0.1, which sign-in never needs."


async def test_nothing_of_the_page_is_on_disk(pages: WebServer, view: SignInView) -> None:
    secret = "canary-of-the-page"
    pages.pages["/keep"] = Answer(
        f"<script>document.cookie = 'a={secret}; max-age=9999'; localStorage.setItem('a', '{secret}');"
        f"indexedDB.open('{secret}').onsuccess = () => document.title = 'kept'</script>",
        headers={"Cache-Control": "max-age=9999"},
    )
    view.load(QUrl(pages.url("/keep")))
    await titled(view, "kept")
    profile = view.page().profile()
    assert profile.isOffTheRecord()
    assert profile.httpCacheType() is QWebEngineProfile.HttpCacheType.MemoryHttpCache
    assert profile.persistentCookiesPolicy() is QWebEngineProfile.PersistentCookiesPolicy.NoPersistentCookies
    places = QStandardPaths.StandardLocation
    folders = [QStandardPaths.writableLocation(place) for place in (places.AppLocalDataLocation, places.CacheLocation)]
    for folder in {
        Path(folder) for folder in (*folders, profile.persistentStoragePath(), profile.cachePath()) if folder
    }:
        assert not [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_the_page_s_own_powers_are_off(view: SignInView) -> None:
    attribute = QWebEngineSettings.WebAttribute
    settings, profile = view.page().settings(), view.page().profile()
    off = (
        *(attribute.JavascriptCanOpenWindows, attribute.JavascriptCanAccessClipboard, attribute.JavascriptCanPaste),
        *(attribute.LocalContentCanAccessFileUrls, attribute.LocalContentCanAccessRemoteUrls),
        *(attribute.AllowRunningInsecureContent, attribute.AllowGeolocationOnInsecureOrigins),
        *(attribute.ScreenCaptureEnabled, attribute.PluginsEnabled, attribute.PdfViewerEnabled),
        *(attribute.FullScreenSupportEnabled, attribute.HyperlinkAuditingEnabled, attribute.DnsPrefetchEnabled),
        *(attribute.AutoLoadIconsForPage, attribute.NavigateOnDropEnabled),
    )
    assert [name for name in off if settings.testAttribute(name)] == []
    assert settings.testAttribute(attribute.JavascriptEnabled)
    assert settings.testAttribute(attribute.WebRTCPublicInterfacesOnly)
    assert not profile.isSpellCheckEnabled()
    assert not profile.isPushServiceEnabled()
    assert profile.httpUserAgent() == QWebEngineProfile.defaultProfile().httpUserAgent()
    assert profile.scripts().isEmpty()
    assert view.page().scripts().isEmpty()
    assert view.page().webChannel() is None
    assert view.contextMenuPolicy() is Qt.ContextMenuPolicy.NoContextMenu
    assert not view.acceptDrops()


def delete_later() -> None:
    """What a running loop does by itself."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def test_twenty_attempts_leave_nothing_behind(qtbot: QtBot, pages: WebServer) -> None:
    sign_in = FakeSignIn(signed_in=False)
    sign_in.address = pages.url("/one")
    ports = view_ports(sign_in=sign_in, profile=Profile(sandbox=True, data_dir=Path("unused")))
    browser = SignInBrowser(ports, Theme(), AllowedHosts([pages.host]))
    qtbot.addWidget(browser, before_close_func=SignInBrowser.let_go)
    loaded: list[str] = []
    gone: list[str] = []
    renderers: set[int] = set()
    browser.page_loaded.connect(loaded.append)
    for count in range(1, 21):
        browser.begin()
        delete_later()
        browser.view.page().destroyed.connect(lambda: gone.append("page"))
        browser.view.page().profile().destroyed.connect(lambda: gone.append("profile"))
        await until(lambda count=count: len(loaded) == count, 20)
        renderers.add(browser.view.page().renderProcessPid())
    browser.let_go()
    delete_later()
    assert gone == ["page", "profile"] * 20  # Chromium insists on this order
    await until(lambda: not any(map(alive, renderers)), 20)


def test_no_script_is_put_into_a_page() -> None:
    for path in SIGNIN.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        forbidden = {"runJavaScript", "setHtml", "setContent", "toHtml", "setWebChannel", "QWebChannel"}
        forbidden |= {"QWebEngineScript", "scripts", "setHttpUserAgent", "setDevToolsPage", "setInspectedPage"}
        assert not names & forbidden, path.name

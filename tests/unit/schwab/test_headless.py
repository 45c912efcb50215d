"""Signing in to a sandbox without a screen, over pages of a small web server."""

import pytest
from aiohttp import web

from monitor.errors import BadData, MonitorError, Refused, Unusable
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless

CALLBACK = "https://127.0.0.1:8182/"
DETAILS = {
    "client_id": "k",
    "client_secret": "s",
    "callback_url": CALLBACK,
    "username": "u",
    "password": "p",
    "more": 1,
}
LOGIN = """<html><form action="/login" method="post"><input type="hidden" name="page" value="7"><input name=username
 value="prefilled"><input name="password" type="password"><button type="submit">Go</button></form></html>"""
CONSENT = """<form method="post" action="consent"><input name="page" value="8"><button name="decision" value="deny">No
</button><button name="decision" value="allow">Yes</button></form><form><input name="other"></form>"""


class SignInDouble:
    callback_url = CALLBACK

    def __init__(self, base_url):
        self.finished = []
        self._base_url = base_url

    def begin(self):
        return f"{self._base_url}/authorize?state=abc"

    async def finish(self, redirected_url):
        self.finished.append(redirected_url)


@pytest.fixture
async def pages():
    """A server with the pages of a sign-in; ``posted`` holds the forms it was sent."""
    app = web.Application()
    posted = []

    async def post(request):
        posted.append(dict(await request.post()))
        if request.path == "/consent":
            return web.Response(status=302, headers={"Location": f"{CALLBACK}?code=C0.x%40&state=abc"})
        wrong = posted[-1]["password"] != "p"
        return web.Response(text=LOGIN if wrong else CONSENT, content_type="text/html")

    async def show(request):
        texts = {"/authorize": LOGIN, "/empty": "<p>Access Denied</p>", "/away": '<form action="http://127.0.0.2:1/">'}
        return web.Response(text=texts[request.path], content_type="text/html")

    app.add_routes([web.get("/sandbox", tell_details), web.post("/{name}", post), web.get("/{name}", show)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}", posted
    await runner.cleanup()


async def tell_details(_request):
    return web.json_response(DETAILS)


async def test_a_sandbox_tells_its_details(pages):
    details = await sandbox_details(pages[0] + "/")
    assert (details.client_id, details.callback_url, details.username) == ("k", CALLBACK, "u")


async def test_where_nothing_answers_it_says_so():
    with pytest.raises(Unusable, match="No sandbox answers at http://127"):
        await sandbox_details("http://127.0.0.1:1")
    with pytest.raises(Unusable, match="not a sandbox"):
        await sandbox_details("https://api.schwabapi.com")


async def test_the_pages_are_filled_in_and_allowed(pages):
    base_url, posted = pages
    sign_in = SignInDouble(base_url)
    await sign_in_headless(sign_in, Address.of_sandbox(base_url), "u", "p")
    assert posted == [{"page": "7", "username": "u", "password": "p"}, {"page": "8", "decision": "allow"}]
    assert sign_in.finished == [f"{CALLBACK}?code=C0.x%40&state=abc"]


async def test_a_wrong_password_comes_to_an_end(pages):
    with pytest.raises(MonitorError, match="check the username"):
        await sign_in_headless(SignInDouble(pages[0]), Address.of_sandbox(pages[0]), "u", "wrong")


@pytest.mark.parametrize(("page", "words"), [("empty", "did not offer a sign-in"), ("away", "another machine")])
async def test_odd_pages_stop_it(pages, page, words):
    sign_in = SignInDouble(pages[0])
    sign_in.begin = lambda: f"{pages[0]}/{page}"
    with pytest.raises(Refused, match=words):
        await sign_in_headless(sign_in, Address.of_sandbox(pages[0]), "u", "p")


async def test_the_real_schwab_is_never_signed_in_to_this_way(pages):
    sign_in = SignInDouble(pages[0])
    with pytest.raises(Unusable, match="Only a sandbox"):
        await sign_in_headless(sign_in, Address(), "u", "p")
    assert not sign_in.finished
    with pytest.raises((Unusable, BadData)):
        await sign_in_headless(SignInDouble("http://127.0.0.1:1"), Address.of_sandbox("http://127.0.0.1:1"), "u", "p")

"""Sign-in to a sandbox without a screen: its pages are filled in and sent as a person would, by this program itself."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from monitor.errors import MonitorError, Refused, Unusable
from monitor.ports import SignIn
from monitor.schwab.address import Address, is_loopback

_MOST_PAGES = 8
_SECONDS = 10.0


class SandboxDetails(msgspec.Struct, frozen=True):
    """What a sandbox tells about itself: the developer key it knows and the person it lets in."""

    client_id: str
    client_secret: str
    callback_url: str
    username: str
    password: str


async def sandbox_details(base_url: str) -> SandboxDetails:
    """Ask a sandbox for its details. Raises Unusable when nothing of the kind answers there."""
    address = Address.of_sandbox(base_url)
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
            response = await http.get(f"{address.base_url}/sandbox")
        return msgspec.json.decode(response.raise_for_status().content, type=SandboxDetails)
    except (httpx.HTTPError, msgspec.DecodeError, UnicodeError) as error:
        raise Unusable(f"No sandbox answers at {address.base_url}.", type(error).__name__) from error


async def sign_in_headless(sign_in: SignIn, address: Address, username: str, password: str) -> None:
    """Sign in at the sandbox. Raises Unusable at the real Schwab, whose password this program never touches."""
    if address.is_schwab or not is_loopback(urlsplit(address.base_url).hostname):
        raise Unusable("Only a sandbox can be signed in to without a browser.")
    url = sign_in.begin()
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
        try:
            location = await _walk(http, url, sign_in.callback_url, username, password)
        except httpx.HTTPError as error:
            raise Unusable("The sandbox's sign-in page does not answer.", type(error).__name__) from error
    await sign_in.finish(location)


async def _walk(http: httpx.AsyncClient, url: str, callback: str, username: str, password: str) -> str:
    """Fill in page after page until one sends us to the callback."""
    response = await http.get(url)
    for _ in range(_MOST_PAGES):
        if response.is_redirect:
            location = urljoin(str(response.url), response.headers["location"])
            if location.startswith(callback):
                return location
            _stay(url, location)
            response = await http.get(location)
            continue
        form = _first_form(response.text)
        if form is None:
            raise Refused("The sandbox did not offer a sign-in; check the app key and the callback address.")
        target = urljoin(str(response.url), form.action)
        _stay(url, target)
        response = await http.post(target, data=form.filled(username, password))
    raise MonitorError("The sandbox's sign-in did not come to an end; check the username and the password.")


def _stay(url: str, target: str) -> None:
    if urlsplit(url).netloc != urlsplit(target).netloc:
        raise Refused("The sandbox's sign-in led to another machine and was stopped.")


@dataclass
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)

    def filled(self, username: str, password: str) -> dict[str, str]:
        answers = {"username": username, "password": password}
        return {name: answers.get(name, value) for name, value in self.fields.items()}


class _FormReader(HTMLParser):
    """Reads the first form: its inputs, and of its buttons the one that allows."""

    def __init__(self) -> None:
        super().__init__()
        self.form: _Form | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None:
            self.form, self._inside = _Form(values.get("action", "")), True
        elif self._inside and self.form and tag in {"input", "button"} and values.get("name"):
            is_button = tag == "button" or values.get("type") == "submit"
            if not is_button or values.get("value") == "allow":
                self.form.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def _first_form(page: str) -> _Form | None:
    reader = _FormReader()
    reader.feed(page)
    return reader.form

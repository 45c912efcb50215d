"""The browser's part of a sign-in: the address to open, and the code in the address it ends at."""

import hmac
import secrets
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from monitor.errors import BadData, Refused
from monitor.schwab.address import Address
from monitor.schwab.secret import Secret

LONGEST_SECONDS: Final = 600.0


class Attempt:
    """One sign-in attempt with a state of its own; ``begun`` is in monotonic seconds."""

    def __init__(self, client_id: str, callback_url: str, begun: float) -> None:
        self._client_id = client_id
        self._callback_url = callback_url
        self._state = secrets.token_urlsafe(32)
        self._begun = begun
        self._used = False

    def authorize_url(self, address: Address) -> str:
        """Where the browser goes."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback_url,
            "state": self._state,
        }
        return f"{address.base_url}/v1/oauth/authorize?{urlencode(asked, quote_via=quote)}"

    def take_code(self, redirected_url: str, now: float) -> Secret:
        """The code, decoded once, when the redirect is this attempt's beyond doubt; a second time there is none.

        Raises BadData for another address, state or time, Refused when the person or Schwab said no.
        """
        answer = split_url(redirected_url.strip())
        if self._used:
            raise BadData("This sign-in was already used. Start it again.")
        if not hmac.compare_digest(_place(answer), _place(split_url(self._callback_url))):
            raise BadData("This is not the address the sign-in ends at; it must begin with the callback address.")
        pairs = (part.partition("=") for part in answer.query.split("&"))
        values = {name: unquote(value) for name, _, value in pairs}
        if not hmac.compare_digest(values.get("state", "").encode(), self._state.encode()):
            raise BadData("This address belongs to another sign-in. Start the sign-in again.")
        self._used = True
        if now - self._begun > LONGEST_SECONDS:
            raise BadData("This sign-in took longer than ten minutes. Start it again.")
        if values.get("error"):
            raise Refused("The sign-in was cancelled at Schwab.")
        if not values.get("code"):
            raise BadData("The address holds no sign-in code. Start the sign-in again.")
        return Secret(values["code"])


def split_url(url: str) -> SplitResult:
    """The parts of an address. Raises BadData."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise BadData("This is not an address.") from error
    return parts


def _place(parts: SplitResult) -> bytes:
    """Scheme, host, port and path; browsers add the slash of an empty path."""
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path or '/'}".encode()

"""The browser's part of a sign-in: the address to open, and the code in the address it ends at."""

import asyncio
import hmac
import secrets
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from monitor.errors import BadData, MonitorError, Refused
from monitor.schwab.address import Address
from monitor.schwab.secret import Secret

LONGEST_SECONDS: Final = 600.0


class Attempt:
    """One sign-in attempt with a state of its own; ``begun`` is in monotonic seconds.

    ``used`` says that its one redirect has come, ``over`` is set once it is known what came of it.
    """

    def __init__(self, client_id: str, callback_url: str, begun: float) -> None:
        self._client_id = client_id
        self._callback_url = callback_url
        self._state = Secret(secrets.token_urlsafe(32))
        self._begun = begun
        self._failure: MonitorError | None = None
        self.used = False
        self.over = asyncio.Event()

    def authorize_url(self, address: Address) -> str:
        """Where the browser goes."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback_url,
            "state": self._state.reveal(),
        }
        return f"{address.base_url}/v1/oauth/authorize?{urlencode(asked, quote_via=quote)}"

    def accepts(self, redirected_url: str) -> bool:
        """Whether a redirect belongs to this attempt: its place and its state. Nothing is used up by asking."""
        try:
            self._values(redirected_url)
        except BadData:
            return False
        return True

    def take_code(self, redirected_url: str, now: float) -> Secret:
        """The code, decoded once, when the redirect is this attempt's beyond doubt; a second time there is none.

        Raises BadData for another address, state or time, Refused when the person or Schwab said no. The attempt is
        over with that when the redirect was its own.
        """
        if self.used:
            raise BadData("This sign-in was already used. Start it again.")
        values = self._values(redirected_url)
        self.used = True
        try:
            return self._code_in(values, now)
        except MonitorError as error:
            self.end(error)
            raise

    def end(self, failure: MonitorError | None = None) -> None:
        """It is known what came of it: a sign-in, or ``failure``."""
        self.used = True
        self._failure = failure
        self.over.set()

    async def outcome(self) -> None:
        """Wait for the end. Raises what made it fail."""
        await self.over.wait()
        if self._failure is not None:
            raise type(self._failure)(self._failure.sentence, self._failure.detail)

    def _code_in(self, values: dict[str, str], now: float) -> Secret:
        if now - self._begun > LONGEST_SECONDS:
            raise BadData("This sign-in took longer than ten minutes. Start it again.")
        if values.get("error"):
            raise Refused("The sign-in was cancelled at Schwab.")
        if not values.get("code"):
            raise BadData("The address holds no sign-in code. Start the sign-in again.")
        return Secret(values["code"])

    def _values(self, redirected_url: str) -> dict[str, str]:
        """What the redirect says, once its place and its state are this attempt's. Raises BadData."""
        answer = split_url(redirected_url.strip())
        if not hmac.compare_digest(_place(answer), _place(split_url(self._callback_url))):
            raise BadData("This is not the address the sign-in ends at; it must begin with the callback address.")
        pairs = (part.partition("=") for part in answer.query.split("&"))
        values = {name: unquote(value) for name, _, value in pairs}
        if "state" not in values:
            raise BadData(
                "The address is cut short, or of another sign-in. Copy all of it, or start the sign-in again."
            )
        if not hmac.compare_digest(values["state"].encode(errors="surrogatepass"), self._state.reveal().encode()):
            raise BadData("This address belongs to another sign-in. Start the sign-in again.")
        return values


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
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path or '/'}".encode(errors="surrogatepass")

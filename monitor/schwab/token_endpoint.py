"""The token endpoint: a code or a refresh token in, tokens out, and what its answers mean."""

import base64
import logging
from typing import Final

import httpx
import msgspec

from monitor.errors import BadData, MonitorError, Refused, SignInNeeded, Transient
from monitor.ports import Priority, asking
from monitor.schwab import answers
from monitor.schwab.address import SCHWAB
from monitor.schwab.endpoint import TOKEN_PATH
from monitor.schwab.secret import Secret
from monitor.schwab.tokens import Kept

_log = logging.getLogger(__name__)

AGAIN: Final = "Please sign in again."
#: What Schwab says of a refresh token that is too old, revoked or wrong. The first stands inside the second's text.
_REFUSED_TOKEN: Final = b"refresh_token_authentication_error"
_REFUSED_GRANTS: Final = frozenset({"unsupported_token_type", "invalid_grant"})
# An answer that comes late still counts: the code or the token that was sent may be spent. The transport has a limit.
_TIMEOUT = httpx.Timeout(None, connect=10.0)


class Granted(msgspec.Struct, frozen=True):
    """What the token endpoint grants, as it answers it; ``expires_in`` in seconds."""

    access_token: Secret
    refresh_token: Secret = Secret("")
    expires_in: float = 1800


class TokenEndpoint:
    """Asks for tokens with the developer key in ``kept``."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._http = httpx.AsyncClient(base_url=SCHWAB, transport=transport, timeout=_TIMEOUT)

    async def close(self) -> None:
        await self._http.aclose()

    async def exchange(self, kept: Kept, code: Secret) -> Granted:
        """Tokens for a sign-in's code. Raises Refused, Transient or BadData."""
        form = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": kept.callback_url}
        with asking(Priority.SIGN_IN, "sign-in"):
            response = await self._ask(kept, form)
        if response.status_code == 400:
            raise Refused(f"Schwab did not take the sign-in's code; it lives for half a minute only. {AGAIN}")
        if response.status_code == 401:
            raise Refused("Schwab does not know this app key and secret; check both in the developer portal.")
        granted = _granted(response)
        if not granted.refresh_token:
            raise BadData("Schwab's answer held no refresh token.")
        return granted

    async def renew(self, kept: Kept) -> Granted:
        """Tokens for the refresh token in ``kept``.

        Raises SignInNeeded when Schwab says beyond doubt that it renews no more. A page, a refusal by the network's
        edge or an answer that cannot be read ends no sign-in: those raise Transient or BadData.
        """
        form = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token.reveal()}
        with asking(Priority.RENEWAL, "renewal of the access token"):
            response = await self._ask(kept, form)
        if (ended := _why_ended(response)) is not None:
            raise SignInNeeded(ended, f"HTTP {response.status_code}")
        return _granted(response)

    async def _ask(self, kept: Kept, form: dict[str, str]) -> httpx.Response:
        pair = f"{kept.client_id}:{kept.client_secret.reveal()}"
        basic = Secret(base64.b64encode(pair.encode()).decode())
        headers = {"Authorization": f"Basic {basic.reveal()}"}
        return await self._http.post(TOKEN_PATH, data=form, headers=headers)


def _granted(response: httpx.Response) -> Granted:
    """The tokens in a success. Raises Transient or BadData; never shows Schwab's misleading error names."""
    if response.status_code != 200 or answers.is_page(response):
        raise _trouble(response)
    granted: Granted = answers.read(response, Granted)
    if not granted.access_token or not granted.expires_in > 0:
        raise BadData("Schwab's answer held no usable token.")
    return granted


def _trouble(response: httpx.Response) -> MonitorError:
    error = answers.meaning(response)
    if isinstance(error, Transient):
        return error
    return Transient("Schwab's sign-in service gave an answer that makes no sense here.", error.detail)


def _why_ended(response: httpx.Response) -> str | None:
    """A sentence when this answer to a renewal ends the sign-in."""
    if response.status_code not in {400, 401} or answers.is_page(response):
        return None
    error = _error_in(response.content)
    if response.status_code == 401:
        unknown = (
            "Schwab no longer knows this app key and secret. Check both in the developer portal, then sign in again."
        )
        return unknown if error == "invalid_client" else None
    refused = error in _REFUSED_GRANTS or _REFUSED_TOKEN in response.content
    return f"Schwab has ended this sign-in. {AGAIN}" if refused else None


def _error_in(content: bytes) -> str:
    try:
        body = msgspec.json.decode(content, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    return str(body.get("error", ""))

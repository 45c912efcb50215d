"""Puts the access token on every request, and renews it once when Schwab does not take it."""

from collections.abc import AsyncGenerator
from typing import Protocol

import httpx

from monitor.schwab.secret import Secret


class TokenSource(Protocol):
    """Who has the access token. Both raise SignInNeeded or Transient."""

    async def access_token(self) -> Secret: ...

    async def renewed(self, refused: Secret) -> Secret:
        """Another token than ``refused``."""


class TokenAuth(httpx.Auth):
    """``Authorization: Bearer`` from a TokenSource; a 401 is answered with one renewal and one more try.

    An app without the right product hears 401 whatever its token. A token that was refused although it was new is
    therefore not renewed once more for each further request.
    """

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens
        self._in_vain: Secret | None = None

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._tokens.access_token()
        response = yield _with(token, request)
        if response.status_code == 401 and token != self._in_vain:
            token = await self._tokens.renewed(refused=token)
            response = yield _with(token, request)
            self._in_vain = token if response.status_code == 401 else None
        elif response.status_code == 200:
            self._in_vain = None


def _with(token: Secret, request: httpx.Request) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.reveal()}"
    return request

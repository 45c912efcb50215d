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
    """``Authorization: Bearer`` from a TokenSource; a 401 is answered with one renewal and one more try."""

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._tokens.access_token()
        request.headers["Authorization"] = f"Bearer {token.reveal()}"
        response = yield request
        if response.status_code == 401:
            token = await self._tokens.renewed(refused=token)
            request.headers["Authorization"] = f"Bearer {token.reveal()}"
            yield request

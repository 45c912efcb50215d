"""schwab-py, imported once and quietly: its client and its stream, and what of it this program relies on."""

import logging
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

with warnings.catch_warnings():
    # authlib warns of httpx, and schwab-py imports the old websockets client; neither is used here. authlib puts its
    # own warnings first when it is imported, so they are silenced after that.
    import authlib.deprecate  # noqa: F401

    warnings.simplefilter("ignore")
    from schwab.client import AsyncClient
    from schwab.contrib.util import StreamJsonDecoder
    from schwab.streaming import StreamClient

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncClient", "CurrentToken", "MarketClient", "StreamClient", "StreamJsonDecoder"]

# At DEBUG these print tokens, headers and whole answers, and at INFO every address with what is asked in it.
for _name in ("schwab", "httpx", "httpcore", "websockets", "authlib", "keyring"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class CurrentToken:
    """Stands in for schwab-py's token metadata: the token of this moment, for the streamer's LOGIN."""

    def __init__(self, reveal: Callable[[], str]) -> None:
        self._reveal = reveal

    @property
    def token(self) -> dict[str, str]:
        return {"access_token": self._reveal()}


class MarketClient(AsyncClient):  # type: ignore[misc]
    """schwab-py's client over our session; it checks every answer and logs none.

    The app key stays out of it: only the token endpoint asks for that. ``check`` raises what an answer means when it
    is not a success.
    """

    def __init__(
        self,
        session: "httpx.AsyncClient",
        token: CurrentToken,
        check: "Callable[[httpx.Response], None]",
    ) -> None:
        super().__init__("", session, token_metadata=token)
        self._check = check

    async def _get_request(self, path: str, params: dict[str, Any]) -> "httpx.Response":
        response = await self.session.get("https://api.schwabapi.com" + path, params=params)
        self._check(response)
        return response  # type: ignore[no-any-return]

"""The client that every subject asks: schwab-py's, over our transport and with the sign-in's tokens."""

from collections.abc import Callable

import httpx

from monitor.clock import now_ms
from monitor.schwab import answers
from monitor.schwab.auth import TokenAuth
from monitor.schwab.library import CurrentToken, MarketClient
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.transport import SchwabTransport

#: Of each step. httpx's own 5 s are too few for a line that takes 2 s each way; the transport limits the whole.
_TIMEOUT = httpx.Timeout(15.0)


def market_client(sign_in: SchwabSignIn, transport: SchwabTransport) -> MarketClient:
    """schwab-py's client over our transport, with the sign-in's tokens; close it with ``close_async_session``."""
    session = httpx.AsyncClient(
        auth=TokenAuth(sign_in),
        transport=transport,
        headers={"Accept": "application/json"},
        follow_redirects=False,
        timeout=_TIMEOUT,
    )
    return MarketClient(session, CurrentToken(sign_in.reveal_access_token), answers.check)


class Asking:
    """What every subject is made of: a client, and a clock that stamps what is a picture of a moment."""

    def __init__(self, client: MarketClient, now_ms: Callable[[], int] = now_ms) -> None:
        self._client = client
        self._now_ms = now_ms

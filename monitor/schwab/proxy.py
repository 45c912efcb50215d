"""The system's HTTP proxy, where there is one: the way to Schwab for REST and stream alike, never to this machine."""

from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass  # what the system is set to; nothing is fetched

import httpx

from monitor.errors import Unusable
from monitor.schwab.address import is_loopback
from monitor.schwab.tls import client_context

_MOST_CONNECTIONS: Final = 8
_SCHEMES: Final = frozenset({"http", "https"})


def system_proxy(host: str) -> str | None:
    """The URL of the proxy on the way to ``host``, which is spoken to in TLS; None where the way is straight.

    It may hold a password. Raises Unusable when the setting cannot be understood.
    """
    if is_loopback(host) or proxy_bypass(host):
        return None
    setting = getproxies().get("https", "")
    if not setting:
        return None
    url = setting if "://" in setting else f"http://{setting}"
    try:
        parts = urlsplit(url)
        fits = parts.scheme in _SCHEMES and parts.hostname and (parts.port or 80) > 0 and parts.path in {"", "/"}
        whole = (parts.username is None) == (parts.password is None) and not parts.query and not parts.fragment
    except ValueError:
        fits = whole = False
    if not (fits and whole):
        raise Unusable("This system's setting of an HTTPS proxy cannot be used: it must be like http://host:port.")
    return url


class SystemWay(httpx.AsyncBaseTransport):
    """HTTP by the way that the system is set to at the moment of each request."""

    def __init__(self) -> None:
        # Made late: reading the system's certificates takes 20 ms.
        self._ways: dict[str | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = system_proxy(request.url.host)
        way = self._ways.get(proxy)
        if way is None:
            limits = httpx.Limits(max_connections=_MOST_CONNECTIONS)
            way = self._ways[proxy] = httpx.AsyncHTTPTransport(verify=client_context(), limits=limits, proxy=proxy)
        return await way.handle_async_request(request)

    async def aclose(self) -> None:
        for way in self._ways.values():
            await way.aclose()

"""Which addresses the embedded page may reach: a short list, and nothing else."""

from collections.abc import Sequence

from PySide6.QtCore import QUrl

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: Where a brokerage password belongs; the portal is Schwab's too, but takes another login.
_LOGIN_HOSTS = (".schwabapi.com", ".schwab.com")
_PORTAL = "developer.schwab.com"
#: Documents without an address of their own; what they load is checked as everything is.
_EMPTY = {"about:blank", "about:srcdoc"}


class AllowedHosts:
    """A list of ``host``, ``host:port`` or ``.domain`` (the domain and all below it).

    Only https is let through; plain http on this machine alone, where the sandbox is.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = tuple(host.lower() for host in hosts)

    def allows(self, url: QUrl) -> bool:
        """Whether the page may go to ``url`` or fetch it."""
        host = url.host().lower()
        if url.scheme() != "https" and not (url.scheme() == "http" and host in _LOOPBACK):
            return False
        return any(_matches(entry, host, url.port()) for entry in self._hosts)

    def allows_inside(self, url: QUrl) -> bool:
        """Whether a frame within the page may show ``url``."""
        return url.toString() in _EMPTY or self.allows(url)


def _matches(entry: str, host: str, port: int) -> bool:
    if entry.startswith("."):
        return host == entry[1:] or host.endswith(entry)
    return entry in (host, f"{host}:{port}")


def is_callback(url: QUrl, callback_url: str) -> bool:
    """Whether ``url`` is the redirect that ends the sign-in: the registered address with a query."""
    callback = QUrl(callback_url)
    same_place = (url.scheme(), url.host(), url.port()) == (callback.scheme(), callback.host(), callback.port())
    return same_place and (url.path() or "/") == (callback.path() or "/")


def is_login_host(url: QUrl) -> bool:
    """Whether ``url`` is where Schwab asks for the brokerage login, over an encrypted connection."""
    host = url.host().lower()
    return url.scheme() == "https" and host != _PORTAL and any(_matches(entry, host, -1) for entry in _LOGIN_HOSTS)


def host_of(url: QUrl) -> str:
    """The host as the wire has it, so that no foreign letter can pose as a Latin one."""
    return url.host(QUrl.ComponentFormattingOption.FullyEncoded)


def place_of(url: QUrl) -> str:
    """Scheme, host, port and path: the query of a sign-in holds the state and the key, and is not shown."""
    host = host_of(url)
    host = f"[{host}]" if ":" in host else host
    port = f":{url.port()}" if url.port() != -1 else ""
    return f"{url.scheme()}://{host}{port}{url.path()}"

"""Which addresses the embedded page may reach: a short list, and nothing else."""

from collections.abc import Sequence

from PySide6.QtCore import QUrl

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


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


def _matches(entry: str, host: str, port: int) -> bool:
    if entry.startswith("."):
        return host == entry[1:] or host.endswith(entry)
    return entry in (host, f"{host}:{port}")


def is_callback(url: QUrl, callback_url: str) -> bool:
    """Whether ``url`` is the redirect that ends the sign-in: the registered address with a query."""
    callback = QUrl(callback_url)
    same_place = (url.scheme(), url.host(), url.port()) == (callback.scheme(), callback.host(), callback.port())
    return same_place and (url.path() or "/") == (callback.path() or "/")

"""Where Schwab is: the real hosts, or a sandbox on this machine; nothing else is ever contacted."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.errors import Refused, Unusable

#: REST and sign-in of the real Schwab. schwab-py has this host built in, so every request starts out with it.
SCHWAB = "https://api.schwabapi.com"
_STREAMER = re.compile(r"([a-z0-9-]+\.)+schwab(api)?\.com")


@dataclass(frozen=True, slots=True)
class Address:
    """The base URL of REST and sign-in; without one it is the real Schwab.

    ``sandbox`` tells whose world it is: whose tokens, keyring entry and database belong to it. A test lets a sandbox
    stand in for the real Schwab by giving its URL without that.
    """

    base_url: str = SCHWAB
    sandbox: bool = False

    @classmethod
    def of_sandbox(cls, base_url: str) -> "Address":
        """A sandbox's address. Raises Unusable unless it is plain http on this very machine."""
        url = base_url.strip().rstrip("/")
        try:
            parts = urlsplit(url)
            fits = parts.scheme == "http" and is_loopback(parts.hostname) and parts.port and not parts.path
        except ValueError:
            fits = False
        if not fits:
            raise Unusable(f"“{base_url}” is not a sandbox on this machine. Example: http://127.0.0.1:8080.")
        return cls(url, sandbox=True)

    @property
    def is_schwab(self) -> bool:
        """Whether requests go to Schwab's own hosts."""
        return self.base_url == SCHWAB

    @property
    def keyring_service(self) -> str:
        """The name under which the operating system's password store keeps the token file's key."""
        return "market-monitor sandbox" if self.sandbox else "market-monitor"

    def check_streamer(self, url: str) -> str:
        """The streamer's URL as user preferences told it, once it is where a streamer may be. Raises Refused."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        if not self.is_schwab:
            fits = parts.scheme == "ws" and is_loopback(host) if host else False
        else:
            fits = bool(_STREAMER.fullmatch(host)) and parts.scheme == "wss" and port in {None, 443}
        # Others may read a URL with such signs in another way than we do.
        plain = url.isascii() and url.isprintable() and not set(url) & set(" @\\")
        if not (fits and plain):
            raise Refused("The streamer's address is not one of Schwab's, so it was not contacted.", f"host {host!r}")
        return url


def is_loopback(host: str | None) -> bool:
    """Whether a host name can only mean this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False

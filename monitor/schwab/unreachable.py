"""Why Schwab cannot be reached, by the error that a failed try left: the network, a proxy, or who stands between."""

import errno
import socket
from typing import Final

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, ProxyError

from monitor.schwab.tls import refusal

_NO_WAY_OUT: Final = frozenset({errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH})


def why(error: BaseException | None) -> str:
    """What to tell a person about ``error`` and what caused it; empty when it tells nothing special."""
    if sentence := refusal(error):
        return sentence
    while error is not None:
        if sentence := _of_one(error):
            return sentence
        error = error.__cause__ or error.__context__
    return ""


def _of_one(error: BaseException) -> str:
    if isinstance(error, socket.gaierror):
        return "No internet: Schwab's address cannot be looked up."
    if isinstance(error, OSError) and error.errno in _NO_WAY_OUT:
        return "No internet: this machine has no way to Schwab."
    if isinstance(error, ProxyError):
        return "This network's proxy does not let the stream through."
    if isinstance(error, InvalidStatus) and error.response.status_code >= 500:
        return f"Schwab's streamer cannot serve just now (HTTP {error.response.status_code})."
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return f"Something on the way does not let the stream through (HTTP {status}): a proxy or a firewall, perhaps."
    if isinstance(error, InvalidHandshake) and not isinstance(error, InvalidMessage):
        return "Something on the way spoils the stream's beginning: a proxy or a firewall, perhaps."
    return ""

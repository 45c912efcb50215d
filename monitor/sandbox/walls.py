"""The walls people meet at the sign-in instead of the next page, with the words they read there (PROTOCOL 2).

Schwab's own words were taken from reports of users; nothing says how those pages look, so here they look like the rest.
"""

import secrets
import time

from aiohttp import web

from monitor.sandbox import answers
from monitor.sandbox.failures import hang
from monitor.sandbox.faults import Wall

#: Met when the sign-in is opened.
AT_THE_DOOR: frozenset[Wall] = frozenset({"pending", "unable", "denied", "invalid-client", "error", "slow"})
#: Met after name and password were right.
AFTER_LOGIN: frozenset[Wall] = frozenset({"voice-id", "login-loop"})


async def stand(wall: Wall, request: web.Request) -> web.StreamResponse:
    """What a wall at the door answers."""
    match wall:
        case "pending":
            return _whitelabel()
        case "unable":
            return answers.page("unable")
        case "denied":
            return answers.page("denied", 403)
        case "invalid-client":
            return answers.invalid_client()
        case "slow":
            return await hang(request)
        case _:
            return web.Response(status=500, body=b"")


def _whitelabel() -> web.Response:
    """The fallback of a Spring service, which Schwab shows for an app that is not ready for use."""
    created = time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime())
    return answers.page(
        "whitelabel", 500, created=created, reference=f"{secrets.token_hex(4)}-{secrets.randbelow(90_000)}"
    )

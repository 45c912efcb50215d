"""Whether the sign-in page may open on this machine, and with what its browser is started."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from monitor.errors import Unusable

_SWITCH = "QTWEBENGINE_DISABLE_SANDBOX"
_FLAGS = "QTWEBENGINE_CHROMIUM_FLAGS"
#: Each of these opens the page, or what it sends, to other programs or takes its protection away.
_UNSAFE = (_SWITCH, "QTWEBENGINE_REMOTE_DEBUGGING", _FLAGS, "SSLKEYLOGFILE")
_UNSAFE_ARGUMENTS = (
    "--webEngineArgs",
    "--remote-debugging-port",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-web-security",
    "--ignore-certificate-errors",
)
#: WebRTC goes past the interceptor: with this no page finds out addresses of the machine, or sends datagrams.
_CONTAINED = "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"
#: Chromium 140 came out on that day, and each later one four weeks after the one before.
_RELEASE, _RELEASED, _BETWEEN = 140, date(2025, 9, 2), timedelta(weeks=4)
_OLD = timedelta(days=90)


def refuse_unsafe_environment(sandbox: bool) -> None:
    """Raises Unusable when the browser would end the program, or be a danger to a real password.

    The sandbox's own pages need no protection from anything.
    """
    found = [name for name in _UNSAFE if os.environ.get(name)]
    found += [name for name in _UNSAFE_ARGUMENTS if any(word.split("=")[0] == name for word in sys.argv)]
    if found and not sandbox:
        raise Unusable(f"The sign-in page does not open while {found[0]} is set, because it weakens the page.")
    if not os.environ.get(_SWITCH) and hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium cannot isolate its pages as root, and would abort the whole process.
        raise Unusable("The sign-in page's browser does not run for root. Start the program as another user.")


@contextmanager
def contained() -> Iterator[None]:
    """While it lasts Chromium starts contained; it reads its switches when the first profile of the process is made."""
    before = os.environ.get(_FLAGS)
    os.environ[_FLAGS] = f"{before} {_CONTAINED}" if before else _CONTAINED
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FLAGS]
        else:
            os.environ[_FLAGS] = before


def is_old(chromium: str, today: date) -> bool:
    """Whether the last security fixes of the browser, by their Chromium version, are older than 90 days."""
    released = _RELEASED + (int(chromium.split(".")[0]) - _RELEASE) * _BETWEEN
    return today - released > _OLD

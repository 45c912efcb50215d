"""Whether the sign-in page may open on this machine; asked before the browser is loaded."""

import os

from monitor.errors import Unusable

_SWITCH = "QTWEBENGINE_DISABLE_SANDBOX"
#: Each of these opens the page to other programs or takes its protection away.
_UNSAFE = (_SWITCH, "QTWEBENGINE_REMOTE_DEBUGGING", "QTWEBENGINE_CHROMIUM_FLAGS")


def refuse_unsafe_environment(sandbox: bool) -> None:
    """Raises Unusable when the browser would end the program, or be a danger to a real password.

    The sandbox's own pages need no protection from anything.
    """
    found = [name for name in _UNSAFE if os.environ.get(name)]
    if found and not sandbox:
        raise Unusable(f"The sign-in page does not open while {found[0]} is set, because it weakens the page.")
    if not os.environ.get(_SWITCH) and hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium cannot isolate its pages as root, and would abort the whole process.
        raise Unusable("The sign-in page's browser does not run for root. Start the program as another user.")

"""The passphrase that may come with the environment: read once, and taken out of it before any child is started."""

import os
from typing import Final

from monitor.schwab.secret import Secret

VARIABLE: Final = "MARKET_MONITOR_PASSPHRASE"
_taken = Secret("")


def take_from_environment() -> None:
    """Remember the passphrase for this run; what this program starts from now on does not inherit it."""
    global _taken
    _taken = Secret(os.environ.pop(VARIABLE, ""))


def of_this_run() -> Secret:
    """What the environment held; empty when it held nothing."""
    return _taken

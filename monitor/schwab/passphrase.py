"""Passphrases of this run: a person is asked once, and the environment gives one that no child process inherits."""

import os
from pathlib import Path
from typing import Final

from monitor.schwab.secret import Secret

VARIABLE: Final = "MARKET_MONITOR_PASSPHRASE"
_taken = Secret("")
_typed: dict[Path, Secret] = {}


def take_from_environment() -> None:
    """Remember the passphrase of the environment; what this program starts from now on does not inherit it."""
    global _taken
    _taken = Secret(os.environ.pop(VARIABLE, ""))


def remember(path: Path, passphrase: Secret) -> None:
    """Keep what a person typed for a file: another program may take the profile over and give it back."""
    _typed[path] = passphrase


def forget(path: Path) -> None:
    """A new one must be chosen for the file, unless the environment gave one."""
    _typed.pop(path, None)


def known_for(path: Path) -> Secret:
    """What was typed for the file in this run, else what the environment held; empty without either."""
    return _typed.get(path, _taken)

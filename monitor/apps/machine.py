"""What this machine offers to the program: Python, Qt, SQLite, a display."""

import os
import sys

_BROWSER_SWITCH = "QTWEBENGINE_DISABLE_SANDBOX"


def qt_version() -> str:
    """The version of PySide6 that is installed, or an empty string; found without importing it."""
    from importlib import metadata  # loads half of the e-mail library, which --help need not wait for

    try:
        return metadata.version("PySide6")
    except metadata.PackageNotFoundError:
        return ""


def bad_qt_pair(python: tuple[int, ...] = sys.version_info[:2], qt: str | None = None) -> str:
    """Why this PySide6 must not run on this Python, or an empty string when it may.

    PySide6 6.12 loses references to None; before Python 3.12, where None became immortal, that ends the process.
    """
    version = qt_version() if qt is None else qt
    if python < (3, 12) and version.split(".")[:2] == ["6", "12"]:
        return (
            f"PySide6 {version} crashes on Python {'.'.join(map(str, python))}; "
            "install PySide6 6.11.3, or use Python 3.12 or later."
        )
    return ""


def has_display() -> bool:
    """Whether a window can be shown: on Linux a display is named in the environment, elsewhere there is one."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def runs_as_root() -> bool:
    """Whether this process has all rights on a Unix system."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def settle_browser(sandbox: bool) -> None:
    """Chromium, behind the sign-in page, ends the whole process when it is to isolate pages and runs as root.

    The sandbox's own pages need no isolation; Schwab's do, so there the sign-in says why it does not open: also after
    the sandbox's pages were open in the same process, whose browser then isolates nothing.
    """
    if sandbox and runs_as_root():
        os.environ.setdefault(_BROWSER_SWITCH, "1")


def wal_reset_remark(sqlite: tuple[int, int, int]) -> str:
    """What to know about this SQLite's write-ahead log, or an empty string when there is nothing."""
    if sqlite >= (3, 51, 3):
        return ""
    return (
        "before 3.51.3 two connections that write at once can lose pages; "
        "this program writes with one only, so leave its database to it while it runs"
    )

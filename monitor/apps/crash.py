"""What a crash leaves behind: where every thread stood, in the logs folder, and nothing of the program's memory."""

import contextlib
import ctypes
import faulthandler
import logging
import os
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

_log = logging.getLogger(__name__)

_KEPT = 3
_PR_SET_DUMPABLE = 4
_file: TextIOWrapper | None = None  # faulthandler writes into it as long as the program runs
_last_crash = ""


def set_up(folder: Path, name: str = "crash", opens_pages: bool = True) -> str:
    """Write a crash into ``folder/logs/NAME.log`` from now on; gives a sentence when the last run ended with one.

    No core is dumped, for it would hold every token. A program that opens no pages is also closed to debuggers and to
    other programs that would read its memory. One that does cannot be: Chromium then runs Schwab's page without the
    user namespace that walls it off, and says nothing.
    """
    global _last_crash
    _dump_no_core()
    if not opens_pages:
        _close_to_others()
    path = folder / "logs" / f"{name}.log"
    try:
        _last_crash = _set_aside(path)
        _write_into(path)
    except OSError as error:
        _log.warning("a crash will leave no report: %s", error)
    if _last_crash:
        _log.warning("%s", _last_crash)
    return _last_crash


def last_crash() -> str:
    """The sentence that set_up gave."""
    return _last_crash


def _set_aside(path: Path) -> str:
    """Keep the report of the last run, and the newest few of all."""
    if not path.exists() or not path.stat().st_size:
        return ""
    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    report = path.with_name(f"{path.stem}-{moment:%Y-%m-%d-%H%M%S}.log")
    path.replace(report)
    for old in sorted(path.parent.glob(f"{path.stem}-*.log"))[:-_KEPT]:
        old.unlink(missing_ok=True)
    return f"The program crashed the last time; {report} tells where it stood."


def _write_into(path: Path) -> None:
    global _file
    path.parent.mkdir(mode=0o700, exist_ok=True)
    before, _file = _file, os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a")
    faulthandler.enable(_file, all_threads=True)
    if before is not None:
        before.close()


def _dump_no_core() -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _close_to_others() -> None:
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        _log.warning("the program's memory could not be closed to other programs")

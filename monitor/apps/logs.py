"""The programs' logs: a file each in the data folder, kept small, without secrets."""

import logging
import os
import sys
import threading
import time
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from monitor.errors import Unusable
from monitor.schwab.redact import RedactingFilter
from monitor.whole_file import PRIVATE

_log = logging.getLogger(__name__)

FILE_NAME = "market-monitor.log"
COLLECTOR_FILE_NAME = "collector.log"
_FILE_BYTES = 5_000_000
_OLD_FILES = 4  # beside the current one: five of 5 MB at most
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"
_CLOCK = "%Y-%m-%dT%H:%M:%S"


def set_up_file(folder: Path, name: str = FILE_NAME) -> Path:
    """Log to ``folder/logs`` from now on, instead of any file before; gives the file's path.

    Window and collector may run at the same time in one profile, while one waits for the other: each rotates a file of
    its own. Raises Unusable when the file cannot be opened or MARKET_MONITOR_LOG_LEVEL names no level.
    """
    set_levels()
    path = folder / "logs" / name
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        file = _PrivateFile(path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
    except OSError as error:
        raise Unusable(f"The log {path} cannot be written.", str(error)) from error
    _replace(file)
    _take_what_python_prints()
    return path


def set_up_stderr(teller: str = "") -> None:
    """Show the log on stderr, as the programs without a window do. Raises Unusable as set_up_file.

    With a ``teller`` only that logger's warnings are shown: what it has to say to the person; the file has the rest.
    """
    set_levels()
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING if teller else logging.NOTSET)
    handler.addFilter(logging.Filter(teller))
    handler.addFilter(lambda record: record.name != "monitor.apps.cli")  # it prints its sentence there itself
    _replace(handler)
    _take_what_python_prints()


def log_file() -> Path | None:
    """The file that is logged to, if any."""
    files = [handler for handler in logging.getLogger().handlers if isinstance(handler, _PrivateFile)]
    return Path(files[0].baseFilename) if files else None


def set_levels() -> None:
    """Log as much as MARKET_MONITOR_LOG_LEVEL asks for; of other people's code never the debug lines."""
    level = log_level()
    logging.getLogger().setLevel(max(level, logging.INFO))  # their debug lines hold requests, headers and tokens
    logging.getLogger("monitor").setLevel(level)


def log_level() -> int:
    """The level that MARKET_MONITOR_LOG_LEVEL asks for, INFO without it. Raises Unusable for a word that is none."""
    word = os.environ.get("MARKET_MONITOR_LOG_LEVEL", "INFO").strip().upper()
    if word not in _LEVELS:
        raise Unusable(f"MARKET_MONITOR_LOG_LEVEL is “{word}”. Use one of {', '.join(_LEVELS)}.")
    return logging.getLevelNamesMapping()[word]


def _take_what_python_prints() -> None:
    """Warnings, and what is raised where nobody can catch it, are lines of the log: there they are redacted."""
    logging.captureWarnings(True)
    threading.excepthook = _log_thread
    sys.unraisablehook = _log_unraisable


def _log_thread(failed: threading.ExceptHookArgs) -> None:
    name = failed.thread.name if failed.thread else "a thread"
    if failed.exc_value is not None:
        _log.error("uncaught in %s", name, exc_info=failed.exc_value)


def _log_unraisable(failed: "sys.UnraisableHookArgs") -> None:
    _log.error("%s %r", failed.err_msg or "uncaught in", failed.object, exc_info=failed.exc_value)


def _replace(handler: logging.Handler) -> None:
    root = logging.getLogger()
    for old in [each for each in root.handlers if type(each) is type(handler)]:
        root.removeHandler(old)
        old.close()
    _attach(handler)


def _attach(handler: logging.Handler) -> None:
    handler.addFilter(RedactingFilter())
    formatter = logging.Formatter(_FORMAT, _CLOCK)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


class _PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner may read, from its first moment on."""

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
        if os.name != "nt":
            os.fchmod(handle, PRIVATE)  # one that is there already may be anybody's to read
        return os.fdopen(handle, "a", encoding="utf-8")

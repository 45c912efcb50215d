"""The command line: runs the command that was typed, and turns every failure into one sentence and an exit code.

Each program is imported when it is run, so the sandbox needs no Qt and the collector no screen.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from monitor.apps import arguments
from monitor.apps.machine import bad_qt_pair, has_display, settle_browser
from monitor.apps.options import CollectOptions, DoctorOptions, ExportOptions, GuiOptions, ImportOptions
from monitor.errors import MonitorError, Unusable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_log = logging.getLogger(__name__)
FAILED = 1
O_ = TypeVar("O_", bound="DataclassInstance")


def run(typed: Sequence[str]) -> int:
    """Run a command and give its exit code: 0 done, 1 failed. Raises SystemExit 2 on wrong usage."""
    _replace_missing_streams()
    command = arguments.parse(typed)
    from monitor.schwab.passphrase import take_from_environment  # here, so that --help need not wait for it

    take_from_environment()
    logging.getLogger().addHandler(logging.NullHandler())  # until a log is set up, the sentence below says enough
    try:
        code = _COMMANDS[command.command](command)
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_quietly()
    except MonitorError as error:
        _log.error("%s %s", error.sentence, error.detail)
        return _fail(error.sentence)
    except KeyboardInterrupt:
        return _fail("Interrupted.")
    except Exception:  # noqa: BLE001  whatever it was, a person reads a sentence and the log keeps the rest
        return _fail(_keep_traceback(sandbox=command.command == "sandbox"))
    return code


def _gui(command: argparse.Namespace) -> int:
    from monitor.interrupt import interruptible

    with interruptible() as interrupt:
        options = _as(GuiOptions, command)
        _refuse_bad_qt()
        _choose_platform(options)
        settle_browser(options.sandboxed)
        _keep_log(options.sandboxed, options.chosen_folder)
        from monitor.apps.desktop import run as run_desktop

        return run_desktop(options, interrupt)


def _sandbox(command: argparse.Namespace) -> int:
    from monitor.interrupt import interruptible

    with interruptible() as interrupt:
        from monitor.apps.logs import set_up_stderr
        from monitor.sandbox.server import SandboxOptions
        from monitor.sandbox.server import run as run_sandbox

        set_up_stderr()
        return run_sandbox(_as(SandboxOptions, command), interrupt)


def _collect(command: argparse.Namespace) -> int:
    from monitor.interrupt import interruptible

    with interruptible() as interrupt:
        from monitor.apps.logs import set_up_stderr

        set_up_stderr("monitor.apps.collector")
        _keep_log(bool(command.sandbox_url), command.data_dir, collector=True)
        from monitor.apps.collector import run as run_collector

        return run_collector(_as(CollectOptions, command), interrupt)


def _export(command: argparse.Namespace) -> int:
    from monitor.apps.export import run as run_export

    return run_export(_as(ExportOptions, command))


def _import(command: argparse.Namespace) -> int:
    from monitor.interrupt import interruptible

    with interruptible() as interrupt:
        from monitor.apps.bar_import import run as run_import

        return run_import(_as(ImportOptions, command), interrupt)


def _doctor(command: argparse.Namespace) -> int:
    from monitor.apps.doctor import run as run_doctor

    return run_doctor(_as(DoctorOptions, command))


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "gui": _gui,
    "sandbox": _sandbox,
    "collect": _collect,
    "export": _export,
    "import": _import,
    "doctor": _doctor,
}


def _as(kind: type[O_], command: argparse.Namespace) -> O_:
    values: dict[str, Any] = {field.name: getattr(command, field.name) for field in fields(kind)}
    return kind(**values)


def _keep_log(sandbox: bool, folder: Path | None, collector: bool = False) -> None:
    """Log into the profile from now on, and leave a report there should the program crash."""
    from monitor.apps import crash, logs
    from monitor.apps.settings import data_dir

    profile = data_dir(sandbox, folder)
    logs.set_up_file(profile, logs.COLLECTOR_FILE_NAME if collector else logs.FILE_NAME)
    crash.set_up(profile, "collector-crash" if collector else "crash", opens_pages=not collector)


def _refuse_bad_qt() -> None:
    sentence = bad_qt_pair()
    if sentence:
        raise Unusable(sentence)


def _choose_platform(options: GuiOptions) -> None:
    """Draw offscreen where that was asked for, or where a picture is wanted and there is no display."""
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return
    if "QT_QPA_PLATFORM" in os.environ or has_display():
        return
    if options.screenshot is None and options.tour is None:
        raise Unusable(
            "This machine has no display to open a window on; set QT_QPA_PLATFORM=offscreen to run without one."
        )
    print("This machine has no display: the program runs offscreen.", file=sys.stderr)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


def _keep_traceback(sandbox: bool) -> str:
    from monitor.apps.logs import log_file, set_up_file
    from monitor.apps.settings import data_dir

    try:
        path = log_file() or set_up_file(data_dir(sandbox))
    except MonitorError as error:
        return f"Something went wrong that should not have, and it could not be logged: {error.sentence}"
    _log.exception("unforeseen")
    return f"Something went wrong that should not have; the log {path} has the details."


def _replace_missing_streams() -> None:
    """Started with its output or errors closed, or without a console, the program prints into nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_WRONLY)
            setattr(
                sys, name, os.fdopen(nothing, "w", encoding="utf-8", closefd=False)
            )  # never closed, as the real one


def _leave_quietly() -> int:
    """Whoever read our output has enough of it; Python must not complain about that when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return FAILED

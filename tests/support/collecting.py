"""The collector in a process of its own, until a test has what it wants and all that was sent is on disk."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.sandbox import RunningSandbox

_PATIENCE_SECONDS = 90.0
Status = dict[str, Any]


def collected(
    sandbox: RunningSandbox, folder: Path, *options: str | Path, until: Callable[[Status], bool]
) -> tuple[dict[str, Any], str]:
    """Record until the sandbox's status is as wanted, then let nothing more come, and end; gives the sum and stderr."""
    source = ("--sandbox-url", sandbox.base_url, "--data-dir", folder)
    command = [sys.executable, "-m", "monitor", "collect", *map(str, (*options, *source))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _wait(process, lambda: until(sandbox.status()))
        sandbox.befall("mute-service")
        # All comes on one connection, in its order: when the quotes are there, so is what was sent before them.
        _wait(process, lambda: _quotes_on_disk(folder) >= quotes_sent(sandbox.status()))
        process.send_signal(signal.SIGINT)
        output, said = process.communicate(timeout=_PATIENCE_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0, said
    return json.loads(output.splitlines()[-1]), output + said


def quotes_sent(status: Status) -> int:
    """Items of all services of Level 1."""
    return sum(sent["items"] for service, sent in status["sent"].items() if service.startswith("LEVELONE"))


def _quotes_on_disk(folder: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM quote").fetchone()[0])
    except sqlite3.OperationalError:  # it is not there yet
        return 0


def _wait(process: "subprocess.Popen[str]", condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, "the collector has ended"
        assert time.monotonic() < limit, "what the collector was to record did not come"
        time.sleep(0.05)

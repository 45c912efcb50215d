"""A crash leaves a report that names where each thread stood, and nothing of what the program knew."""

import faulthandler
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.apps import crash

CRASHING = """
import ctypes, os, resource, sys, threading
from pathlib import Path
from monitor.apps import crash
from monitor.schwab.secret import Secret

def stand_in_a_thread(ready):
    secret, text = Secret("canary-of-the-thread"), "canary-of-the-thread"
    ready.set()
    threading.Event().wait()

def dereference_null():
    secret, text = Secret("canary-of-the-crash"), "canary-of-the-crash"
    ctypes.string_at(0)

resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
os.chdir(sys.argv[1])
crash.set_up(Path(sys.argv[1]), opens_pages=sys.argv[2] == "opens pages")
ready = threading.Event()
threading.Thread(target=stand_in_a_thread, args=(ready,), daemon=True).start()
ready.wait()
print(ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE), flush=True)
dereference_null()
"""


@pytest.fixture
def handler_as_before() -> Iterator[None]:
    """faulthandler serves the test run itself; the file of the test is closed."""
    yield
    faulthandler.enable(sys.__stderr__)
    if crash._file is not None:
        crash._file.close()
    crash._file, crash._last_crash = None, ""


@pytest.mark.parametrize(("program", "dumpable"), [("opens pages", 1), ("opens none", 0)])
def test_a_crash_leaves_a_report_without_secrets_and_no_core(tmp_path: Path, program: str, dumpable: int) -> None:
    (tmp_path / "logs").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(tmp_path), program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGSEGV, done.stderr
    assert done.stdout == f"{dumpable} (0, 0)\n"
    report = tmp_path / "logs" / "crash.log"
    text = report.read_text()
    assert "Segmentation fault" in text
    assert "dereference_null" in text
    assert "stand_in_a_thread" in text
    assert text.count("hread 0x") == 2
    assert "canary" not in text + done.stdout + done.stderr
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.rglob("*")] == ["logs", "crash.log"]


def test_the_next_start_tells_and_keeps_the_newest_three(tmp_path: Path, handler_as_before: None) -> None:
    (tmp_path / "logs").mkdir()
    assert crash.set_up(tmp_path) == ""
    for second in range(5):
        report = tmp_path / "logs" / "crash.log"
        report.write_text(f"crash {second}")
        os.utime(report, (1_795_000_000 + second,) * 2)
        sentence = crash.set_up(tmp_path)
    name = "crash-2026-11-18-110644.log"
    assert sentence == f"The program crashed the last time; {tmp_path / 'logs' / name} tells where it stood."
    assert crash.last_crash() == sentence
    kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert kept == ["crash-2026-11-18-110642.log", "crash-2026-11-18-110643.log", name, "crash.log"]
    assert (tmp_path / "logs" / name).read_text() == "crash 4"
    assert crash.set_up(tmp_path) == ""


def test_window_and_collector_have_a_report_each(tmp_path: Path, handler_as_before: None) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "crash.log").write_text("the window's")
    assert crash.set_up(tmp_path, "collector-crash") == ""
    assert (tmp_path / "logs" / "crash.log").read_text() == "the window's"


def test_a_place_where_nothing_can_be_written_does_not_stop_the_program(
    tmp_path: Path, handler_as_before: None, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").write_text("")
    assert crash.set_up(tmp_path) == ""
    assert "a crash will leave no report" in caplog.text

"""One chart with one number of bars, in a process of its own that is ended when it takes too much time or memory."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

SCRIPTS = Path(__file__).parent
_LOOKS_SECONDS = 0.25


@dataclass
class Outcome:
    """What was found of a chart: times in ms (and ``memory`` in MB) by hand, and why it did not come to the end."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    version: str = ""
    gave_up: str = ""


@dataclass(frozen=True)
class Limits:
    """How long a process may take until the first paint and until each hand is done; for how long a hand is repeated;
    and what may be taken of memory.
    """

    seconds: float = 120
    done_seconds: float = 75
    hand_seconds: float = 3
    gigabytes: float = 8


def run(python: Path, chart: str, bars: Path, limits: Limits, pictures: Path | None) -> Outcome:
    """Have a chart under the hands; what was found before it gave up is kept."""
    outcome = Outcome()
    command = [python, SCRIPTS / f"{chart}_chart.py", bars, limits.hand_seconds, pictures or "-"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=said)
        ends = [time.monotonic() + limits.seconds]
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(process, ends, done, limits, outcome))
        watch.start()
        finished = False
        for line in process.stdout or ():
            if not line.startswith(b"{"):  # what a peer says by itself
                continue
            found = json.loads(line)
            outcome.version = found.pop("version", outcome.version)
            finished = found.pop("done", finished)
            outcome.figures |= found
            if "first" in outcome.figures:
                ends[0] = time.monotonic() + limits.done_seconds
        code = process.wait()
        done.set()
        watch.join()
        if not finished and not outcome.gave_up:
            said.seek(0)
            outcome.gave_up = _ended(code, said.read().decode(errors="replace"))
    return outcome


def _watch(
    process: "subprocess.Popen[bytes]", ends: list[float], done: threading.Event, limits: Limits, outcome: Outcome
) -> None:
    while not done.wait(_LOOKS_SECONDS):
        family = _family(process.pid)
        if time.monotonic() > ends[0]:
            painted = "first" in outcome.figures
            wanted, seconds = ("hand", limits.done_seconds) if painted else ("first paint", limits.seconds)
            outcome.gave_up = f"no {wanted} within {seconds:g} s"
        elif sum(map(_resident, family)) > limits.gigabytes * 1e9:
            outcome.gave_up = f"more than {limits.gigabytes:g} GB"
        else:
            continue
        for one in reversed(family):
            _end(one)
        return


def _family(process: int) -> list[int]:
    """The process and its children, and theirs."""
    found = [process]
    for one in found:  # which grows
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


def _resident(process: int) -> int:
    """Bytes of memory that a process has; none once it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def _end(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _ended(code: int, said: str) -> str:
    """Why a process ended by itself, in a few words."""
    if code < 0:
        return f"it crashed ({signal.Signals(-code).name})"
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].strip()[:160] if lines else f"it ended with {code}"

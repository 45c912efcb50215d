"""What this program takes of the machine: memory and processor time, as cheaply as the system tells them."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from monitor.ports import ProcessHealth

_STATM = Path("/proc/self/statm")
#: The processor's share is an average of at least so long: shorter ones tell of the clock's grain only.
_LEAST_SECONDS = 1.0


class ProcessMeter:
    """Answers with the share of a core since it was last asked, if that is not too short a while ago."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time
    ) -> None:
        self._monotonic, self._used = monotonic, used
        self._at, self._before = monotonic(), used()
        self._cpu: float | None = None

    def read(self) -> ProcessHealth:
        now = self._monotonic()
        if now - self._at >= _LEAST_SECONDS:
            used = self._used()
            self._cpu = max(0.0, used - self._before) / (now - self._at)
            self._at, self._before = now, used
        return ProcessHealth(_memory_bytes(), self._cpu)


def _memory_bytes() -> int | None:
    """What is resident now; None where only the system's own tools would tell."""
    with suppress(OSError, ValueError, IndexError, AttributeError):
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None

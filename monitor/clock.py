"""The wall clock in the program's own unit, and a clock that goes on while the machine sleeps."""

import sys
import time

# On macOS the clock of this name counts sleep, unlike the one behind time.monotonic.
_SLEEPLESS = getattr(time, "CLOCK_MONOTONIC" if sys.platform == "darwin" else "CLOCK_BOOTTIME", None)


def now_ms() -> int:
    """Milliseconds UTC now."""
    return time.time_ns() // 1_000_000


def since_boot() -> float:
    """Seconds that only ever grow, those of the machine's sleep among them; nobody can set this clock.

    ``time.monotonic`` leaves the sleep out on Linux and macOS; on Windows it counts it too.
    """
    return time.clock_gettime(_SLEEPLESS) if _SLEEPLESS is not None else time.monotonic()

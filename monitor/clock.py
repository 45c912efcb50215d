"""The wall clock in the program's own unit."""

import time


def now_ms() -> int:
    """Milliseconds UTC now."""
    return time.time_ns() // 1_000_000

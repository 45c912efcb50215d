"""Spans of time in words, each as its place has room for."""

import math

_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000


def two_units(ms: int) -> str:
    """A span in its two largest units: 3 d 4 h, 8 h 12 min, 40 min."""
    days, hours, minutes = ms // _DAY_MS, ms % _DAY_MS // _HOUR_MS, ms % _HOUR_MS // _MINUTE_MS
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def roughly(ms: int) -> str:
    """A rough span in one unit, in a sentence: 2 days, 13 hours, 1 minute."""
    for unit_ms, least, name in ((_DAY_MS, 36 * _HOUR_MS, "day"), (_HOUR_MS, 55 * _MINUTE_MS, "hour")):
        if ms >= least:
            return _counted(round(ms / unit_ms), name)
    return _counted(max(1, round(ms / _MINUTE_MS)), "minute")


def tight(seconds: float) -> str:
    """A span of any length in a tight cell: 40 ms, 1.3 s, 75 s, 12 min."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 59.95 else left(seconds)


def left(seconds: float) -> str:
    """What is left of a wait, rounded up: 12 s, 75 s, 6 min."""
    return f"{math.ceil(seconds)} s" if seconds < 300 else f"{math.ceil(seconds / 60)} min"


def _counted(count: int, name: str) -> str:
    return f"1 {name}" if count == 1 else f"{count} {name}s"

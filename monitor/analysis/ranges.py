"""Half-open ranges of time, and what is missing between what is there."""

from collections.abc import Iterable

Range = tuple[int, int]


def missing(have: Iterable[Range], start: int, end: int) -> list[Range]:
    """The parts of [start, end) that no range of ``have`` covers, ascending."""
    holes, at = [], start
    for first, last in sorted(have):
        if first > at:
            holes.append((at, min(first, end)))
        at = max(at, last)
        if at >= end:
            break
    if at < end:
        holes.append((at, end))
    return [(first, last) for first, last in holes if first < last]

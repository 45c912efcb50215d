"""Half-open ranges of time: what is missing between what is there, and how to ask for it in pieces."""

from collections.abc import Iterable, Iterator

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


def pieces_newest_first(ranges: Iterable[Range], longest: int) -> Iterator[Range]:
    """The ranges cut into pieces of at most ``longest``, the newest piece first."""
    for start, end in sorted(ranges, reverse=True):
        while end > start:
            first = max(start, end - longest)
            yield first, end
            end = first

"""Ranges of time: holes are found exactly, and asked for in pieces that never overlap."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.ranges import missing, pieces_newest_first

times = st.integers(min_value=0, max_value=60)
some_ranges = st.lists(st.tuples(times, times).map(lambda pair: (min(pair), max(pair))), max_size=8)


def covered(ranges: list[tuple[int, int]]) -> set[int]:
    return {moment for start, end in ranges for moment in range(start, end)}


@given(some_ranges, times, times)
def test_missing_is_exactly_what_is_not_covered(have: list[tuple[int, int]], start: int, end: int) -> None:
    assert covered(missing(have, start, end)) == set(range(start, end)) - covered(have)


@given(some_ranges, st.integers(min_value=1, max_value=10))
def test_pieces_cover_the_ranges_once_newest_first(have: list[tuple[int, int]], longest: int) -> None:
    holes = missing(have, 0, 60)
    pieces = list(pieces_newest_first(holes, longest))
    assert sum(end - start for start, end in pieces) == len(covered(holes)) == len(covered(pieces))
    assert all(end - start <= longest for start, end in pieces)
    assert pieces == sorted(pieces, reverse=True)

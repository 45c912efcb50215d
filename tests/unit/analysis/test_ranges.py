"""Ranges of time: holes are found exactly."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.ranges import missing

times = st.integers(min_value=0, max_value=60)
some_ranges = st.lists(st.tuples(times, times).map(lambda pair: (min(pair), max(pair))), max_size=8)


def covered(ranges: list[tuple[int, int]]) -> set[int]:
    return {moment for start, end in ranges for moment in range(start, end)}


@given(some_ranges, times, times)
def test_missing_is_exactly_what_is_not_covered(have: list[tuple[int, int]], start: int, end: int) -> None:
    assert covered(missing(have, start, end)) == set(range(start, end)) - covered(have)

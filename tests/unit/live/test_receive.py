"""Stamps of receipt only ever grow."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.live.receive import ReceiveClock


def clock(*readings_us: int, last_us: int = 0) -> ReceiveClock:
    readings: Iterator[int] = iter(readings_us)
    return ReceiveClock(last_us, lambda: next(readings) * 1000)


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 60))
def test_stamps_grow_whatever_the_clock_does(readings: list[int], last_us: int) -> None:
    receive = clock(*readings, last_us=last_us)
    stamps = [last_us, *(receive.stamp() for _ in readings)]
    assert all(earlier < later for earlier, later in pairwise(stamps))
    assert all(stamp >= reading for stamp, reading in zip(stamps[1:], readings, strict=True))


def test_a_stamp_is_the_clocks_own_reading_whenever_that_is_later() -> None:
    receive = clock(10, 10, 5, 30)
    assert [receive.stamp() for _ in range(4)] == [10, 11, 12, 30]


def test_stamps_go_on_after_the_last_one_on_disk() -> None:
    assert clock(10, last_us=99).stamp() == 100


def test_what_comes_together_is_stamped_with_one_reading() -> None:
    receive = clock(10, 12, 40)
    assert [list(receive.stamps(3)), list(receive.stamps(2)), list(receive.stamps(1))] == [[10, 11, 12], [13, 14], [40]]

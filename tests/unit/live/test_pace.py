"""The pace of a service: rate, lag and age from frames, and the clocks compared by heartbeats."""

import pytest

from monitor.live.pace import Paces
from monitor.market.gap import Cause, Gap

HOUR_MS = 3_600_000


class Clocks:
    """A monotonic and a wall clock that go together."""

    def __init__(self) -> None:
        self.seconds = 1000.25
        self.ahead_ms = 0  # of the streamer's clock

    def monotonic(self) -> float:
        return self.seconds

    def wall_ms(self) -> int:
        return round(self.seconds * 1000) + self.ahead_ms

    def streamer_ms(self) -> int:
        return round(self.seconds * 1000)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def paces(clocks: Clocks) -> Paces:
    return Paces(clocks.monotonic, clocks.wall_ms)


def test_the_rate_is_that_of_the_last_ten_whole_seconds(paces: Paces, clocks: Clocks) -> None:
    for _ in range(30):
        for _ in range(4):
            paces.count("CHART_EQUITY", 5, clocks.streamer_ms())
        clocks.seconds += 1
    pace = paces.services["CHART_EQUITY"]
    assert pace.rate(clocks.seconds) == 20
    assert pace.items == 600
    assert pace.rate(clocks.seconds + 5) == 10
    assert pace.rate(clocks.seconds + 60) == 0  # and what is old does not come back round the ring


def test_a_service_that_has_just_begun_is_not_averaged_over_seconds_before_it(paces: Paces, clocks: Clocks) -> None:
    paces.count("CHART_EQUITY", 6, clocks.streamer_ms())
    pace = paces.services["CHART_EQUITY"]
    assert pace.rate(clocks.seconds) == 0  # not a whole second yet
    assert pace.rate(clocks.seconds + 2) == 3


def test_the_lag_is_the_median_of_the_last_minute(paces: Paces, clocks: Clocks) -> None:
    for late in (10_000, 10_000, 10_000, 40, 50, 60):
        paces.count("NYSE_BOOK", 1, clocks.streamer_ms() - late)
        clocks.seconds += 61 if late == 10_000 else 1
    pace = paces.services["NYSE_BOOK"]
    assert pace.lag_ms(clocks.seconds) == 50
    assert pace.lag_ms(clocks.seconds + 120) is None


def test_a_burst_does_not_push_the_rest_of_the_minute_out(paces: Paces, clocks: Clocks) -> None:
    for _ in range(50):
        paces.count("NYSE_BOOK", 1, clocks.streamer_ms() - 30)
        clocks.seconds += 1
    for _ in range(5000):
        paces.count("NYSE_BOOK", 1, clocks.streamer_ms() - 900)
    assert paces.services["NYSE_BOOK"].lag_ms(clocks.seconds) == 30


def test_heartbeats_tell_how_far_this_clock_is_off(paces: Paces, clocks: Clocks) -> None:
    assert paces.offset_ms is None
    clocks.ahead_ms = -400
    for delay in (20, 5, 130):
        paces.beat(clocks.streamer_ms() - delay)
    assert paces.offset_ms == -395
    paces.forget_beats()
    paces.beat(0)  # one that does not say when it was sent
    assert paces.offset_ms is None


def test_a_hole_counts_once_from_its_beginning_to_its_end_and_for_a_day(paces: Paces, clocks: Clocks) -> None:
    began = clocks.wall_ms()
    paces.take_gap(Gap("CHART_EQUITY", began, Cause.CONNECTION))
    paces.take_gap(Gap("CHART_EQUITY", began, Cause.CONNECTION, began + 5000))
    assert paces.gaps() == [Gap("CHART_EQUITY", began, Cause.CONNECTION, began + 5000)]
    clocks.seconds += 25 * 3600
    assert paces.gaps() == []

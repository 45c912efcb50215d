"""Holes: when they begin and end, by a clock that nobody can set."""

import pytest

from monitor.market.gap import Cause, Gap
from monitor.schwab.coverage import Coverage, StreamTime

QUOTES, CHART = "LEVELONE_EQUITIES", "CHART_EQUITY"
HOUR_MS = 3_600_000


@pytest.fixture
def told():
    return []


@pytest.fixture
def coverage(told):
    coverage = Coverage()
    coverage.tell = told.append
    return coverage


def test_a_hole_is_told_when_it_begins_and_when_it_is_over(coverage, told):
    coverage.answered(QUOTES, 500)
    assert coverage.covers(QUOTES)
    coverage.lose({QUOTES: 1000}, Cause.CONNECTION, "Lost.")
    assert not coverage.covers(QUOTES)
    coverage.answered(QUOTES, 3000)
    begun = Gap(QUOTES, 1000, Cause.CONNECTION, None, "", "Lost.")
    assert told == [begun, Gap(QUOTES, 1000, Cause.CONNECTION, 3000, "", "Lost.")]


def test_failures_after_the_first_keep_its_begin_and_its_cause(coverage, told):
    coverage.lose({QUOTES: 1000}, Cause.CONNECTION, "Lost.")
    coverage.lose({QUOTES: 2000, CHART: 1500}, Cause.SILENCE, "Nothing came.")
    assert [(gap.service, gap.from_ms, gap.cause) for gap in told] == [
        (QUOTES, 1000, Cause.CONNECTION),
        (CHART, 1500, Cause.SILENCE),
    ]


@pytest.mark.parametrize("cause", [Cause.TAKEN, Cause.SIGN_IN, Cause.SLEEP])
def test_what_a_person_can_do_something_about_is_told_in_its_place(coverage, told, cause):
    coverage.lose({QUOTES: 1000}, Cause.CONNECTION, "Lost.")
    coverage.lose({QUOTES: 2000}, cause, "More.")
    assert told[-1] == Gap(QUOTES, 1000, cause, None, "", "More.")
    coverage.lose({QUOTES: 3000}, cause, "More.")
    assert len(told) == 2


def test_a_silent_service_is_back_when_it_is_heard_not_when_it_answers(coverage, told):
    coverage.lose({QUOTES: 1000}, Cause.SILENCE, "Nothing.", until_heard=True)
    coverage.answered(QUOTES, 2000)
    assert told[-1].to_ms is None
    coverage.heard(QUOTES, 3000)
    assert told[-1].to_ms == 3000


def test_refused_symbols_are_holes_of_their_own(coverage, told):
    coverage.refuse(CHART, {"F": "No more."}, 1000, settled=True)
    coverage.refuse(CHART, {"F": "No more.", "GE": "No more."}, 2000, settled=True)
    coverage.answered(CHART, 2500)
    assert [(gap.symbol, gap.from_ms, gap.cause) for gap in told] == [
        ("F", 1000, Cause.REFUSED),
        ("GE", 2000, Cause.REFUSED),
    ]
    coverage.refuse(CHART, {"GE": "No more."}, 2500, settled=False)  # asked for once more, and not answered yet
    coverage.refuse(CHART, {"GE": "No more."}, 3000, settled=True)
    assert (told[-1].symbol, told[-1].to_ms) == ("F", 3000)


def test_what_nobody_wants_any_more_is_no_hole_any_more(coverage, told):
    coverage.lose({QUOTES: 1000, CHART: 1000}, Cause.CONNECTION, "Lost.")
    coverage.lose({CHART: 1000}, Cause.SILENCE, "Nothing.", symbol="F")
    coverage.keep({CHART: {"GE"}}, 4000)
    assert [(gap.service, gap.symbol, gap.to_ms) for gap in told[3:]] == [(QUOTES, "", 4000), (CHART, "F", 4000)]
    coverage.end(5000)
    assert (told[-1].service, told[-1].to_ms) == (CHART, 5000)


def test_a_hole_never_ends_before_it_began(coverage, told):
    coverage.lose({QUOTES: 1000}, Cause.CONNECTION, "Lost.")
    coverage.answered(QUOTES, 400)
    assert told[-1].to_ms == 1000


class Clocks:
    def __init__(self):
        self.seconds, self.wall = 100.0, 1_795_193_162_000

    def pass_(self, seconds):
        self.seconds += seconds
        self.wall += round(seconds * 1000)


@pytest.mark.parametrize("jump", [HOUR_MS, -HOUR_MS])
def test_a_wall_clock_that_is_set_moves_no_time(jump):
    clocks = Clocks()
    time = StreamTime(lambda: clocks.seconds, lambda: clocks.wall)
    sent = clocks.wall - 40
    time.take(sent, clocks.seconds)
    clocks.pass_(10)
    clocks.wall += jump
    assert time.now() == sent + 10_000
    time.take(sent + 9_990, clocks.seconds)  # as heartbeats go on
    clocks.pass_(1)
    assert time.now() == sent + 10_990


def test_the_first_frame_corrects_a_wrong_wall_clock():
    clocks = Clocks()
    time = StreamTime(lambda: clocks.seconds, lambda: clocks.wall)
    time.take(clocks.wall - HOUR_MS, clocks.seconds)
    assert time.now() == clocks.wall - HOUR_MS


def test_old_frames_and_frames_of_the_future_do_not_tell_the_time():
    clocks = Clocks()
    time = StreamTime(lambda: clocks.seconds, lambda: clocks.wall)
    time.take(clocks.wall, clocks.seconds)
    now = time.now()
    time.take(now - 2 * HOUR_MS, clocks.seconds)  # lay in a buffer while the machine slept
    time.take(now + HOUR_MS, clocks.seconds)
    time.take(now - 400 * 24 * HOUR_MS, clocks.seconds)  # a replay's
    assert time.now() == now
    time.begin()
    time.take(now - 5_000, clocks.seconds)
    assert time.now() == now - 5_000


def test_it_is_no_earlier_than_a_frame_that_has_come_was_sent():
    clocks = Clocks()
    time = StreamTime(lambda: clocks.seconds, lambda: clocks.wall)
    time.take(clocks.wall - 13_000, clocks.seconds)  # had been on its way for so long
    assert time.after(clocks.wall) == clocks.wall
    assert time.after(clocks.wall - 20_000) == time.now()
    assert time.after(clocks.wall - 400 * 24 * HOUR_MS) == time.after(0) == time.now()

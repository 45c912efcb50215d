"""The tape's model: order, bounds, filter, big prints and unseen volume."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.trade import Side
from monitor.ui.cells import BOLD_ROLE, COLOUR_ROLE
from monitor.ui.tape.model import LENGTH, TapeModel
from tests.support.builders import a_trade


@pytest.fixture
def model(qapp):
    return TapeModel()


def sizes(model):
    return [model.index(row, 2).data() for row in range(model.rowCount())]


def test_a_row_reads_as_on_a_tape(model):
    model.show([a_trade(at="11:46:02.900", price=585.68, size=9000, side=Side.AT_ASK)])
    assert [model.index(0, column).data() for column in range(4)] == ["11:46:02.900", "585.68", "9,000", "at ask"]


@pytest.mark.parametrize(
    ("side", "colour", "words"),
    [
        (Side.AT_ASK, "up", "at ask"),
        (Side.AT_BID, "down", "at bid"),
        (Side.BETWEEN, "dim", "between"),
        (Side.UNKNOWN, "dim", "–"),
    ],
)
def test_the_side_is_told_in_colour_and_in_words(model, side, colour, words):
    model.show([a_trade(side=side)])
    assert model.index(0, 1).data(COLOUR_ROLE) == colour
    assert model.index(0, 3).data() == words


def test_the_newest_is_on_top(model):
    model.show([a_trade(size=1), a_trade(size=2)])
    model.add([a_trade(size=3), a_trade(size=4)])
    assert sizes(model) == ["4", "3", "2", "1"]


def test_held_prints_wait_and_are_counted(model):
    model.show([a_trade(size=1)])
    model.hold(True)
    model.add([a_trade(size=2), a_trade(size=3)])
    assert (sizes(model), model.waiting) == (["1"], 2)
    model.hold(False)
    assert (sizes(model), model.waiting) == (["3", "2", "1"], 0)


def test_small_prints_can_be_left_out_and_come_back(model):
    model.show([a_trade(size=50), a_trade(size=500)])
    model.show_from(100)
    model.add([a_trade(size=99), a_trade(size=100)])
    assert sizes(model) == ["100", "500"]
    model.show_from(0)
    assert sizes(model) == ["100", "99", "500", "50"]


def test_a_print_far_above_the_mean_is_bold(model):
    model.show([a_trade(size=100)] * 30)
    model.add([a_trade(size=499), a_trade(size=600)])
    assert model.index(0, 2).data(BOLD_ROLE)
    assert not model.index(1, 2).data(BOLD_ROLE)


def test_unseen_volume_is_a_share_of_all_that_passed(model):
    assert model.unseen_percent is None
    model.show([a_trade(size=96), a_trade(size=100, unseen=4)])
    assert model.unseen_percent == 2


@given(st.lists(st.lists(st.integers(1, 9), max_size=400), max_size=8))
def test_it_never_grows_beyond_its_length_and_keeps_the_newest(batches):
    model = TapeModel()
    everything = []
    for batch in batches:
        model.add([a_trade(at=1, size=size) for size in batch])
        everything += batch
    assert sizes(model) == [str(size) for size in reversed(everything)][:LENGTH]


def test_a_flood_at_once_keeps_the_newest(model):
    model.add([a_trade(at=1, size=size) for size in range(1, LENGTH + 501)])
    assert model.rowCount() == LENGTH
    assert sizes(model)[0] == f"{LENGTH + 500:,}"

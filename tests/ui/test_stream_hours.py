"""The menu of the stream's hours: what is ticked is what is chosen, and it is kept."""

import pytest

from monitor.market.hours import Hours
from monitor.ui.stream_hours import StreamHours, chosen_hours
from tests.support.ports import FakePreferences


@pytest.mark.parametrize(("kept", "ticked"), [("", 0), ("always", 0), ("extended", 1), ("regular", 2), ("nonsense", 0)])
def test_what_was_chosen_is_ticked(qtbot, kept, ticked):
    preferences = FakePreferences()
    if kept:
        preferences.set("stream-hours", kept)
    menu = StreamHours(preferences)
    qtbot.addWidget(menu)
    assert [action.isChecked() for action in menu.actions()] == [index == ticked for index in range(3)]


def test_a_choice_is_kept(qtbot):
    preferences = FakePreferences()
    menu = StreamHours(preferences)
    qtbot.addWidget(menu)
    assert chosen_hours(preferences) is Hours.ALWAYS
    menu.actions()[2].trigger()
    assert chosen_hours(preferences) is Hours.REGULAR
    assert [action.isChecked() for action in menu.actions()] == [False, False, True]

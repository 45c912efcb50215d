"""What is recorded whatever is shown: remembered, asked of the stream, and given up."""

from monitor.analysis.budget import Sort
from monitor.ports import Wanted
from monitor.ui.planner.standing import OWNER, StandingRecording
from tests.support.ports import FakePreferences, FakeWatching

OPTION = "SPY   260928C00772000"


def test_what_was_added_is_wanted_again_at_the_next_start() -> None:
    preferences, watching = FakePreferences(), FakeWatching()
    standing = StandingRecording(preferences, watching)
    assert watching.wishes == {}
    standing.add(["AAPL", OPTION], {Sort.QUOTES})
    standing.add(["AAPL", "MSFT"], {Sort.QUOTES, Sort.BOOKS})
    standing.stop()
    assert watching.wishes == {}
    again = StandingRecording(preferences, watching)
    assert again.symbols[Sort.QUOTES] == ["AAPL", OPTION, "MSFT"]
    assert again.count == 3
    assert watching.wishes[OWNER] == Wanted(
        quotes=frozenset({"AAPL", "MSFT", OPTION}), books=frozenset({"AAPL", "MSFT"})
    )


def test_what_is_cleared_stays_cleared() -> None:
    preferences, watching = FakePreferences(), FakeWatching()
    standing = StandingRecording(preferences, watching)
    standing.add(["AAPL"], Sort)
    standing.clear()
    assert watching.wishes == {}
    assert StandingRecording(preferences, watching).count == 0

"""Events find their listeners, in order."""

import logging

import pytest

from monitor.live.bus import Bus
from monitor.live.events import Level, Notice, WatchlistsChanged


def test_a_listener_hears_only_the_kind_it_asked_for_and_in_order() -> None:
    bus, heard = Bus(), []
    bus.listen(Notice, heard.append)
    first, second = Notice(Level.INFO, "one"), Notice(Level.INFO, "two")
    for event in (first, WatchlistsChanged(("Tech",)), second):
        bus.publish(event)
    assert heard == [first, second]


def test_what_a_listener_publishes_comes_after_the_event_it_hears() -> None:
    bus, heard = Bus(), []
    bus.listen(Notice, lambda notice: bus.publish(WatchlistsChanged((notice.sentence,))))
    bus.listen(Notice, heard.append)
    bus.listen(WatchlistsChanged, heard.append)
    bus.publish(Notice(Level.INFO, "one"))
    assert heard == [Notice(Level.INFO, "one"), WatchlistsChanged(("one",))]


def test_a_listener_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard = Bus(), []

    def fail(event: Notice) -> None:
        raise ValueError(event.sentence)

    bus.listen(Notice, fail)
    bus.listen(Notice, heard.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(Notice(Level.INFO, "one"))
    assert heard == [Notice(Level.INFO, "one")]
    assert "a listener failed on Notice" in caplog.text


def test_a_listener_taken_off_hears_nothing_more_even_of_the_event_under_way() -> None:
    bus, heard = Bus(), []
    bus.listen(Notice, lambda _: stop())
    stop = bus.listen(Notice, heard.append)
    bus.publish(Notice(Level.INFO, "one"))
    stop()
    bus.publish(Notice(Level.INFO, "two"))
    assert heard == []

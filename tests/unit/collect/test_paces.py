"""What streaming tells of each service's pace, of the clock, and of what it could not take as it was."""

import pytest

from monitor.collect.streaming import Streaming
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.receive import ReceiveClock
from monitor.market.gap import Cause, Gap
from monitor.market.quote import Quote
from monitor.ports import StreamPhase
from tests.support.ports import FakeRecorder

NOW_MS = 1_795_193_162_000


@pytest.fixture
def streaming() -> Streaming:
    receive = ReceiveClock(now_ns=lambda: NOW_MS * 1_000_000)
    clocks = {"monotonic": lambda: 100.0, "wall_ms": lambda: NOW_MS}
    return Streaming(Board(), FakeRecorder(), receive, Bus(), **clocks)


def test_a_frame_counts_its_items_and_how_late_they_were(streaming: Streaming) -> None:
    streaming.hear_quotes([Quote(symbol="AAPL", bid=1.0), Quote(symbol="MSFT", bid=2.0)], NOW_MS - 40)
    pace = streaming.paces.services["LEVELONE_EQUITIES"]
    assert (pace.items, pace.last, pace.lag_ms(100.0)) == (2, 100.0, 40)


def test_the_clock_is_compared_anew_with_each_connection(streaming: Streaming) -> None:
    streaming.hear_phase(StreamPhase.LIVE, "", None)
    streaming.hear_heartbeat(NOW_MS + 400)
    assert streaming.paces.offset_ms == -400
    streaming.hear_phase(StreamPhase.WAITING, "", None)
    streaming.hear_phase(StreamPhase.LIVE, "", None)
    assert streaming.paces.offset_ms is None


def test_holes_and_what_was_rejected_are_noted_by_service(streaming: Streaming) -> None:
    gap = Gap("NYSE_BOOK", NOW_MS - 5000, Cause.SILENCE)
    streaming.hear_gap(gap)
    streaming.hear_rejected("wrong-type", b"{}", "NYSE_BOOK: Expected `int`")
    assert streaming.paces.gaps() == [gap]
    assert streaming.paces.rejected == {"NYSE_BOOK": 1}

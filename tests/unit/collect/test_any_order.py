"""In whatever order messages come, once or twice, prints add up to the day's volume and the minutes are the same."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.collect.streaming import Streaming
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.receive import ReceiveClock
from monitor.schwab.delivery import Delivery
from monitor.schwab.wire import Notify, Response
from tests.support.ports import FakeRecorder

START = 1_790_000_040_000
SPREAD_MS = 5_000
Frame = tuple[int, str, dict[str, Any]]


class Nobody:
    """Waits for no answer."""

    def take_response(self, response: Response) -> None: ...

    def take_notify(self, notify: Notify) -> None: ...


def heard(messages: list[Frame], connections: int = 1) -> FakeRecorder:
    """What is recorded of the frames in this order, the same ones on each of several connections."""
    recorder = FakeRecorder()
    streaming = Streaming(Board(), recorder, ReceiveClock(), Bus(), wall_ms=lambda: START)
    for _ in range(connections):
        delivery = Delivery(streaming, Nobody())
        streaming._order.begin()
        for sent_ms, service, item in messages:
            part = {"service": service, "timestamp": sent_ms, "content": [item]}
            delivery.decode_json_string(json.dumps({"data": [part]}))
    return recorder


def minutes(recorder: FakeRecorder) -> dict[int, tuple[Any, ...]]:
    """The minutes as the table keeps them: what comes last replaces what was there."""
    return {bar.start: (bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in recorder.bars}


@st.composite
def prints(draw: st.DrawFn) -> list[Frame]:
    """A snapshot and the prints that follow it, a second apart; some tell of their volume alone."""
    volume, told = 1000, START
    frames: list[Frame] = [
        (told, "LEVELONE_EQUITIES", {"key": "A", "assetMainType": "EQUITY", "3": 10, "8": volume, "35": told})
    ]
    for size, bare in draw(st.lists(st.tuples(st.integers(1, 500), st.booleans()), max_size=25)):
        told += 1000
        volume += size
        rest = {} if bare else {"3": 10, "9": size, "35": told}
        frames.append((told, "LEVELONE_EQUITIES", {"key": "A", "8": volume} | rest))
    return frames


@st.composite
def bars(draw: st.DrawFn) -> list[Frame]:
    """Finished minutes, some of them sent again with another volume a few seconds later."""
    frames: list[Frame] = []
    for minute in range(draw(st.integers(1, 8))):
        start = START + minute * 60_000
        for revision in range(draw(st.integers(1, 3))):
            values = {"2": 1, "3": 2, "4": 1, "5": 2, "6": draw(st.integers(1, 9)), "7": start}
            frames.append((start + 62_000 + 1500 * revision, "CHART_EQUITY", {"key": "A", "seq": 0} | values))
    return frames


@st.composite
def disordered(draw: st.DrawFn, make: Callable[[], st.SearchStrategy[list[Frame]]]) -> tuple[list[Frame], list[Frame]]:
    """Frames as they were sent, and as they come: all but the first up to SPREAD_MS late, and some of them twice."""
    sent = draw(make())
    delay = st.integers(0, SPREAD_MS)
    come = [(sent[0][0], 0, sent[0])]
    for number, frame in enumerate(sent):
        come += [(frame[0] + draw(delay), number, frame) for _ in range(draw(st.integers(1, 2)))]
    return sent, [frame for _, _, frame in sorted(come, key=lambda late: late[:2])]


@settings(deadline=None)
@given(disordered(prints))
def test_prints_of_any_order_add_up_to_the_days_volume(frames: tuple[list[Frame], list[Frame]]) -> None:
    sent, come = frames
    trades = [trade for _, trade in heard(come).trades]
    first = come[0][2]["8"]  # what was traded before it is not known
    assert first + sum(trade.size + trade.unseen for trade in trades) == sent[-1][2]["8"]
    volumes = [trade.volume for trade in trades]
    assert volumes == sorted(set(volumes))


@settings(deadline=None)
@given(prints())
def test_prints_that_are_sent_again_on_another_connection_are_not_recorded_again(frames: list[Frame]) -> None:
    assert [t for _, t in heard(frames, connections=2).trades] == [t for _, t in heard(frames).trades]


@settings(deadline=None)
@given(disordered(bars))
def test_minutes_of_any_order_are_those_of_sorted_ones(frames: tuple[list[Frame], list[Frame]]) -> None:
    sent, come = frames
    assert minutes(heard(come)) == minutes(heard(sent))


@settings(deadline=None)
@given(bars())
def test_minutes_that_are_sent_again_on_another_connection_are_the_same(frames: list[Frame]) -> None:
    assert minutes(heard(frames, connections=2)) == minutes(heard(frames))


def test_a_thousand_messages_played_again_make_no_print_and_no_minute_of_their_own() -> None:
    quotes = [(START + n, "LEVELONE_EQUITIES", {"key": "A", "8": n, "3": 10, "35": START + n}) for n in range(1, 1001)]
    quotes[0][2]["assetMainType"] = "EQUITY"
    once, again = heard(quotes), heard(quotes, connections=2)
    assert (len(once.trades), len(again.trades)) == (999, 999)
    assert (len(once.quotes), len(again.quotes)) == (1000, 2000)  # a row for each message that came

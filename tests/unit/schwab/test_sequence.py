"""A number that is missing among a service's items is a hole; one that Schwab merely counts otherwise is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.gap import Cause, Gap
from monitor.schwab.delivery import Delivery
from monitor.schwab.sequence import Sequence
from tests.unit.schwab.streamer import Listener

BAR = {"2": 1, "3": 2, "4": 1, "5": 2, "6": 50, "7": 60_000}


def missing(*items):
    sequence = Sequence()
    return [sequence.missing(key, number) for key, number in items]


def test_a_number_left_out_is_missing():
    assert missing(("A", 7), ("A", 8), ("A", 11), ("A", 12)) == [0, 0, 2, 0]


@given(st.lists(st.sampled_from("ABC"), max_size=30), st.integers(1, 3000))
def test_numbers_of_the_whole_service_have_no_holes_between_keys(keys, first):
    assert not any(missing(*((key, number) for number, key in enumerate(keys, first))))


def test_of_numbers_of_the_whole_service_one_is_missed_whosever_it_was():
    assert missing(("A", 1), ("B", 2), ("A", 4)) == [0, 0, 1]


def test_numbers_of_each_key_are_told_apart_once_two_keys_have_the_same():
    assert missing(("A", 1), ("B", 1), ("A", 2), ("B", 3), ("A", 3)) == [0, 0, 0, 1, 0]


def test_what_a_subscription_is_told_at_once_does_not_count():
    assert missing(("A", 0), ("B", 0), ("A", 2925), ("A", 0), ("A", 2927)) == [0] * 5


def test_an_item_that_comes_twice_or_late_is_not_missing():
    assert missing(("A", 1), ("A", 2), ("A", 2), ("A", 1), ("A", 2)) == [0] * 5


class Nobody:
    def take_response(self, response): ...

    def take_notify(self, notify): ...


@pytest.mark.parametrize(
    ("service", "rest", "words"),
    [
        ("CHART_EQUITY", BAR, "minute bars"),
        ("CHART_FUTURES", {str(n): 60_000 if n == 1 else 1 for n in range(1, 7)}, "minute bars"),
        ("ACCT_ACTIVITY", {"1": "1", "2": "OrderCreated", "3": "{}"}, "account activity"),
    ],
)
def test_what_did_not_come_is_a_hole_since_the_frame_before(service, rest, words):
    listener = Listener()
    listener.hear_activity = lambda *_: None
    delivery = Delivery(listener, Nobody())
    for sent_ms, number in ((1_000, 5), (61_000, 6), (181_000, 8)):
        part = {"service": service, "timestamp": sent_ms, "content": [{"key": "A", "seq": number} | rest]}
        delivery.decode_json_string(json.dumps({"data": [part]}))
    sentence = f"1 message with {words} did not come."
    assert listener.gaps == [Gap(service, 61_000, Cause.SILENCE, 181_000, sentence=sentence)]


def test_the_captures_have_no_such_hole(shared):
    for name in ("CHART_EQUITY_SPY_2026-10-05_part1.jsonl", "session_ACCT_ACTIVITY_2024-07-11_part1.jsonl"):
        listener = Listener()
        listener.hear_activity = lambda *_: None
        delivery = Delivery(listener, Nobody())
        for line in (shared / "schwab/samples/stream" / name).read_text().splitlines():
            delivery.decode_json_string(line)
        assert listener.gaps == []

"""After any sequence of wishes, answers and reconnects, the wire has what is wanted but for what was refused."""

import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from monitor.ports import Wanted
from monitor.schwab.subscriptions import BOOKS, CHART, EQUITIES, SERVICES, Command, Subscriptions

SYMBOLS = st.frozensets(st.sampled_from([f"S{n}" for n in range(9)]))
OK = (0, "SUBS command succeeded")


def sent_by(subscriptions, answer=OK):
    """All commands that follow, each answered alike."""
    commands = []
    while (command := subscriptions.next_command()) is not None:
        commands.append(command)
        subscriptions.settle(command, *answer)
    return commands


def test_the_first_request_replaces_and_later_ones_add_or_remove():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset({"B", "A"}), frozenset({"A"}), frozenset({"A"})))
    assert sent_by(subscriptions) == [
        Command(EQUITIES, "SUBS", ("A", "B")),
        *(Command(s, "SUBS", ("A",)) for s in (*BOOKS, CHART)),
    ]
    subscriptions.want(Wanted(frozenset({"B", "C"})))
    assert sent_by(subscriptions) == [
        Command(EQUITIES, "UNSUBS", ("A",)),
        *(Command(service, "UNSUBS", ("A",)) for service in (*BOOKS, CHART)),
        Command(EQUITIES, "ADD", ("C",)),
    ]


def test_many_keys_are_asked_for_in_chunks():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset(f"S{n:04}" for n in range(1201))))
    assert [(c.name, len(c.keys)) for c in sent_by(subscriptions)] == [("SUBS", 500), ("ADD", 500), ("ADD", 201)]


def test_a_new_connection_asks_for_everything_again():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset({"A"}), bars=frozenset({"A"})))
    first = sent_by(subscriptions)
    subscriptions.connected()
    assert sent_by(subscriptions) == first


@pytest.mark.parametrize("code", [0, 26, 27, 28, 29])
def test_success_has_several_codes(code):
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset({"A"})))
    assert len(sent_by(subscriptions, (code, ""))) == 1
    assert subscriptions.refused == {}


def test_over_the_limit_the_first_keys_stay(shared):
    text = (shared / "schwab/samples/stream/response_19_symbol_limit_chart.json").read_text()
    content = json.loads(text)["response"][0]["content"]
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(bars=frozenset(f"S{n:03}" for n in range(100))))
    sent_by(subscriptions, (content["code"], content["msg"]))
    assert sorted(subscriptions.refused) == [f"S{n:03}" for n in range(55, 100)]
    assert "minute bars of no more symbols" in subscriptions.refused["S099"]


def test_room_made_by_leaving_is_offered_to_the_refused():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset({"A", "B"})))
    sent_by(subscriptions, (19, "(X=1, DISCARDED=1)"))
    subscriptions.want(Wanted(frozenset({"B"})))
    assert sent_by(subscriptions)[-1] == Command(EQUITIES, "SUBS", ("B",))
    assert subscriptions.refused == {}


def test_what_is_no_longer_wanted_is_no_longer_refused():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset({"A"})))
    sent_by(subscriptions, (22, "SUBS command failed"))
    assert "code 22" in subscriptions.refused["A"]
    subscriptions.want(Wanted())
    assert subscriptions.refused == {}


def test_after_a_reconnect_the_refused_are_asked_for_last():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset({"B", "C"})))
    sent_by(subscriptions, (19, "(X=1, DISCARDED=1)"))
    subscriptions.want(Wanted(frozenset({"B", "C", "D"})))
    subscriptions.connected()
    assert subscriptions.next_command().keys == ("B", "D", "C")


def test_a_book_is_refused_only_when_no_service_has_it():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(books=frozenset({"A"})))
    subscriptions.settle(subscriptions.next_command(), 11, "")
    assert subscriptions.refused == {}
    subscriptions.settle(subscriptions.next_command(), 11, "")
    assert "does not offer" in subscriptions.refused["A"]


class Wire(RuleBasedStateMachine):
    """A streamer that does as commands say, next to the subscriptions that are to match it."""

    def __init__(self):
        super().__init__()
        self.subscriptions, self.wanted = Subscriptions(), Wanted()
        self.wire = {service: set() for service in SERVICES}

    @rule(quotes=SYMBOLS, books=SYMBOLS, bars=SYMBOLS)
    def want(self, quotes, books, bars):
        self.wanted = Wanted(quotes, books, bars)
        self.subscriptions.want(self.wanted)

    @rule()
    def reconnect(self):
        self.subscriptions.connected()
        self.wire = {service: set() for service in SERVICES}

    @rule(refuse=st.integers(0, 9), changed=SYMBOLS)
    def one_command(self, refuse, changed):
        command = self.subscriptions.next_command()
        if command is None:
            return
        self.subscriptions.want(self.wanted)  # wishes may change while a command is under way
        if command.name == "UNSUBS":
            self.wire[command.service] -= set(command.keys)
            self.subscriptions.settle(command, 0, "")
            return
        refuse = min(refuse, len(command.keys))
        kept = command.keys[: len(command.keys) - refuse]
        self.wire[command.service] = set(kept) | (self.wire[command.service] if command.name == "ADD" else set())
        self.subscriptions.settle(command, 19 if refuse else 0, f"(X=1, DISCARDED={refuse})")

    @invariant()
    def when_nothing_is_left_to_say_the_wire_is_as_wanted(self):
        if self.subscriptions.next_command() is None:
            refused = self.subscriptions._refused
            wanted = {EQUITIES: self.wanted.quotes, **dict.fromkeys(BOOKS, self.wanted.books), CHART: self.wanted.bars}
            assert {s: self.wire[s] for s in SERVICES} == {s: set(wanted[s]) - refused[s].keys() for s in SERVICES}


Wire.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestWire = Wire.TestCase

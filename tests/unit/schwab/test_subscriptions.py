"""After any sequence of wishes, answers and reconnects, the wire has what is wanted but for what was refused."""

import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from monitor.ports import Wanted
from monitor.schwab.services import FIELDS, keys_by_service
from monitor.schwab.subscriptions import BOOKS, CHART, EQUITIES, SERVICES, Command, Subscriptions

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
    assert [c.keys for c in sent_by(subscriptions)] == [("B", "D"), ("C",)]


def test_a_book_is_refused_only_when_no_service_has_it():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(books=frozenset({"A"})))
    subscriptions.settle(subscriptions.next_command(), 11, "")
    assert subscriptions.refused == {}
    subscriptions.settle(subscriptions.next_command(), 11, "")
    assert "does not offer" in subscriptions.refused["A"]


OPTION = "SPY   260928C00772000"


def test_each_symbol_is_asked_of_the_service_that_answers_for_its_kind():
    subscriptions = Subscriptions()
    symbols = frozenset({"AAPL", "$SPX", OPTION, "/ES", "./OGG26C4240", "EUR/USD"})
    screeners = frozenset({"NASDAQ_VOLUME_30", "OPTION_PUT_VOLUME_5"})
    subscriptions.want(Wanted(symbols, symbols, symbols, screeners, frozenset({"$SPX"}), activity=True))
    assert {command.service: command.keys for command in sent_by(subscriptions)} == {
        "LEVELONE_EQUITIES": ("$SPX", "AAPL"),
        "LEVELONE_OPTIONS": (OPTION,),
        "LEVELONE_FUTURES": ("/ES",),
        "LEVELONE_FUTURES_OPTIONS": ("./OGG26C4240",),
        "LEVELONE_FOREX": ("EUR/USD",),
        "NYSE_BOOK": ("AAPL",),
        "NASDAQ_BOOK": ("AAPL",),
        "OPTIONS_BOOK": (OPTION,),
        "CHART_EQUITY": ("$SPX", "AAPL"),
        "CHART_FUTURES": ("/ES",),
        "SCREENER_EQUITY": ("NASDAQ_VOLUME_30",),
        "SCREENER_OPTION": ("OPTION_PUT_VOLUME_5",),
        "ACCT_ACTIVITY": ("Account Activity",),
        "NEWS_HEADLINE": ("$SPX",),
    }
    assert set(subscriptions.wanted_keys()) == set(SERVICES) == set(FIELDS)


def test_who_knows_what_they_ask_for_gets_exactly_that():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset({"A"}), exactly=frozenset({("NYSE_BOOK", "F"), (EQUITIES, "B")})))
    assert sent_by(subscriptions) == [Command(EQUITIES, "SUBS", ("A", "B")), Command("NYSE_BOOK", "SUBS", ("F",))]


def test_no_more_are_asked_for_than_a_connection_serves():
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(bars=frozenset(f"S{n:03}" for n in range(310))))
    assert [len(command.keys) for command in sent_by(subscriptions)] == [300]
    assert sorted(subscriptions.refused) == [f"S{n:03}" for n in range(300, 310)]
    subscriptions.want(Wanted(bars=frozenset(f"S{n:03}" for n in range(5, 310))))
    assert [(c.name, len(c.keys)) for c in sent_by(subscriptions)] == [("UNSUBS", 5), ("ADD", 5)]
    assert sorted(subscriptions.refused) == [f"S{n:03}" for n in range(305, 310)]


def answered(subscriptions, bad, code=22):
    """All commands that follow; those with a key in ``bad`` fail as a whole."""
    commands = []
    while (command := subscriptions.next_command()) is not None:
        commands.append(command)
        subscriptions.settle(command, code if bad.intersection(command.keys) else 0, "")
    return commands


@pytest.mark.parametrize("bad", [{"S000"}, {"S250"}, {"S499"}, {"S100", "S101", "S400"}])
def test_a_key_that_spoils_the_request_is_found_by_halves_and_the_others_are_served(bad):
    subscriptions = Subscriptions()
    subscriptions.want(Wanted(frozenset(f"S{n:03}" for n in range(500))))
    commands = answered(subscriptions, bad)
    assert len(commands) < 20 * len(bad)
    assert set(subscriptions.refused) == bad
    assert subscriptions.on_wire == {EQUITIES: 500 - len(bad)}
    subscriptions.connected()
    assert [len(c.keys) for c in answered(subscriptions, set())] == [500 - len(bad), len(bad)]


def test_a_service_that_agrees_to_nothing_is_not_asked_for_every_key():
    subscriptions = Subscriptions()
    everything = frozenset(f"S{n:03}" for n in range(500))
    subscriptions.want(Wanted(everything))
    assert len(answered(subscriptions, everything)) < 60
    assert subscriptions.refused.keys() == everything


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def with_books(clock, *symbols):
    subscriptions = Subscriptions(clock)
    subscriptions.want(Wanted(books=frozenset(symbols)))
    sent_by(subscriptions)
    return subscriptions


def test_a_book_service_that_stays_silent_while_the_other_sends_is_left():
    clock = Clock()
    subscriptions = with_books(clock, "F", "SPY")
    assert not subscriptions.heard_books("NYSE_BOOK", ["F", "SPY"])
    clock.now = 30
    assert not subscriptions.heard_books("NASDAQ_BOOK", ["SPY"])
    clock.now = 61
    assert subscriptions.heard_books("NYSE_BOOK", ["F", "SPY"])
    assert sent_by(subscriptions) == [Command("NASDAQ_BOOK", "UNSUBS", ("F",))]
    subscriptions.connected()
    assert {c.service: c.keys for c in sent_by(subscriptions)} == {"NYSE_BOOK": ("F", "SPY"), "NASDAQ_BOOK": ("SPY",)}


def test_a_service_that_once_sent_a_book_is_never_left():
    clock = Clock()
    subscriptions = with_books(clock, "SPY")
    subscriptions.heard_books("NASDAQ_BOOK", ["SPY"])
    subscriptions.connected()
    sent_by(subscriptions)
    clock.now = 1000
    assert not subscriptions.heard_books("NYSE_BOOK", ["SPY"])


def test_both_are_asked_again_when_the_one_that_was_left_with_stays_silent():
    clock = Clock()
    subscriptions = with_books(clock, "F")
    clock.now = 61
    assert subscriptions.heard_books("NYSE_BOOK", ["F"])
    for quiet in (30, 61):
        subscriptions.connected()
        assert {c.service for c in sent_by(subscriptions)} == {"NYSE_BOOK"}
        clock.now += quiet
    subscriptions.connected()
    assert {c.service for c in sent_by(subscriptions)} == {"NYSE_BOOK", "NASDAQ_BOOK"}


def test_a_book_that_one_service_refuses_stays_with_the_other():
    clock = Clock()
    subscriptions = Subscriptions(clock)
    subscriptions.want(Wanted(books=frozenset({"F"})))
    subscriptions.settle(subscriptions.next_command(), 0, "")
    subscriptions.settle(subscriptions.next_command(), 22, "")
    clock.now = 61
    assert not subscriptions.heard_books("NYSE_BOOK", ["F"])
    assert subscriptions.refused == {}


def test_a_book_service_that_an_earlier_run_found_is_asked_alone():
    clock = Clock()
    subscriptions = Subscriptions(clock, {"F": "NYSE_BOOK", "X": "OPTIONS_BOOK"})
    subscriptions.want(Wanted(books=frozenset({"F", "SPY", "X"})))
    assert {c.service: c.keys for c in sent_by(subscriptions)} == {
        "NYSE_BOOK": ("F", "SPY", "X"),
        "NASDAQ_BOOK": ("SPY", "X"),
    }
    subscriptions.heard_books("NYSE_BOOK", ["F"])
    clock.now = 61
    assert not subscriptions.doubt_books()


@pytest.mark.parametrize("reconnects", [False, True])
def test_where_the_service_that_was_found_is_silent_both_are_asked(reconnects):
    clock = Clock()
    subscriptions = Subscriptions(clock, {"F": "NYSE_BOOK"})
    subscriptions.want(Wanted(books=frozenset({"F"})))
    assert not subscriptions.doubt_books()
    sent_by(subscriptions)
    clock.now = 59
    assert not subscriptions.doubt_books()
    clock.now = 61
    if reconnects:
        subscriptions.connected()
        assert len(sent_by(subscriptions)) == 2
        assert not subscriptions.doubt_books()
    else:
        assert subscriptions.doubt_books()
        assert sent_by(subscriptions) == [Command("NASDAQ_BOOK", "SUBS", ("F",))]
        assert not subscriptions.doubt_books()


NAMES = [*(f"S{n}" for n in range(6)), OPTION, "/ES", "/CL", "EUR/USD", "$SPX"]
KEYS = st.frozensets(st.sampled_from(NAMES))
EXACT = st.frozensets(st.tuples(st.sampled_from(SERVICES), st.sampled_from(NAMES)), max_size=4)
ANSWERS = st.sampled_from([0, 0, 0, 11, 19, 22, 26])


class Wire(RuleBasedStateMachine):
    """A streamer that does as commands say, next to the subscriptions that are to match it."""

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.subscriptions, self.wanted = Subscriptions(self.clock, {"S1": BOOKS[0], "S2": BOOKS[1]}), Wanted()
        self.wire = {service: set() for service in SERVICES}
        self.bad = set()

    @rule(quotes=KEYS, books=KEYS, bars=KEYS, exactly=EXACT, activity=st.booleans())
    def want(self, quotes, books, bars, exactly, activity):
        self.wanted = Wanted(quotes, books, bars, news=bars, activity=activity, exactly=exactly)
        self.subscriptions.want(self.wanted)

    @rule()
    def reconnect(self):
        self.subscriptions.connected()
        self.wire = {service: set() for service in SERVICES}

    @rule(bad=KEYS)
    def some_keys_spoil_every_request(self, bad):
        self.bad = bad

    @rule(service=st.sampled_from(SERVICES), keys=KEYS)
    def ask_anew(self, service, keys):
        self.subscriptions.ask_anew(service, *keys)

    @rule(seconds=st.integers(0, 100), service=st.sampled_from(BOOKS))
    def books_come(self, seconds, service):
        self.clock.now += seconds
        self.subscriptions.heard_books(service, self.wire[service])

    @rule()
    def books_are_waited_for(self):
        self.subscriptions.doubt_books()

    @rule(code=ANSWERS, refuse=st.integers(0, 9))
    def one_command(self, code, refuse):
        command = self.subscriptions.next_command()
        if command is None:
            return
        self.subscriptions.want(self.wanted)  # wishes may change while a command is under way
        wire = self.wire[command.service]
        if command.name == "UNSUBS":
            assert wire.issuperset(command.keys)
            wire.difference_update(command.keys)
            self.subscriptions.settle(command, 0, "")
            return
        code = 22 if self.bad.intersection(command.keys) else code
        kept = {19: command.keys[: -refuse or None], 11: (), 22: ()}.get(code, command.keys)
        if command.name == "SUBS":
            wire.clear()
        wire.update(kept)
        self.subscriptions.settle(command, code, f"(X=1, DISCARDED={len(command.keys) - len(kept)})")

    @rule()
    def all_commands(self):
        for _ in range(400):
            if self.subscriptions.next_command() is None:
                return
            self.one_command(0, 0)
        raise AssertionError("the commands do not come to an end")

    @invariant()
    def when_nothing_is_left_to_say_the_wire_is_as_wanted(self):
        assert {s: len(keys) for s, keys in self.wire.items() if keys} == self.subscriptions.on_wire
        if self.subscriptions.next_command() is None:
            refused = self.subscriptions._refused
            wanted = keys_by_service(self.wanted, self.subscriptions._routes.services)
            assert self.wire == {s: set(wanted[s]) - refused[s].keys() for s in SERVICES}
            assert all(self.subscriptions.complete(service) for service in SERVICES)


Wire.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestWire = Wire.TestCase

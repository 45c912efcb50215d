"""One change put into the newest state."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, fields

from monitor.market.quote import (
    RECORDED,
    SHARED,
    DetailedQuote,
    ForexQuote,
    FutureOptionQuote,
    FutureQuote,
    OptionQuote,
    Quote,
    empty_state,
    known,
    merge,
    merge_detailed,
)
from tests.support.builders import a_quote

NAMES = [field.name for field in fields(Quote) if field.name != "symbol"]
changes = st.dictionaries(st.sampled_from(NAMES), st.integers() | st.booleans() | st.text(max_size=3))


@given(st.lists(changes, max_size=6))
def test_the_state_holds_the_last_value_of_every_field_that_was_ever_sent(sent: list[dict[str, Any]]) -> None:
    state, expected = a_quote(), dict.fromkeys(NAMES)
    for change in sent:
        merge(state, Quote(symbol="AAPL", **change))
        expected |= change
    assert asdict(state) == {"symbol": "AAPL", **expected}


def test_zero_and_false_are_values_and_replace_what_was_there() -> None:
    state = a_quote(bid=99.5, bid_size=3, delayed=True)
    merge(state, a_quote(bid=0, delayed=False))
    assert (state.bid, state.bid_size, state.delayed) == (0, 3, False)


def test_numbers_stay_as_they_were_sent() -> None:
    state = a_quote(last=213.99)
    merge(state, a_quote(last=214))
    assert repr(state.last) == "214"
    merge(state, a_quote(last=214.0))
    assert repr(state.last) == "214.0"


@pytest.mark.parametrize("kind", [OptionQuote, FutureQuote, FutureOptionQuote, ForexQuote])
def test_a_detailed_quote_merges_all_it_can_hold_and_tells_what_is_not_recorded_anyway(
    kind: type[DetailedQuote],
) -> None:
    own = {field.name for field in fields(kind)} - {field.name for field in fields(Quote)}
    sent = {name: number for number, name in enumerate([*SHARED, *own])}
    change = kind(symbol="X", **sent)
    state = empty_state(change)
    details = merge_detailed(state, change)
    assert type(state) is kind
    assert state == change
    assert details == {name: value for name, value in sent.items() if name not in RECORDED}
    assert merge_detailed(state, kind(symbol="X", bid=5)) == {}
    assert (state.bid, state.ask) == (5, sent["ask"])


def test_a_number_that_means_none_is_kept_but_not_shown() -> None:
    option = OptionQuote(symbol="X", delta=-999, theta=-0.25, theoretical_value=-1, rho=math.nan, net_change=-1)
    assert [known(option, name) for name in ("delta", "theta", "theoretical_value", "rho", "net_change")] == [
        *(None, -0.25, None, None, -1),
    ]
    assert option.delta == -999
    assert known(a_quote(shortable=-1), "shortable") is None

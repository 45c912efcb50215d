"""One change put into the newest state."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, fields

from monitor.market.quote import Quote, merge
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

"""Captures spoiled at random: nothing but our own errors, good neighbours stay, and every loss is counted."""

import copy
import functools
import json
import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.schwab.rest.candles import read_candles, sift
from monitor.schwab.rest.contracts import read_chain, read_expirations
from monitor.schwab.rest.hours import read_hours
from monitor.schwab.rest.instruments import read_instruments
from monitor.schwab.rest.movers import read_movers
from monitor.schwab.rest.quotes import read_quotes

SAMPLES = Path(__file__).parents[5] / "shared/schwab/samples/rest"
ODD = st.one_of(
    st.sampled_from([None, True, False, -999, -999.0, -1, 0, "NaN", "", "x", "\ud800", "2026-10-07", [], {}, [[]]]),
    st.sampled_from([math.nan, math.inf, -math.inf, 10**400, -(10**400), 2**63, -(2**63), 2**53 + 1, 1e308, -0.0]),
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
)


def bars_of(content):
    found = sift("SPY", Interval.M1, read_candles(content).candles, 0, 2**62)
    return found.bars, found.rejected


def contracts_of(content):
    part = read_chain(content, "SPY", 1)
    return part.chain.contracts, part.rejected


def quotes_of(content):
    answer = read_quotes(content)
    return tuple(answer.quotes.values()), answer.rejected


def of(read, name):
    """What a reader finds, as items and counts."""

    def found(content):
        answer = read(content)
        return (answer.screener.rows if name == "movers" else getattr(answer, name)), answer.rejected

    return found


#: Of each service a capture, its reader, and where its items stand (* is every key).
SERVICES = {
    "candles": ("pricehistory_SPY_1min_ext_2026-10-05", bars_of, ("candles", "*")),
    "contracts": ("chain_AMD_minus999_2026-10-08", contracts_of, ("callExpDateMap", "*", "*", "*")),
    "puts": ("chain_AAPL_puts_2025-01-16", contracts_of, ("putExpDateMap", "*", "*", "*")),
    "quotes": ("quotes_mixed_assets_2024-05-17", quotes_of, ("*",)),
    "options": ("quotes_options_minus999_2026-10-08", quotes_of, ("*",)),
    "movers": ("movers_2024-10-18", of(read_movers, "movers"), ("screeners", "*")),
    "instruments": ("instruments_mixed_2024-05", of(read_instruments, "instruments"), ("instruments", "*")),
    "products": ("markets_open_2026-10-07", of(read_hours, "products"), ("*", "*")),
    "expirations": ("expirationchain_SPY_2026-10-08", of(read_expirations, "expirations"), ("expirationList", "*")),
}


@functools.cache
def capture(service):
    """A capture with no more items than a test needs."""
    return trimmed(json.loads((SAMPLES / f"{SERVICES[service][0]}.json").read_bytes()))


def trimmed(tree):
    if isinstance(tree, list):
        return [trimmed(item) for item in tree[:12]]
    if isinstance(tree, dict):
        strikes = bool(tree) and all(isinstance(value, list) for value in tree.values())
        return {key: trimmed(tree[key]) for key in list(tree)[: 3 if strikes else None]}
    return tree


def items_of(body, pattern):
    """The path of every item."""
    if not pattern:
        yield ()
        return
    keys = range(len(body)) if isinstance(body, list) else list(body)
    for key in keys if pattern[0] == "*" else [pattern[0]]:
        yield from ((key, *rest) for rest in items_of(body[key], pattern[1:]))


def at(body, path):
    return functools.reduce(lambda tree, key: tree[key], path, body)


def places(body):
    """Every container and key of a tree."""
    keys = body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    for key in list(keys):
        yield body, key
        yield from places(body[key])


def spoil(data, body):
    """Drop or replace what stands at a random place."""
    at = list(places(body))
    if not at:
        return
    container, key = data.draw(st.sampled_from(at))
    if data.draw(st.booleans()):
        container[key] = copy.deepcopy(data.draw(ODD))
    else:
        del container[key]


def encode(body):
    """As bytes: NaN and Infinity bare, halves of characters escaped."""
    return json.dumps(body).encode()


def check_sane(items):
    """No number is NaN, infinite or beyond bounds, and all of it can be written again."""
    for value in numbers(msgspec.to_builtins(items)):
        assert -(2**53) <= value <= 2**53


def numbers(tree):
    if isinstance(tree, bool):
        return
    if isinstance(tree, int | float):
        yield tree
    elif isinstance(tree, str):
        tree.encode()
    elif isinstance(tree, dict | list | tuple):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from numbers(inner)


@pytest.fixture(autouse=True)
def beside_the_captures(shared):
    assert shared / "schwab/samples/rest" == SAMPLES


@pytest.mark.parametrize("service", SERVICES)
@given(data=st.data())
def test_nothing_but_bad_data_is_raised_and_nothing_odd_comes_out(service, data):
    body = copy.deepcopy(capture(service))
    for _ in range(data.draw(st.integers(1, 8))):
        spoil(data, body)
    try:
        items, _ = SERVICES[service][1](encode(body))
    except BadData:
        return
    check_sane(items)


@pytest.mark.parametrize("service", SERVICES)
@given(data=st.data())
def test_an_item_that_is_spoiled_costs_itself_alone_and_is_counted(service, data):
    _, read, pattern = SERVICES[service]
    body = copy.deepcopy(capture(service))
    whole, none = read(encode(body))
    assert not none
    *path, key = data.draw(st.sampled_from(list(items_of(body, pattern))))
    if data.draw(st.booleans()):
        spoil(data, at(body, (*path, key)))
    else:
        at(body, path)[key] = data.draw(ODD)
    items, rejected = read(encode(body))
    del at(body, path)[key]
    others, _ = read(encode(body))
    assert all(item in items for item in others)
    assert len(others) == len(whole) - 1
    if service != "products":  # whose sessions are counted by themselves
        assert len(items) + rejected.total() == len(whole)

"""Chains and expiries read: every contract of the captures, placeholders as None, odd ones counted."""

import json
from datetime import date

import pytest

from monitor.errors import BadData
from monitor.market.chain import OptionContract, OptionSide
from monitor.schwab.rest.contracts import read_chain, read_expirations

TAKEN = 1_791_417_600_000
#: What our contracts name otherwise than the wire, by the wire's name.
NAMES = {
    "highPrice": "high",
    "lowPrice": "low",
    "openPrice": "open",
    "closePrice": "close",
    "totalVolume": "volume",
    "tradeTimeInLong": "trade_time",
    "quoteTimeInLong": "quote_time",
    "percentChange": "net_percent_change",
    "theoreticalOptionValue": "theoretical_value",
    "strikePrice": "strike",
    "high52Week": "high_52_week",
    "low52Week": "low_52_week",
    "deliverableNote": "deliverables",
    "optionRoot": "root",
}
#: The same in other words, the same for all, or nothing that anybody shows.
LEFT_OUT = {
    *("putCall", "exchangeName", "bidAskSize", "theoreticalVolatility", "optionDeliverablesList", "expirationDate"),
    *("ssid", "interestRate", "dividendYield"),
}
GREEKS = ("volatility", "delta", "gamma", "theta", "vega", "rho")


def chain_of(*contracts, side="callExpDateMap", expiry="2026-09-28:2", **head):
    """A chain in which these contracts stand in one array."""
    body = {"symbol": "SPY", "status": "SUCCESS", side: {expiry: {"772.0": list(contracts)}}, **head}
    return read_chain(json.dumps(body).encode(), "SPY", TAKEN)


@pytest.fixture
def contract(samples):
    return json.loads((samples / "chain_contract_SPY_2026-09-25.json").read_bytes())


def chains(samples):
    for path in sorted(samples.glob("chain_*.json")):
        body = json.loads(path.read_bytes())
        if "callExpDateMap" in body or "putExpDateMap" in body:
            yield path.name, body


def snake(name):
    return NAMES.get(name) or "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def test_every_capture_is_read_and_every_number_kept_as_sent(samples):
    count = 0
    for name, body in chains(samples):
        part = read_chain(json.dumps(body).encode(), body["symbol"], TAKEN)
        assert (part.rejected, part.is_truncated) == ({}, False), name
        ours = {one.symbol: one for one in part.chain.contracts}
        maps = [body.get(side, {}) for side in ("callExpDateMap", "putExpDateMap")]
        sent = [one for by_day in maps for strikes in by_day.values() for array in strikes.values() for one in array]
        assert len(sent) == len(ours), name
        for one in sent:
            check_as_sent(one, ours[one["symbol"]])
        count += len(sent)
    assert count > 470


def check_as_sent(sent, ours):
    for name in sent.keys() - LEFT_OUT:
        value = getattr(ours, snake(name))
        none = sent[name] in (-999, -1) or (sent[name] == 0 and ("Time" in name or name == "lastTradingDay"))
        assert repr(value) == repr(sent[name]) or (none and value is None), (ours.symbol, name)


def test_a_contract_has_its_names(contract):
    [call] = chain_of(contract).chain.contracts
    assert (call.symbol, call.root, call.side) == ("SPY   260928C00772000", "SPY", OptionSide.CALL)
    assert (call.expiry, call.strike, call.days_to_expiration) == (date(2026, 9, 28), 772, 2)
    assert (call.bid, call.ask, call.last, call.mark, call.bid_size, call.ask_size) == (
        1.82,
        1.83,
        1.84,
        1.83,
        116,
        116,
    )
    assert (call.volume, call.open_interest, call.volatility, call.delta) == (75720, 1850, 8.238, 0.437)
    assert (call.gamma, call.theta, call.vega, call.rho, call.theoretical_value) == (0.07, -0.379, 0.271, 0.025, 1.825)
    assert (call.quote_time, call.trade_time, call.is_listed) == (1790367299964, 1790367298021, True)


def test_puts_come_from_the_map_of_puts(samples):
    part = read_chain((samples / "chain_AAPL_puts_2025-01-16.json").read_bytes(), "AAPL", TAKEN)
    assert len(part.chain.contracts) == 470
    assert {one.side for one in part.chain.contracts} == {OptionSide.PUT}
    strikes = [(one.expiry, one.strike) for one in part.chain.contracts]
    assert strikes == sorted(strikes)
    first = part.chain.expiries()[0]
    assert first == date(2025, 1, 17)
    assert {one.expiry for one in part.chain.of(first)} == {first}
    assert (part.chain.underlying_price, part.chain.interest_rate, part.chain.taken_ms) == (228.375, 4.738, TAKEN)


def test_greeks_that_could_not_be_computed_are_none(samples):
    part = read_chain((samples / "chain_AMD_minus999_2026-10-08.json").read_bytes(), "AMD", TAKEN)
    at_ten = next(one for one in part.chain.contracts if one.strike == 10)
    assert (at_ten.volatility, at_ten.theoretical_value, at_ten.delta, at_ten.vega) == (None, None, -0.002, 0.06)
    assert part.chain.underlying is None


def test_contracts_that_do_not_trade_yet_are_kept(samples):
    sent = json.loads((samples / "chain_contracts_never_listed_SPY_2026-10-07.json").read_bytes())
    part = chain_of(*sent, expiry="2026-10-20:13")
    assert part.rejected == {}
    assert len(part.chain.contracts) == len(sent) == 3
    for one in part.chain.contracts:
        assert not one.is_listed
        assert [getattr(one, greek) for greek in GREEKS] == [None] * 6
        assert (one.theoretical_value, one.quote_time, one.last_trading_day) == (None, None, None)
    assert {one.side for one in part.chain.contracts} == {OptionSide.CALL, OptionSide.PUT}


@pytest.mark.parametrize("none", [-999.0, -999, "NaN", float("nan"), None])
def test_every_way_to_write_no_value(contract, none):
    [call] = chain_of(
        contract | dict.fromkeys((*GREEKS, "theoreticalOptionValue", "openInterest"), none)
    ).chain.contracts
    assert [getattr(call, name) for name in (*GREEKS, "theoretical_value", "open_interest")] == [None] * 8
    assert call.bid == 1.82


def test_a_put_may_have_a_delta_and_a_theta_of_minus_one(contract):
    [put] = chain_of(contract | {"delta": -1.0, "theta": -1.0, "putCall": "PUT"}).chain.contracts
    assert (put.delta, put.theta, put.side) == (-1, -1, OptionSide.PUT)


def test_several_contracts_in_one_array_are_kept(contract):
    adjusted = contract | {"symbol": "SPY1  260928C00772000", "optionRoot": "SPY1", "nonStandard": True}
    part = chain_of(contract, adjusted, contract)
    assert [(one.root, one.non_standard) for one in part.chain.contracts] == [("SPY", False), ("SPY1", True)]
    assert part.rejected == {"duplicate": 1}


def test_what_cannot_be_read_costs_itself_alone(contract):
    other = contract | {"symbol": "SPY   260928C00773000"}
    nameless = {name: value for name, value in contract.items() if name != "symbol"}
    part = chain_of(contract, 7, nameless, other | {"bid": "x", "strikePrice": None, "quoteTimeInLong": -5})
    assert [(one.bid, one.strike, one.quote_time) for one in part.chain.contracts] == [
        (1.82, 772, 1790367299964),
        (None, 772, None),
    ]
    assert part.rejected == {"unreadable": 2}
    odd_maps = {"callExpDateMap": {"2026-09-28:2": 7, "2026-09-29:3": {"1.0": 7}}, "putExpDateMap": 7}
    assert read_chain(json.dumps(odd_maps).encode(), "SPY", TAKEN).rejected == {"unreadable": 2}


def test_an_expiry_is_read_from_the_key_else_from_the_contract(contract):
    assert chain_of(contract, expiry="odd").chain.expiries() == [date(2026, 9, 28)]
    part = chain_of(contract | {"expirationDate": None}, expiry="odd")
    assert (part.chain.contracts, part.rejected) == ((), {"unreadable": 1})


def test_nothing_in_the_window_has_no_rates_but_an_underlying(samples):
    chain = read_chain((samples / "chain_empty_SPY_2026-10-08.json").read_bytes(), "SPY", TAKEN).chain
    assert (chain.contracts, chain.underlying_price, chain.interest_rate, chain.dividend_yield) == (
        (),
        None,
        None,
        None,
    )
    assert (chain.underlying.last, chain.underlying.high_52_week, chain.underlying.delayed) == (777.22, 781.62, False)
    assert (chain.underlying.net_change, chain.underlying.quote_time) == (-1.87, 1791417599002)


def test_a_dividend_yield_of_minus_one_is_none(contract):
    assert chain_of(contract, dividendYield=-1.0).chain.dividend_yield is None


def test_a_chain_that_was_cut_short_says_so(contract):
    assert chain_of(contract, isChainTruncated=True).is_truncated


@pytest.mark.parametrize("content", [b"[]", b"{}", b"{", b'{"candles":[]}', b"", b"[" * 100_000])
def test_what_is_no_chain_is_bad_data(content):
    with pytest.raises(BadData):
        read_chain(content, "SPY", TAKEN)
    with pytest.raises(BadData):
        read_expirations(content)


def test_every_capture_of_expiries_is_read(samples):
    paths = sorted(samples.glob("expirationchain_*.json"))
    assert len(paths) == 2
    for path in paths:
        sent = json.loads(path.read_bytes())["expirationList"]
        answer = read_expirations(path.read_bytes())
        assert answer.rejected == {}
        assert [(e.day.isoformat(), e.days, e.expiration_type, e.settlement_type) for e in answer.expirations] == [
            (s["expirationDate"], s["daysToExpiration"], s["expirationType"], s["settlementType"]) for s in sent
        ]


def test_an_expiry_may_have_several_roots_and_odd_ones_are_counted():
    rows = [{"expirationDate": "2026-10-16", "optionRoots": "SPX, SPXW", "standard": False}, {"expirationDate": "x"}, 7]
    answer = read_expirations(json.dumps({"expirationList": rows}).encode())
    [expiration] = answer.expirations
    assert (expiration.roots, expiration.is_standard, expiration.days) == (("SPX", "SPXW"), False, None)
    assert answer.rejected == {"unreadable": 2}


def test_the_capture_of_one_contract_says_nothing_that_is_lost(contract):
    """Each name of the wire is a field of ours, or is left out on purpose."""
    assert {snake(name) for name in contract.keys() - LEFT_OUT} <= set(OptionContract.__struct_fields__)

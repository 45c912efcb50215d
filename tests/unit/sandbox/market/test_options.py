"""Option chains: the shape of real ones, and prices that make sense together."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.sandbox.market.expiries import expiries
from monitor.sandbox.market.simulated import SimulatedExchange

At = Callable[[str], int]


@pytest.fixture(scope="module")
def chain(friday: SimulatedExchange, at: At) -> list[dict[str, Any]]:
    return friday.contracts("SPY", at("2026-11-20 10:30"))


def test_contracts_have_the_keys_and_types_of_real_ones(shared: Path, chain: list[dict[str, Any]]) -> None:
    real = json.loads((shared / "schwab/samples/rest/chain_contract_SPY_2026-09-25.json").read_text())
    for contract in chain:
        assert contract.keys() == real.keys()
        assert {k: type(v) for k, v in contract.items()} == {k: type(v) for k, v in real.items()}
    assert chain[0]["optionDeliverablesList"][0].keys() == real["optionDeliverablesList"][0].keys()


def test_the_order_of_keys_is_schwabs(shared: Path, chain: list[dict[str, Any]]) -> None:
    text = (shared / "schwab/samples/rest/chain_AMD_minus999_2026-10-08.json").read_text()
    real = next(iter(json.loads(text)["callExpDateMap"].values()))
    assert list(chain[0]) == list(next(iter(real.values()))[0])


def test_quotes_are_around_theory_and_strikes_around_the_price(
    friday: SimulatedExchange, at: At, chain: list[dict[str, Any]]
) -> None:
    spot = float(friday.level_one("SPY", at("2026-11-20 10:30"))["3"])
    assert 8 <= len({c["expirationDate"] for c in chain}) <= 14
    for c in chain:
        assert 0 <= c["bid"] < c["ask"]
        assert 0.3 * spot < c["strikePrice"] < 2 * spot
        if c["theoreticalOptionValue"] != -999.0:
            assert c["bid"] <= c["theoreticalOptionValue"] + 0.006
            assert c["theoreticalOptionValue"] - 0.006 <= c["ask"]


def test_greeks_follow_the_rules_or_are_placeholders(chain: list[dict[str, Any]]) -> None:
    computed = [c for c in chain if c["delta"] != -999.0]
    assert len(chain) > len(computed) > len(chain) / 2
    for c in computed:
        assert c["gamma"] >= 0
        assert c["vega"] >= 0
        assert (0 <= c["delta"] <= 1) if c["putCall"] == "CALL" else (-1 <= c["delta"] <= 0)
        assert round(c["delta"], 3) == c["delta"]
    for c in chain:
        assert (c["delta"] == -999.0) == (c["volatility"] == -999.0) == (c["theoreticalOptionValue"] == -999.0)


def test_calls_get_cheaper_and_puts_dearer_with_the_strike(chain: list[dict[str, Any]]) -> None:
    sides = defaultdict(list)
    for c in chain:
        sides[c["putCall"], c["expirationDate"]].append((c["strikePrice"], c["mark"]))
    for (side, _), marks in sides.items():
        prices = [price for _, price in sorted(marks)]
        ordered = sorted(prices, reverse=side == "CALL")
        assert max(abs(a - b) for a, b in zip(prices, ordered, strict=True)) <= 0.06 * max(prices)


def test_symbols_are_osi(chain: list[dict[str, Any]], friday: SimulatedExchange, at: At) -> None:
    for c in chain:
        day = date.fromisoformat(c["expirationDate"][:10])
        wanted = f"SPY   {day:%y%m%d}{c['putCall'][0]}{round(c['strikePrice'] * 1000):08d}"
        assert c["symbol"] == wanted
    assert friday.contracts("BRK/B", at("2026-11-20 10:30"))[0]["symbol"].startswith("BRKB  ")


def test_volume_only_grows_while_strikes_stay(friday: SimulatedExchange, at: At) -> None:
    early, late = (
        {c["symbol"]: c["totalVolume"] for c in friday.contracts("AAPL", at(f"2026-11-20 {clock}"))}
        for clock in ("10:00", "15:00")
    )
    assert early.keys() == late.keys()
    assert all(late[symbol] >= volume for symbol, volume in early.items())
    assert sum(late.values()) > sum(early.values())


def test_expiries_move_ahead_of_holidays() -> None:
    days = [expiry.day for expiry in expiries(date(2026, 3, 30), True)]
    assert date(2026, 4, 2) in days  # Good Friday is the 3rd
    assert days == sorted(set(days))
    assert {e.kind for e in expiries(date(2026, 11, 20), False)} == {"S"}


def test_not_everything_has_options(friday: SimulatedExchange, at: At) -> None:
    assert friday.contracts("$COMPX", at("2026-11-20 10:30")) == []
    roots = {c["optionRoot"] for c in friday.contracts("$SPX", at("2026-11-20 10:30"))}
    assert roots == {"SPX", "SPXW"}

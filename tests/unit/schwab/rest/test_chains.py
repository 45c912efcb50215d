"""Chains asked for: whole at once, or in parts until each is small enough to be sent."""

import json
from datetime import date, timedelta

import httpx
import pytest

from monitor.errors import Refused, Transient
from monitor.market.chain import OptionSide

FIRST = date(2026, 10, 9)
PRICE = 100
TOO_BIG = httpx.Response(
    502,
    json={"fault": {"faultstring": "Body buffer overflow", "detail": {"errorcode": "protocol.http.TooBigBody"}}},
)


class Listed:
    """A Schwab that lists contracts, and sends no more than ``most`` of them at once."""

    def __init__(self, days=6, strikes=10, most=10_000, truncates=False):
        self.days = [FIRST + timedelta(days=7 * n) for n in range(days)]
        self.strikes = [PRICE - strikes // 2 + n for n in range(strikes)]
        self.most, self.truncates = most, truncates
        self.asked = []

    @property
    def symbols(self):
        return [symbol for day in self.days for strike in self.strikes for symbol in self._pair(day, strike)]

    def _pair(self, day, strike):
        return [f"XYZ   {day:%y%m%d}{side}{strike * 1000:08d}" for side in "CP"]

    def __call__(self, request):
        query = request.url.params
        if request.url.path.endswith("/expirationchain"):
            return httpx.Response(200, json={"expirationList": [{"expirationDate": str(day)} for day in self.days]})
        self.asked.append(dict(query))
        maps, count = {"callExpDateMap": {}, "putExpDateMap": {}}, 0
        for day in self.days:
            if not query.get("fromDate", "") <= str(day) <= query.get("toDate", "9999"):
                continue
            for strike in self.strikes:
                for symbol in self._pair(day, strike):
                    if self._wanted(query, symbol, strike) and not (self.truncates and count >= self.most):
                        side = "CALL" if symbol[12] == "C" else "PUT"
                        by_day = maps[f"{side.lower()}ExpDateMap"].setdefault(f"{day}:1", {})
                        by_day[f"{strike}.0"] = [{"symbol": symbol, "putCall": side, "strikePrice": float(strike)}]
                        count += 1
        cut = self.truncates and count >= self.most
        if count > self.most:
            return TOO_BIG
        head = {"symbol": "XYZ", "status": "SUCCESS", "isChainTruncated": cut, "underlyingPrice": 100.0 if count else 0}
        return httpx.Response(200, json=head | maps)

    @staticmethod
    def _wanted(query, symbol, strike):
        """At the money is neither in nor out of it, only near."""
        is_call = symbol[12] == "C"
        in_the_money = strike < PRICE if is_call else strike > PRICE
        match query.get("range", "ALL"):
            case "ITM":
                fits = in_the_money
            case "OTM":
                fits = not in_the_money and strike != PRICE
            case "NTM":
                fits = abs(strike - PRICE) <= 1
            case _:
                fits = True
        return fits and query["contractType"] in ("ALL", "CALL" if is_call else "PUT")


async def taken(market_data, schwab, listed, **asked):
    """The answer, and what was heard of its progress."""
    schwab.answer = listed
    heard = []
    answer = await market_data.chain("XYZ", on_progress=lambda *progress: heard.append(progress), **asked)
    return answer, heard


def symbols_of(answer):
    return [contract.symbol for contract in answer.chain.contracts]


async def test_a_chain_that_can_be_sent_is_asked_for_once(market_data, schwab):
    listed = Listed()
    answer, heard = await taken(market_data, schwab, listed)
    assert (symbols_of(answer), answer.is_whole, answer.rejected, heard) == (listed.symbols, True, {}, [])
    assert listed.asked == [{"symbol": "XYZ", "contractType": "ALL", "includeUnderlyingQuote": "true"}]
    assert answer.chain.taken_ms == 1_791_417_600_000


async def test_days_and_sides_are_asked_for(market_data, schwab):
    listed = Listed()
    answer, _ = await taken(market_data, schwab, listed, first=listed.days[1], last=listed.days[2], side=OptionSide.PUT)
    assert {(c.expiry, c.side) for c in answer.chain.contracts} == {(day, "P") for day in listed.days[1:3]}
    assert listed.asked[0]["contractType"] == "PUT"


# 20 contracts an expiry: all, three expiries, one, one side, one side's strikes in or out of the money
@pytest.mark.parametrize("most", [119, 60, 20, 19, 10, 9, 5])
@pytest.mark.parametrize("truncates", [False, True])
async def test_a_chain_too_large_comes_in_parts_until_it_is_whole(market_data, schwab, most, truncates):
    listed = Listed(most=most + truncates, truncates=truncates)
    answer, heard = await taken(market_data, schwab, listed)
    assert symbols_of(answer) == listed.symbols
    assert answer.is_whole
    assert answer.chain.underlying_price == 100
    done = [progress[0] for progress in heard]
    assert (done[0], done, heard[-1]) == (0, sorted(done), (6, 6))
    assert len(listed.asked) <= 6 * 9 + 5


async def test_only_the_expiries_within_reach_are_asked_for(market_data, schwab):
    listed = Listed(most=20)
    answer, heard = await taken(market_data, schwab, listed, first=listed.days[2], last=listed.days[3])
    assert answer.chain.expiries() == listed.days[2:4]
    assert heard[-1] == (2, 2)


async def test_one_expiry_too_large_is_split_by_side_and_strikes(market_data, schwab):
    listed = Listed(days=1, most=5)
    answer, _ = await taken(market_data, schwab, listed)
    assert (symbols_of(answer), answer.is_whole) == (listed.symbols, True)
    assert {a.get("range") for a in listed.asked} == {None, "ITM", "OTM", "NTM"}


async def test_what_can_be_sent_is_kept_when_a_part_cannot(market_data, schwab):
    listed = Listed(days=2, most=4)
    answer, heard = await taken(market_data, schwab, listed)
    assert not answer.is_whole
    assert heard[-1] == (2, 2)
    assert 0 < len(answer.chain.contracts) < len(listed.symbols)


async def test_the_rest_of_a_part_that_is_cut_however_small_is_kept(market_data, schwab):
    answer, _ = await taken(market_data, schwab, Listed(days=1, most=2, truncates=True))
    assert not answer.is_whole
    assert len(answer.chain.contracts) >= 6


async def test_nothing_that_can_be_sent_is_refused(market_data, schwab):
    with pytest.raises(Refused, match="smallest parts"):
        await taken(market_data, schwab, Listed(most=0))


async def test_without_expiries_there_is_nothing_to_split_by(market_data, schwab):
    def answer(request):
        return httpx.Response(200, json={"expirationList": []}) if "expiration" in request.url.path else TOO_BIG

    schwab.answer = answer
    with pytest.raises(Refused, match="names no expiries"):
        await market_data.chain("XYZ")


async def test_another_failure_ends_it(market_data, schwab):
    listed = Listed(most=20)
    left = [3]

    def answer(request):
        left[0] -= 1
        return listed(request) if left[0] > 0 else httpx.Response(403, content=b"<html>")

    schwab.answer = answer
    with pytest.raises(Transient):
        await market_data.chain("XYZ")


async def test_expiries_are_asked_for(market_data, schwab, answer_with, samples):
    answer_with((samples / "expirationchain_SPY_2026-10-08.json").read_bytes())
    answer = await market_data.expirations("SPY")
    assert answer.expirations[0].day == date(2026, 10, 7)
    assert str(schwab.requests[-1].url).endswith("/expirationchain?symbol=SPY")


async def test_contracts_that_cannot_be_read_are_counted_over_all_parts(market_data, schwab):
    listed = Listed(days=2, most=20)

    def answer(request):
        response = listed(request)
        body = json.loads(response.content)
        for strikes in body.get("callExpDateMap", {}).values():
            strikes["99.0"] = [7]
        return httpx.Response(response.status_code, json=body)

    schwab.answer = answer
    found = await market_data.chain("XYZ")
    assert found.rejected == {"unreadable": 2}
    assert len(found.chain.contracts) == len(listed.symbols) - 2

"""Price history: the table of periods, whole days, shorter memory."""

import pytest

from monitor.market.calendar import from_ms
from tests.support.exchange import MINUTE, NOW, chicago_date
from tests.support.visitor import Visitor

DAY = 86_400_000


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"periodType": "day", "frequencyType": "minute", "frequency": 30}, 200),
        ({"periodType": "day", "frequencyType": "daily"}, 400),
        ({"periodType": "day", "period": 6}, 400),
        ({"periodType": "month", "frequencyType": "daily", "period": 6}, 200),
        ({"periodType": "month", "frequencyType": "minute"}, 400),
        ({"periodType": "year", "frequencyType": "monthly", "period": 20}, 200),
        ({"periodType": "year", "frequency": 5}, 400),
        ({"periodType": "ytd", "frequencyType": "monthly"}, 400),
        ({"periodType": "decade"}, 400),
        ({"startDate": "yesterday"}, 400),
        ({"startDate": 10**20}, 400),
        ({"endDate": -1}, 400),
        ({"startDate": 2**42 - 1}, 200),
    ],
)
async def test_only_the_documented_combinations_are_answered(guest: Visitor, params: dict, code: int) -> None:
    assert await guest.status("pricehistory", symbol="AAPL", **params) == code


async def test_times_inside_a_day_are_not_honoured(guest: Visitor) -> None:
    asked = {"startDate": NOW - 30 * MINUTE, "endDate": NOW - 20 * MINUTE, "needExtendedHoursData": "true"}
    answer = await guest.get("pricehistory", symbol="AAPL", **asked)
    starts = [from_ms(c["datetime"]) for c in answer["candles"]]
    assert (f"{starts[0]:%H:%M}", f"{starts[-1]:%H:%M}") == ("07:00", "10:30")


async def test_without_an_end_the_answer_stops_the_business_day_before(guest: Visitor) -> None:
    answer = await guest.get("pricehistory", symbol="AAPL", periodType="day", period=2)
    days = sorted({from_ms(c["datetime"]).date().isoformat() for c in answer["candles"]})
    assert days == ["2026-10-05", "2026-10-06"]
    assert len(answer["candles"]) == 2 * 390


@pytest.mark.parametrize(("frequency", "days"), [(1, 48), (10, 274)])
async def test_more_than_there_is_comes_silently_shorter(guest: Visitor, frequency: int, days: int) -> None:
    asked = {"startDate": NOW - 400 * DAY, "endDate": NOW, "frequency": frequency}
    candles = (await guest.get("pricehistory", symbol="AAPL", **asked))["candles"]
    first = from_ms(candles[0]["datetime"]).date()
    assert days - 4 <= (from_ms(NOW).date() - first).days <= days
    assert candles[1]["datetime"] - candles[0]["datetime"] == frequency * MINUTE


async def test_the_previous_close_is_that_of_the_day_before_the_first_candle(guest: Visitor) -> None:
    asked = {"startDate": NOW - 5 * DAY, "endDate": NOW, "needPreviousClose": "true"}
    answer = await guest.get("pricehistory", symbol="AAPL", **asked)
    assert list(answer) == ["symbol", "empty", "previousClose", "previousCloseDate", "candles"]
    assert chicago_date(answer["previousCloseDate"]) < from_ms(answer["candles"][0]["datetime"]).date()


async def test_nothing_to_show_is_empty_and_unknown_is_a_404(guest: Visitor) -> None:
    saturday = NOW + 3 * DAY
    answer = await guest.get("pricehistory", symbol="AAPL", startDate=saturday, endDate=saturday)
    assert answer == {"symbol": "AAPL", "empty": True, "candles": []}
    assert await guest.status("pricehistory", symbol="ZQZQZ") == 404

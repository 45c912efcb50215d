"""Market data as a client asks for it, over a market that stands still."""

import pytest

from tests.support.exchange import NOW
from tests.support.visitor import Visitor


async def test_without_a_token_the_body_is_schwabs(visitor: Visitor) -> None:
    answer = await visitor.http.get("/marketdata/v1/quotes?symbols=AAPL")
    error = answer.json()["errors"][0]
    assert answer.status_code == 401
    assert (error["status"], error["title"], error["detail"]) == (401, "Unauthorized", "Client not authorized")


async def test_the_121st_request_of_a_minute_is_refused_until_there_is_room(guest: Visitor) -> None:
    codes = [await guest.status("movers/NASDAQ") for _ in range(120)]
    refused = await guest.http.get("/marketdata/v1/movers/NASDAQ")
    assert (set(codes), refused.status_code) == ({200}, 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    guest.house.clock.advance(60)
    assert await guest.status("movers/NASDAQ") == 200


async def test_headers_and_text_are_schwabs(guest: Visitor) -> None:
    answer = await guest.http.get("/marketdata/v1/quotes?symbols=AAPL&fields=quote")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-encoding"] == "gzip"
    assert "server" not in answer.headers
    assert '"bidPrice":214.0,' in answer.text
    plain = await guest.http.get("/marketdata/v1/quotes?symbols=AAPL", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


async def test_unknown_symbols_are_listed_beside_the_known(guest: Visitor) -> None:
    answer = await guest.get("quotes", symbols="AAPL,ZQZQZ,$SPX")
    assert list(answer) == ["AAPL", "$SPX", "errors"]
    assert answer["errors"] == {"invalidSymbols": ["ZQZQZ"]}
    assert list(await guest.get("quotes", symbols="ZQZQZ")) == ["errors"]


async def test_only_the_blocks_asked_for_come(guest: Visitor) -> None:
    entry = (await guest.get("quotes", symbols="AAPL", fields="quote,reference"))["AAPL"]
    assert "fundamental" not in entry
    assert entry["quote"]["lastPrice"] == 214.01


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ({}, "Search combination should have min of 1."),
        ({"symbols": ",".join(f"A{n}" for n in range(501))}, "Search combination should not exceed 500."),
        ({"symbols": "AAPL", "fields": "all,secret"}, "valid fields should be any of all,fundamental"),
    ],
)
async def test_wrong_quote_requests_say_why(guest: Visitor, params: dict[str, str], detail: str) -> None:
    error = (await guest.get("quotes", **params))["errors"][0]
    assert error["status"] == "400"
    assert error["detail"].startswith(detail)


@pytest.mark.parametrize("path", ["ZQZQZ/quotes", "BRK%2FB/quotes", "nothing", "movers/MOON"])
async def test_what_does_not_exist_is_a_404_without_detail(guest: Visitor, path: str) -> None:
    error = (await guest.get(path))["errors"][0]
    assert set(error) == {"id", "status", "title"}
    assert error["status"] == "404"


async def test_the_quote_endpoint_follows_the_market(guest: Visitor, exchange) -> None:
    exchange.moves = {"3": 220.0}
    assert (await guest.get("AAPL/quotes"))["AAPL"]["quote"]["lastPrice"] == 220.0


async def test_a_chain_is_mapped_by_date_and_strike(guest: Visitor) -> None:
    chain = await guest.get("chains", symbol="AAPL", contractType="CALL")
    assert list(chain["callExpDateMap"]) == ["2026-10-09:2", "2026-10-16:9"]
    assert list(chain["callExpDateMap"]["2026-10-09:2"]) == ["205.0", "210.0", "215.0", "220.0"]
    assert (chain["putExpDateMap"], chain["underlying"], chain["numberOfContracts"]) == ({}, None, 8)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"strikeCount": 1}, 4),
        ({"range": "ITM"}, 8),
        ({"range": "OTM", "contractType": "PUT"}, 4),
        ({"fromDate": "2026-10-10", "toDate": "2026-10-31"}, 8),
        ({"toDate": "2026-10-08"}, 0),
        ({"strike": 215}, 4),
        ({"expMonth": "NOV"}, 0),
    ],
)
async def test_chains_are_filtered(guest: Visitor, filters: dict[str, str], count: int) -> None:
    chain = await guest.get("chains", symbol="AAPL", includeUnderlyingQuote="true", **filters)
    assert chain["numberOfContracts"] == count
    assert chain["underlying"]["last"] == 214.01
    assert chain["underlyingPrice"] == (214.01 if count else 0.0)


@pytest.mark.parametrize("number", ["inf", "nan", "-1", "two"])
async def test_numbers_that_are_none_are_refused(guest: Visitor, number: str) -> None:
    assert await guest.status("chains", symbol="AAPL", strikeCount=number) == 400


async def test_an_unfiltered_index_chain_does_not_pass_the_gateway(guest: Visitor) -> None:
    answer = await guest.http.get("/marketdata/v1/chains?symbol=$SPX")
    assert answer.status_code == 502
    assert answer.json()["fault"]["detail"]["errorcode"] == "protocol.http.TooBigBody"
    assert await guest.status("chains", symbol="$SPX", strikeCount=2) == 200


async def test_expirations_come_nearest_first_with_status_null(guest: Visitor) -> None:
    answer = await guest.get("expirationchain", symbol="AAPL")
    assert [e["expirationDate"] for e in answer["expirationList"]] == ["2026-10-09", "2026-10-16"]
    assert answer["status"] is None


async def test_markets_open_close_and_refuse_dates_outside_the_window(guest: Visitor, monkeypatch) -> None:
    monkeypatch.setattr(guest.house.clock, "now", lambda: NOW / 1000)
    guest.http.headers["Authorization"] = f"Bearer {(await guest.sign_in())['access_token']}"
    half_day = await guest.get("markets", markets="equity,option", date="2026-11-27")
    assert half_day["equity"]["EQ"]["sessionHours"]["postMarket"][0]["start"] == "2026-11-27T13:00:00-05:00"
    assert half_day["option"]["IND"]["sessionHours"]["regularMarket"][0]["end"] == "2026-11-27T13:15:00-05:00"
    closed = {"date": "2026-11-26", "marketType": "EQUITY", "product": "equity", "isOpen": False}
    assert await guest.get("markets/equity", date="2026-11-26") == {"equity": {"equity": closed}}
    past = await guest.get("markets", markets="equity", date="2026-09-29")
    assert past["errors"][0]["detail"] == "Date cannot be more than 7 days in the past."
    assert past["errors"][0]["source"] == {"parameter": "date"}
    assert await guest.status("markets", markets="equity", date="2027-10-08") == 400


async def test_movers_rank_and_count_in_fractions(guest: Visitor) -> None:
    movers = (await guest.get("movers/$SPX", sort="PERCENT_CHANGE_UP"))["screeners"]
    assert [m["symbol"] for m in movers] == ["AAPL", "F"]
    assert movers[0]["netPercentChange"] == 0.0024
    assert movers[0]["marketShare"] == 50.0


@pytest.mark.parametrize(
    ("text", "projection", "symbols"),
    [
        ("AAPL,SPY", "symbol-search", ["AAPL", "SPY"]),
        ("S.*", "symbol-regex", ["SPY"]),
        ("ford motor", "desc-search", ["F"]),
        ("^App", "desc-regex", ["AAPL"]),
        ("sp", "search", ["SPY"]),
        ("AAPL", "fundamental", ["AAPL"]),
    ],
)
async def test_instruments_are_found(guest: Visitor, text: str, projection: str, symbols: list[str]) -> None:
    found = (await guest.get("instruments", symbol=text, projection=projection))["instruments"]
    assert [entry["symbol"] for entry in found] == symbols
    assert (next(iter(found[0])) == "fundamental") == (projection == "fundamental")


async def test_an_unknown_instrument_is_an_empty_object(guest: Visitor) -> None:
    assert await guest.get("instruments", symbol="NOTREAL", projection="symbol-search") == {}
    assert (await guest.get("instruments/78462F103"))["instruments"][0]["assetType"] == "ETF"
    assert await guest.status("instruments", symbol="[", projection="symbol-regex") == 400


async def test_preferences_tell_where_the_streamer_is(guest: Visitor) -> None:
    preference = (await guest.http.get("/trader/v1/userPreference")).json()
    (streamer,) = preference["streamerInfo"]
    assert streamer["streamerSocketUrl"] == f"ws://127.0.0.1:{guest.http.base_url.port}/ws"
    assert len(streamer["schwabClientCustomerId"]) == 64


async def test_a_failure_inside_is_a_500_in_schwabs_words(guest: Visitor, exchange, monkeypatch) -> None:
    monkeypatch.setattr(exchange, "level_one", lambda *_: {})
    monkeypatch.setattr(exchange, "contracts", lambda *_: 1 / 0)
    error = (await guest.get("expirationchain", symbol="AAPL"))["errors"][0]
    assert (error["status"], error["title"]) == (500, "Internal Server Error")
    assert await guest.status("quotes", symbols="AAPL") == 200

"""Requests are named by what they ask: the endpoint, and words with at most some symbols in them."""

import httpx
import pytest

from monitor.schwab.endpoint import NAMES, endpoint_of, purpose_of

HOST = "https://api.schwabapi.com"


@pytest.mark.parametrize(
    ("path", "endpoint", "purpose"),
    [
        ("/marketdata/v1/quotes?symbols=AAPL,MSFT&fields=quote", "quotes", "quotes of AAPL, MSFT"),
        ("/marketdata/v1/quotes?symbols=A,B,C,D,E", "quotes", "quotes of A, B, C and 2 more"),
        ("/marketdata/v1/quotes", "quotes", "quotes"),
        ("/marketdata/v1/%24SPX/quotes", "quotes", "quotes"),
        ("/marketdata/v1/pricehistory?symbol=AAPL&frequencyType=minute", "pricehistory", "minutes of AAPL"),
        ("/marketdata/v1/pricehistory?symbol=%24SPX&frequencyType=daily", "pricehistory", "days of $SPX"),
        ("/marketdata/v1/chains?symbol=SPY", "chains", "option chain of SPY"),
        ("/marketdata/v1/expirationchain?symbol=SPY", "expirationchain", "option expiries of SPY"),
        ("/marketdata/v1/markets?markets=equity", "markets", "market hours"),
        ("/marketdata/v1/markets/equity", "markets", "market hours"),
        ("/marketdata/v1/movers/%24SPX", "movers", "movers"),
        ("/marketdata/v1/instruments?symbol=what+was+typed", "instruments", "symbol search"),
        ("/marketdata/v1/instruments/037833100", "instruments", "symbol search"),
        ("/marketdata/v1/token", "other", "other market data"),
        ("/marketdata/v1/new/thing", "other", "other market data"),
        ("/marketdata/", "other", "other market data"),
        ("/trader/v1/userPreference", "userPreference", "address of the streamer"),
        ("/v1/oauth/token", "token", "sign-in service"),
    ],
)
def test_every_path_has_an_endpoint_and_words(path, endpoint, purpose):
    request = httpx.Request("GET", HOST + path)
    assert endpoint_of(request.url.path) == endpoint
    assert endpoint in NAMES
    assert purpose_of(request, endpoint) == purpose


def test_words_stay_short_and_on_one_line():
    request = httpx.Request("GET", HOST + "/marketdata/v1/quotes", params={"symbols": "A\n\x1b[1m" + "B" * 500})
    words = purpose_of(request, "quotes")
    assert words.isprintable()
    assert len(words) < 50

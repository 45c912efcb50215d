"""The instruments the sandbox knows."""

from monitor.market.book import BookService
from monitor.market.instrument import parse_symbol
from monitor.sandbox.market.universe import universe


def test_a_few_hundred_symbols_with_funds_and_indices() -> None:
    kinds = [company.listing.asset_subtype for company in universe().values()]
    assert len(kinds) >= 300
    assert kinds.count("ETF") >= 30
    assert {"AAPL", "BRK/B", "SPY", "$SPX", "$COMPX", "$DJI", "$VIX", "$NDX", "$RUT"} <= universe().keys()


def test_symbols_are_written_as_schwab_writes_them() -> None:
    assert all(parse_symbol(symbol) == symbol for symbol in universe())


def test_the_listing_decides_which_book_there_is() -> None:
    services = {symbol: universe()[symbol].listing.book_service for symbol in ("AAPL", "JPM", "SPY", "$SPX")}
    assert services == {
        "AAPL": BookService.NASDAQ,
        "JPM": BookService.NYSE,
        "SPY": BookService.NYSE,
        "$SPX": None,
    }


def test_cusips_are_nine_characters_with_a_right_check_digit() -> None:
    cusips = [c.listing.cusip for c in universe().values() if not c.is_index]
    assert len(set(cusips)) == len(cusips)
    for cusip in cusips:
        digits = [int(d) * (1 + i % 2) for i, d in enumerate(cusip[:8])]
        assert len(cusip) == 9
        assert (sum(n // 10 + n % 10 for n in digits) + int(cusip[8])) % 10 == 0

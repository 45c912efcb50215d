"""What the details say of a quote and fundamentals."""

from datetime import date

from monitor.market.fundamentals import Fundamentals
from monitor.market.instrument import Instrument
from monitor.market.quote import FutureQuote, OptionQuote, Quote
from monitor.ui.details.facts import Group, Span, groups, joined
from monitor.ui.details.sheet import words

FACTS = Fundamentals(
    symbol="AAPL",
    market_cap=3_524_014_873_860.0,
    shares_outstanding=15_204_137_000,
    pe_ratio=35.35277,
    eps_ttm=6.56667,
    beta=1.23919,
    dividend_amount=1.0,
    dividend_yield=0.43144,
    dividend_pay_amount=0.2575,
    dividend_frequency=4,
    dividend_date=date(2026, 8, 12),
    dividend_pay_date=date(2026, 8, 15),
    gross_margin_ttm=45.962,
    average_volume_10_days=37_498_265,
    short_interest_to_float=0.0,
)


def said(found: list[Group]) -> dict[str, str]:
    return {fact.name: words(fact) for group in found for fact in group.facts}


def test_a_share() -> None:
    quote = Quote(
        symbol="AAPL", last=230.5, net_change=-1.2, net_percent_change=-0.5179, close=231.7, low=229, high=233
    )
    instrument = Instrument("AAPL", "Apple Inc", "NASDAQ", "EQUITY", "037833100")
    found = groups("AAPL", quote, FACTS, instrument)
    assert [group.heading for group in found] == [
        *("Price", "Instrument", "Valuation", "Dividend", "Profitability", "Volume", "Short selling"),
    ]
    assert (
        said(found).items()
        >= {
            "Last": "230.50",
            "Change": "-1.20 (-0.52 %)",
            "Day range": "229.00 – 233.00",
            "52 weeks": "–",
            "Description": "Apple Inc",
            "Exchange": "NASDAQ",
            "Type": "Equity",
            "CUSIP": "037833100",
            "Market cap": "3.5T",
            "P/E": "35.35",
            "Beta": "1.24",
            "Yield": "0.43 %",
            "Amount a year": "1.00",
            "Payment": "0.2575",
            "Paid": "quarterly",
            "Ex-date": "12 Aug 2026",
            "Pay date": "15 Aug 2026",
            "Next ex-date": "–",
            "Gross margin": "45.96 %",
            "Average of 10 days": "37.5M",
        }.items()
    )
    tips = {fact.name: fact.tip for group in found for fact in group.facts if not isinstance(fact, Span)}
    assert tips["Market cap"] == "3,524,014,873,860 dollars"


def test_what_is_not_known_is_a_dash_and_so_is_a_zero_that_means_nothing() -> None:
    found = said(groups("AAPL", Quote(symbol="AAPL"), Fundamentals(symbol="AAPL", pe_ratio=0.0, market_cap=0.0), None))
    assert set(found.values()) == {"–", "– × –"}


def test_where_the_last_price_lies_in_its_ranges() -> None:
    quote = Quote(symbol="AAPL", last=110, low=100, high=120, low_52_week=100, high_52_week=105)
    spans = [fact.at for fact in groups("AAPL", quote, None, None)[0].facts if isinstance(fact, Span)]
    assert spans == [0.5, 1.0]  # a new high of the year is not in it yet


def test_the_years_range_of_the_fundamentals_serves_where_the_quote_has_none() -> None:
    facts = Fundamentals(symbol="AAPL", low_52_week=164.075, high_52_week=237.49)
    assert said(groups("AAPL", Quote(symbol="AAPL"), facts, None))["52 weeks"] == "164.07 – 237.49"


def test_short_selling_tells_no_from_unknown() -> None:
    found = said(groups("GME", Quote(symbol="GME", shortable=0, hard_to_borrow=1, hard_to_borrow_rate=4.5), None, None))
    assert (found["Can be shorted"], found["Hard to borrow"], found["Borrow rate"]) == ("no", "yes", "4.50 %")
    placeholders = Quote(symbol="GME", shortable=-1, hard_to_borrow=-1, hard_to_borrow_quantity=-1)
    found = said(groups("GME", placeholders, None, None))
    assert (found["Can be shorted"], found["Hard to borrow"], found["Can be borrowed"]) == ("–", "–", "–")


def test_an_index_has_no_fundamentals_to_leave_blank() -> None:
    assert [group.heading for group in groups("$SPX", Quote(symbol="$SPX"), None, None)] == ["Price", "Instrument"]


def test_an_option_tells_its_contract_and_greeks() -> None:
    symbol = "SPY   260928C00772000"
    quote = OptionQuote(
        symbol=symbol,
        underlying="SPY",
        contract_type="C",
        strike=772,
        expiration_year=2026,
        expiration_month=9,
        expiration_day=28,
        open_interest=1234,
        volatility=18.25,
        delta=0.4312,
        gamma=-999,
    )
    found = groups(symbol, quote, None, None)
    assert [group.heading for group in found] == ["Price", "Instrument", "Contract", "Volatility and Greeks"]
    assert (
        said(found).items()
        >= {
            "Underlying": "SPY",
            "Right": "call",
            "Strike": "772.00",
            "Expiry": "28 Sep 2026",
            "Open interest": "1,234",
            "Implied volatility": "18.25 %",
            "Delta": "0.4312",
            "Gamma": "–",
        }.items()
    )
    assert "Active contract" not in said(found)


def test_a_future_tells_its_contract() -> None:
    quote = FutureQuote(symbol="/ES", active_symbol="/ESZ26", tick=0.25, multiplier=50)
    found = said(groups("/ES", quote, None, None))
    assert (found["Active contract"], found["Tick"], found["Multiplier"]) == ("/ESZ26", "0.25", "50")
    assert "Strike" not in found


def test_fundamentals_of_two_sources_fill_each_other() -> None:
    first = Fundamentals(symbol="AAPL", pe_ratio=35.3, beta=0.0)
    second = Fundamentals(symbol="AAPL", pe_ratio=30, beta=1.2, average_volume_1_year=5)
    assert joined(first, second) == Fundamentals(symbol="AAPL", pe_ratio=35.3, beta=1.2, average_volume_1_year=5)
    assert joined(None, second) is second
    assert joined(first, None) is first

"""What is known of a company or fund beside its price: ratios, dividends and average volumes."""

from datetime import date

from msgspec import Struct

from monitor.market.quote import Number


class Fundamentals(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Fundamentals of one symbol, as far as they were sent; margins, yields and returns are percent."""

    symbol: str
    pe_ratio: Number | None = None
    peg_ratio: Number | None = None
    pb_ratio: Number | None = None
    price_to_sales: Number | None = None
    price_to_cash_flow: Number | None = None
    eps: Number | None = None
    eps_ttm: Number | None = None
    eps_change: Number | None = None
    eps_change_year: Number | None = None
    eps_change_percent_ttm: Number | None = None
    revenue_change: Number | None = None
    revenue_change_ttm: Number | None = None
    revenue_change_year: Number | None = None
    dividend_amount: Number | None = None
    dividend_yield: Number | None = None
    dividend_date: date | None = None
    dividend_pay_amount: Number | None = None
    dividend_pay_date: date | None = None
    dividend_frequency: Number | None = None  # payments a year
    dividend_growth_3_years: Number | None = None
    declaration_date: date | None = None
    next_dividend_date: date | None = None
    next_dividend_pay_date: date | None = None
    last_earnings_date: date | None = None
    high_52_week: Number | None = None
    low_52_week: Number | None = None
    beta: Number | None = None
    market_cap: Number | None = None
    market_cap_float: Number | None = None
    shares_outstanding: Number | None = None
    book_value_per_share: Number | None = None
    gross_margin_ttm: Number | None = None
    gross_margin_mrq: Number | None = None
    net_margin_ttm: Number | None = None
    net_margin_mrq: Number | None = None
    operating_margin_ttm: Number | None = None
    operating_margin_mrq: Number | None = None
    return_on_equity: Number | None = None
    return_on_assets: Number | None = None
    return_on_investment: Number | None = None
    quick_ratio: Number | None = None
    current_ratio: Number | None = None
    interest_coverage: Number | None = None
    debt_to_capital: Number | None = None
    long_term_debt_to_equity: Number | None = None
    debt_to_equity: Number | None = None
    short_interest_to_float: Number | None = None
    short_interest_days_to_cover: Number | None = None
    average_volume_1_day: Number | None = None
    average_volume_10_days: Number | None = None
    average_volume_3_months: Number | None = None
    average_volume_1_year: Number | None = None
    fund_leverage: Number | None = None
    fund_strategy: str | None = None

"""What the details of a symbol say: groups of facts, each with its name, and a dash where nothing is known."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from msgspec.structs import fields, replace

from monitor.market.calendar import from_ms
from monitor.market.fundamentals import Fundamentals
from monitor.market.instrument import Instrument, Kind, kind_of
from monitor.market.quote import DetailedQuote, Number, Quote, known
from monitor.ui import format as fmt


class Fact(NamedTuple):
    """A name and what there is to say; ``tip`` may say it more exactly."""

    name: str
    text: str
    tip: str = ""


class Span(NamedTuple):
    """A range as a bar: its ends as text, and where the last price lies, 0 to 1, or None where nothing is known."""

    name: str
    low: str
    high: str
    at: float | None


class Group(NamedTuple):
    """Facts that belong together, under a heading."""

    heading: str
    facts: tuple[Fact | Span, ...]


def groups(symbol: str, quote: Quote, facts: Fundamentals | None, instrument: Instrument | None) -> list[Group]:
    """All that is to be said of ``symbol``; what its kind has none of is left out."""
    found = [_price(quote, facts), _instrument(quote, instrument)]
    kind = kind_of(symbol)
    if kind is Kind.SHARE:
        f = facts or Fundamentals(symbol=symbol)
        return [*found, _valuation(f), _dividend(f), _profit(f), _volumes(quote, f), _short(quote, f)]
    if kind in (Kind.OPTION, Kind.FUTURE, Kind.FUTURE_OPTION):
        found.append(_contract(quote))
    if kind is Kind.OPTION:
        found.append(_greeks(quote))
    return found


def joined(first: Fundamentals | None, second: Fundamentals | None) -> Fundamentals | None:
    """Both together: of what both tell the first's, for Schwab sends 0 for nothing the second's where that is 0."""
    if first is None or second is None:
        return first or second
    told = {f.name: getattr(second, f.name) for f in fields(second) if not getattr(first, f.name)}
    return replace(first, **told)


# ------------------------------------------------------------------------------------------ the groups


def _price(q: Quote, f: Fundamentals | None) -> Group:
    high = q.high_52_week or (f.high_52_week if f else None)
    low = q.low_52_week or (f.low_52_week if f else None)
    percent = "" if q.net_percent_change is None else f" ({fmt.percent(q.net_percent_change)} %)"
    return Group(
        "Price",
        (
            Fact("Last", fmt.price(q.last)),
            Fact("Change", f"{fmt.change(q.net_change)}{percent}"),
            Fact("Open", fmt.price(q.open)),
            Fact("Previous close", fmt.price(q.close)),
            _span("Day range", q.low, q.high, q.last),
            _span("52 weeks", low, high, q.last or q.close),
            Fact("Bid × ask", f"{fmt.price(q.bid)} × {fmt.price(q.ask)}"),
        ),
    )


def _instrument(q: Quote, i: Instrument | None) -> Group:
    kind = (i.asset_type if i else "") or q.asset_type or ""
    sub = f" ({q.asset_subtype})" if q.asset_subtype and q.asset_subtype != kind else ""
    description = (i.description if i else "") or q.description or ""
    return Group(
        "Instrument",
        (
            Fact("Description", description or fmt.DASH, description),
            Fact("Exchange", (i.exchange if i else "") or q.exchange_name or fmt.DASH),
            Fact(
                "Type", f"{kind.replace('_', ' ').capitalize() if len(kind) > 3 else kind}{sub}" if kind else fmt.DASH
            ),
            Fact("CUSIP", (i.cusip if i else "") or q.cusip or fmt.DASH),
            Fact("Trading", q.security_status or fmt.DASH),
        ),
    )


def _valuation(f: Fundamentals) -> Group:
    return Group(
        "Valuation",
        (
            _large("Market cap", f.market_cap, "dollars"),
            _large("Shares outstanding", f.shares_outstanding, "shares"),
            Fact("P/E", _ratio(f.pe_ratio)),
            Fact("PEG", _ratio(f.peg_ratio)),
            Fact("P/B", _ratio(f.pb_ratio)),
            Fact("P/S", _ratio(f.price_to_sales)),
            Fact("EPS, 12 months", _ratio(f.eps_ttm or f.eps)),
            Fact("Beta", _ratio(f.beta)),
            Fact("Last earnings", _day(f.last_earnings_date)),
        ),
    )


def _dividend(f: Fundamentals) -> Group:
    often = {1: "yearly", 2: "half-yearly", 4: "quarterly", 12: "monthly"}
    return Group(
        "Dividend",
        (
            Fact("Amount a year", _money(f.dividend_amount)),
            Fact("Yield", _percent(f.dividend_yield)),
            Fact("Payment", _money(f.dividend_pay_amount)),
            Fact("Paid", often.get(int(f.dividend_frequency or 0), fmt.DASH)),
            Fact("Ex-date", _day(f.dividend_date)),
            Fact("Pay date", _day(f.dividend_pay_date)),
            Fact("Next ex-date", _day(f.next_dividend_date)),
            Fact("Next pay date", _day(f.next_dividend_pay_date)),
        ),
    )


def _profit(f: Fundamentals) -> Group:
    return Group(
        "Profitability",
        (
            Fact("Gross margin", _percent(f.gross_margin_ttm), "Of the last 12 months"),
            Fact("Operating margin", _percent(f.operating_margin_ttm), "Of the last 12 months"),
            Fact("Net margin", _percent(f.net_margin_ttm), "Of the last 12 months"),
            Fact("Return on equity", _percent(f.return_on_equity)),
            Fact("Return on assets", _percent(f.return_on_assets)),
            Fact("Debt to equity", _percent(f.debt_to_equity)),
            Fact("Current ratio", _ratio(f.current_ratio)),
        ),
    )


def _volumes(q: Quote, f: Fundamentals) -> Group:
    return Group(
        "Volume",
        (
            _large("Today", q.volume, "shares", zero=True),
            _large("Last day", f.average_volume_1_day, "shares"),
            _large("Average of 10 days", f.average_volume_10_days, "shares"),
            _large("Average of 3 months", f.average_volume_3_months, "shares"),
            _large("Average of a year", f.average_volume_1_year, "shares"),
        ),
    )


def _short(q: Quote, f: Fundamentals) -> Group:
    rate = known(q, "hard_to_borrow_rate")
    return Group(
        "Short selling",
        (
            Fact("Can be shorted", _yes(known(q, "shortable"))),
            Fact("Hard to borrow", _yes(known(q, "hard_to_borrow"))),
            Fact("Borrow rate", _percent(rate)),
            _large("Can be borrowed", known(q, "hard_to_borrow_quantity"), "shares", zero=True),
            Fact("Short of float", _percent(f.short_interest_to_float)),
            Fact("Days to cover", _ratio(f.short_interest_days_to_cover)),
        ),
    )


def _contract(q: Quote) -> Group:
    def of(name: str, show: Callable[[Any], str] = str) -> str:
        value = known(q, name)
        return fmt.DASH if value is None or value == "" else show(value)

    facts = [
        Fact("Underlying", of("underlying")),
        Fact("Right", of("contract_type", lambda v: {"C": "call", "P": "put"}.get(v, str(v)))),
        Fact("Strike", of("strike", fmt.price)),
        Fact("Expiry", _expiry(q)),
        Fact("Days left", of("days_to_expiration", lambda v: f"{v:.0f}")),
        Fact("Active contract", of("active_symbol")),
        Fact("Open interest", of("open_interest", fmt.size)),
        Fact("Multiplier", of("multiplier", lambda v: f"{v:g}")),
        Fact("Tick", of("tick", lambda v: f"{v:g}")),
        Fact("Settlement price", of("settlement_price", fmt.price)),
    ]
    names = {f.name for f in fields(q)} if isinstance(q, DetailedQuote) else set[str]()
    fitting = zip(facts, _CONTRACT_FIELDS, strict=True)
    return Group("Contract", tuple(fact for fact, name in fitting if not names or name in names))


_CONTRACT_FIELDS = (
    *("underlying", "contract_type", "strike", "symbol", "days_to_expiration", "active_symbol"),
    *("open_interest", "multiplier", "tick", "settlement_price"),
)


def _greeks(q: Quote) -> Group:
    return Group(
        "Volatility and Greeks",
        (
            Fact("Implied volatility", _percent(known(q, "volatility"))),
            *(
                Fact(name.capitalize(), fmt.DASH if (value := known(q, name)) is None else f"{value:.4f}")
                for name in ("delta", "gamma", "theta", "vega", "rho")
            ),
            Fact("Theoretical value", fmt.price(known(q, "theoretical_value"))),
            Fact("Time value", fmt.price(known(q, "time_value"))),
        ),
    )


# ------------------------------------------------------------------------------------------ the values


def _span(name: str, low: Number | None, high: Number | None, last: Number | None) -> Span:
    at = None
    if low and high and last and high > low:
        at = min(1.0, max(0.0, (last - low) / (high - low)))
    return Span(name, fmt.price(low), fmt.price(high), at)


def _large(name: str, value: Number | None, unit: str, *, zero: bool = False) -> Fact:
    """A tight number that is exact in its tip; 0 is nothing unless ``zero`` can be meant."""
    if value is None or not (value or zero):
        return Fact(name, fmt.DASH)
    return Fact(name, fmt.volume(value), f"{value:,.0f} {unit}")


def _ratio(value: Number | None) -> str:
    return f"{value:,.2f}" if value else fmt.DASH


def _money(value: Number | None) -> str:
    return f"{value:,.4f}".removesuffix("00") if value else fmt.DASH


def _percent(value: Number | None) -> str:
    return f"{value:,.2f} %" if value else fmt.DASH


def _day(value: date | None) -> str:
    return f"{value:%d %b %Y}" if value else fmt.DASH


def _yes(value: Number | None) -> str:
    return fmt.DASH if value is None else "yes" if value else "no"


def _expiry(q: Quote) -> str:
    """As a day; an option names it in three numbers, a future as a moment."""
    parts: Sequence[int | None] = [getattr(q, f"expiration_{part}", None) for part in ("year", "month", "day")]
    year, month, day = parts
    if year and month and day:
        try:
            return _day(date(year, month, day))
        except ValueError:
            return fmt.DASH
    moment = getattr(q, "expiration", None)
    return _day(from_ms(moment).date()) if moment else fmt.DASH

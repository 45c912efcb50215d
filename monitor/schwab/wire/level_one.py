"""The items of the LEVELONE services: each kind of quote itself under its field numbers."""

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import field

from monitor.market.quote import ForexQuote, FutureOptionQuote, FutureQuote, OptionQuote, Quote

# The names of each service's fields from 1 on, in the order of their numbers (0 is the symbol again).
EQUITY_FIELDS = (
    *("bid", "ask", "last", "bid_size", "ask_size", "ask_exchange", "bid_exchange", "volume", "last_size"),
    *("high", "low", "close", "exchange", "marginable", "description", "last_exchange", "open", "net_change"),
    *("high_52_week", "low_52_week", "pe_ratio", "dividend_amount", "dividend_yield", "nav", "exchange_name"),
    *("dividend_date", "quote_is_regular", "trade_is_regular", "regular_last", "regular_last_size"),
    *("regular_net_change", "security_status", "mark", "quote_time", "trade_time", "regular_trade_time"),
    *("bid_time", "ask_time", "ask_mic", "bid_mic", "last_mic", "net_percent_change", "regular_percent_change"),
    *("mark_change", "mark_percent_change", "hard_to_borrow_quantity", "hard_to_borrow_rate", "hard_to_borrow"),
    *("shortable", "post_market_change", "post_market_percent_change"),
)
OPTION_FIELDS = (
    *("description", "bid", "ask", "last", "high", "low", "close", "volume", "open_interest", "volatility"),
    *("intrinsic_value", "expiration_year", "multiplier", "digits", "open", "bid_size", "ask_size", "last_size"),
    *("net_change", "strike", "contract_type", "underlying", "expiration_month", "deliverables", "time_value"),
    *("expiration_day", "days_to_expiration", "delta", "gamma", "theta", "vega", "rho", "security_status"),
    *("theoretical_value", "underlying_price", "expiration_type", "mark", "quote_time", "trade_time", "exchange"),
    *("exchange_name", "last_trading_day", "settlement_type", "net_percent_change", "mark_change"),
    *("mark_percent_change", "implied_yield", "penny_pilot", "option_root", "high_52_week", "low_52_week"),
    *("indicative_ask", "indicative_bid", "indicative_quote_time", "exercise_type"),
)
FUTURE_FIELDS = (
    *("bid", "ask", "last", "bid_size", "ask_size", "bid_exchange", "ask_exchange", "volume", "last_size"),
    *("quote_time", "trade_time", "high", "low", "close", "exchange", "description", "last_exchange", "open"),
    *("net_change", "net_percent_change", "exchange_name", "security_status", "open_interest", "mark", "tick"),
    *("tick_amount", "product", "price_format", "trading_hours", "tradable", "multiplier", "is_active"),
    *("settlement_price", "active_symbol", "expiration", "expiration_style", "ask_time", "bid_time"),
    *("quoted_in_session", "settlement_date"),
)
FUTURE_OPTION_FIELDS = (
    *("bid", "ask", "last", "bid_size", "ask_size", "bid_exchange", "ask_exchange", "volume", "last_size"),
    *("quote_time", "trade_time", "high", "low", "close", "last_exchange", "description", "open", "open_interest"),
    *("mark", "tick", "tick_amount", "multiplier", "settlement_price", "underlying", "strike", "expiration"),
    *("expiration_style", "contract_type", "security_status", "exchange", "exchange_name"),
)
FOREX_FIELDS = (
    *("bid", "ask", "last", "bid_size", "ask_size", "volume", "last_size", "quote_time", "trade_time"),
    *("high", "low", "close", "exchange", "description", "open", "net_change", "net_percent_change"),
    *("exchange_name", "digits", "security_status", "tick", "tick_amount", "product", "trading_hours", "tradable"),
    *("market_maker", "high_52_week", "low_52_week", "mark"),
)
_FIRST = {"symbol": "key", "asset_type": "assetMainType", "asset_subtype": "assetSubType"}


def _numbered(name: str, kind: type[Quote], names: tuple[str, ...]) -> Any:
    """``kind`` under its wire names, so that decoding needs no second step."""
    wire_names = {name: str(number) for number, name in enumerate(names, start=1)} | _FIRST
    return msgspec.defstruct(
        name,
        [
            (f.name, f.type, field(name=wire_names.get(f.name, f.name), default=f.default))
            for f in msgspec.structs.fields(kind)
        ],
        bases=(kind,),
        module=__name__,
        gc=False,
        omit_defaults=True,
        kw_only=True,
    )


# The first item of a key holds every field asked for, later ones what changed.
if TYPE_CHECKING:
    LevelOneEquity = Quote
    LevelOneOption = OptionQuote
    LevelOneFuture = FutureQuote
    LevelOneFutureOption = FutureOptionQuote
    LevelOneForex = ForexQuote
else:
    LevelOneEquity = _numbered("LevelOneEquity", Quote, EQUITY_FIELDS)
    LevelOneOption = _numbered("LevelOneOption", OptionQuote, OPTION_FIELDS)
    LevelOneFuture = _numbered("LevelOneFuture", FutureQuote, FUTURE_FIELDS)
    LevelOneFutureOption = _numbered("LevelOneFutureOption", FutureOptionQuote, FUTURE_OPTION_FIELDS)
    LevelOneForex = _numbered("LevelOneForex", ForexQuote, FOREX_FIELDS)

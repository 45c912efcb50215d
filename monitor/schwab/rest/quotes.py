"""GET /quotes: the blocks of an entry put together into the quote that fits its asset."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from monitor.errors import BadData
from monitor.market.fundamentals import Fundamentals
from monitor.market.quote import (
    ForexQuote,
    FutureOptionQuote,
    FutureQuote,
    Number,
    OptionQuote,
    Quote,
    known,
)
from monitor.market.snapshot import ExtendedHours, Snapshot
from monitor.ports import QuotesAnswer
from monitor.schwab.rest.client import Asking
from monitor.schwab.rest.names import FUNDAMENTAL, QUOTE, REFERENCE, REGULAR
from monitor.schwab.rest.reading import Value, Whole, as_list, as_mapping, as_struct, mapping

LARGEST_BATCH = 500

_OF_QUOTE_TOO = ("pe_ratio", "dividend_amount", "dividend_yield")
_EXTENDED = {name: field for name, field in QUOTE.items() if field in ExtendedHours.__struct_fields__}
#: What cannot be below zero; where it is, as -1 and -999 are, there is no value.
_COUNTED = frozenset(
    ("bid_size", "ask_size", "last_size", "volume", "open_interest", "volatility", "theoretical_value")
)
_OPTION_PRICES = frozenset(("bid", "ask", "last", "mark", "open", "high", "low", "close", "underlying_price"))


def bounded(kind: type[msgspec.Struct]) -> Any:
    """``kind`` with numbers that are numbers and times that are times, for reading it."""
    kinds = {Number | None: Value | None, int | None: Whole | None, date | None: date | None}
    fields = [
        (f.name, kinds.get(f.type, f.type), msgspec.field(default=f.default)) for f in msgspec.structs.fields(kind)
    ]
    return msgspec.defstruct(f"Sent{kind.__name__}", fields, bases=(kind,), module=__name__, gc=False, kw_only=True)


_QUOTE_KINDS = {
    "OPTION": bounded(OptionQuote),
    "FUTURE": bounded(FutureQuote),
    "FUTURE_OPTION": bounded(FutureOptionQuote),
    "FOREX": bounded(ForexQuote),
}
_ANY_QUOTE = bounded(Quote)
_FUNDAMENTALS = bounded(Fundamentals)
_EXTENDED_HOURS = bounded(ExtendedHours)


def read_quotes(content: bytes, where: str = "quotes") -> QuotesAnswer:
    """An answer: an object by symbol, in which ``errors`` is no symbol. Raises BadData."""
    quotes: dict[str, Snapshot] = {}
    rejected: Counter[str] = Counter()
    invalid: list[str] = []
    for symbol, entry in mapping(content, where).items():
        if symbol == "errors":
            invalid += _invalid(entry)
        elif isinstance(entry, dict):
            quotes[symbol] = snapshot(symbol, entry)
        else:
            rejected["unreadable"] += 1
    return QuotesAnswer(quotes, tuple(invalid), rejected)


def _invalid(errors: object) -> list[str]:
    told = as_mapping(errors)
    names = ("invalidSymbols", "invalidCusips", "invalidSSIDs")
    return [str(one) for name in names for one in as_list(told.get(name)) if isinstance(one, str | int)]


def snapshot(symbol: str, entry: Mapping[str, Any]) -> Snapshot:
    """What one entry holds; blocks that are missing or cannot be read leave their fields unknown."""
    facts = fundamentals_of(symbol, as_mapping(entry.get("fundamental")), FUNDAMENTAL)
    extended = as_struct(_EXTENDED_HOURS, renamed(entry.get("extended"), _EXTENDED))
    ssid = entry.get("ssid")
    return Snapshot(
        _quote(symbol, entry, facts),
        facts,
        extended if as_mapping(entry.get("extended")) else None,
        ssid if type(ssid) is int and 0 < ssid < 2**53 else None,
    )


def _quote(symbol: str, entry: Mapping[str, Any], facts: Fundamentals | None) -> Quote:
    values = {
        **renamed(entry.get("quote"), QUOTE),
        **renamed(entry.get("reference"), REFERENCE),
        **renamed(entry.get("regular"), REGULAR),
        "symbol": symbol,
        "asset_type": entry.get("assetMainType"),
        "asset_subtype": entry.get("assetSubType"),
    }
    if facts is not None:
        values |= {name: getattr(facts, name) for name in _OF_QUOTE_TOO}
    for name in ("hard_to_borrow", "shortable"):  # numbers on the stream
        if isinstance(values.get(name), bool):
            values[name] = int(values[name])
    if isinstance(entry.get("realtime"), bool) or entry.get("quoteType") == "NFL":
        values["delayed"] = entry.get("quoteType") == "NFL" or not entry["realtime"]
    asset = values["asset_type"]
    kind = _QUOTE_KINDS.get(asset, _ANY_QUOTE) if isinstance(asset, str) else _ANY_QUOTE
    quote: Quote | None = as_struct(kind, values)
    return without_placeholders(quote or Quote(symbol=symbol))


def without_placeholders(quote: Quote) -> Quote:
    """The quote, with None where Schwab wrote a number that means there is none."""
    positive = _COUNTED | _OPTION_PRICES if isinstance(quote, OptionQuote) else _COUNTED
    for name in quote.__struct_fields__:
        if (value := getattr(quote, name)) is None:
            continue
        if (value < 0) if name in positive else (known(quote, name) is None):
            setattr(quote, name, None)
    return quote


def fundamentals_of(symbol: str, raw: Mapping[str, Any], names: Mapping[str, str]) -> Fundamentals | None:
    """Fundamentals under their wire ``names``; None where there are none."""
    if not raw:
        return None
    values = renamed(raw, names)
    for name, value in values.items():
        if name.endswith("_date") and isinstance(value, str):
            values[name] = value[:10]  # a time follows: of midnight, New York
    facts: Fundamentals | None = as_struct(_FUNDAMENTALS, {**values, "symbol": symbol})
    return facts


def renamed(block: object, names: Mapping[str, str]) -> dict[str, Any]:
    """What a block holds of ``names``, under our own; a time of 0 is none."""
    return {
        names[name]: value
        for name, value in as_mapping(block).items()
        if name in names and value is not None and not (value == 0 and names[name].endswith("_time"))
    }


class SchwabQuotes(Asking):
    """Implements the ports Quotes and QuoteTimes."""

    async def quotes(
        self,
        symbols: Sequence[str],
        batch: int = 100,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> QuotesAnswer:
        if not 1 <= batch <= LARGEST_BATCH:
            raise BadData(f"Schwab takes 1 to {LARGEST_BATCH} symbols at once, not {batch}.")
        wanted = list(dict.fromkeys(symbols))
        if odd := [symbol for symbol in wanted if not symbol or "," in symbol]:
            raise BadData(f"“{odd[0][:24]}” is not a symbol.")
        quotes: dict[str, Snapshot] = {}
        invalid: list[str] = []
        rejected: Counter[str] = Counter()
        for first in range(0, len(wanted), batch):
            part = wanted[first : first + batch]
            answer = read_quotes((await self._client.get_quotes(part)).content)
            quotes |= answer.quotes
            invalid += answer.invalid
            rejected.update(answer.rejected)
            on_progress(first + len(part), len(wanted))
        return QuotesAnswer(quotes, tuple(invalid), rejected)

    async def quote_times(self, symbols: Sequence[str]) -> dict[str, int]:
        response = await self._client.get_quotes(symbols, fields=[self._client.Quote.Fields.QUOTE])
        found = read_quotes(response.content).quotes
        times = {
            symbol: max(found[symbol].quote.quote_time or 0, found[symbol].quote.trade_time or 0)
            for symbol in symbols
            if symbol in found
        }
        return {symbol: newest for symbol, newest in times.items() if newest}

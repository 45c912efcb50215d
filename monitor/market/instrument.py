"""What can be traded or watched, and how its symbol is written."""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from monitor.errors import BadData

# Schwab's forms: AAPL, BRK/B, $SPX, /ESZ24, ./OZCZ23C565, EUR/USD and options padded with blanks.
_SYMBOL = re.compile(r"^(?:[$/]|\./)?[A-Z0-9](?:[A-Z0-9./ -]{0,30}[A-Z0-9])?$")


_OPTION = re.compile(r"^.{6}\d{6}[CP]\d{8}$")  # the root padded to six, the day, call or put, the strike
_PAIR = re.compile(r"^([A-Z]{3})/([A-Z]{3})$")
# A pair of letters is not enough: BAC/PRL is a preferred share.
_CURRENCIES = frozenset(
    (
        *("AUD", "BRL", "CAD", "CHF", "CNH", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "INR", "JPY"),
        *("KRW", "MXN", "NOK", "NZD", "PLN", "RUB", "SEK", "SGD", "THB", "TRY", "USD", "ZAR"),
    )
)


class Kind(StrEnum):
    """What a symbol stands for, as far as its form tells; ETFs and funds are written like shares."""

    SHARE = "share"
    INDEX = "index"
    OPTION = "option"
    FUTURE = "future"
    FUTURE_OPTION = "future option"
    FOREX = "currency pair"


class Instrument(Struct, frozen=True):
    """One listed instrument, as Schwab's instrument search names it."""

    symbol: str
    description: str = ""
    exchange: str = ""
    asset_type: str = ""
    cusip: str = ""


def parse_symbol(text: str) -> str:
    """The symbol a person meant by ``text``: trimmed and in upper case.

    Raises BadData when the text cannot be a symbol in any of Schwab's forms.
    """
    trimmed = text.strip()
    symbol = trimmed.upper()
    if not (trimmed.isascii() and _SYMBOL.match(symbol)):  # upper() would make “ß” a plausible “SS”
        shown = symbol if len(symbol) <= 24 else symbol[:24] + "…"
        raise BadData(f"“{shown}” is not a symbol. Examples: AAPL, BRK/B, $SPX.")
    return symbol


@lru_cache(maxsize=32_768)
def kind_of(symbol: str) -> Kind:
    """What ``symbol`` stands for by its form."""
    if symbol.startswith("$"):
        return Kind.INDEX
    if symbol.startswith("/"):
        return Kind.FUTURE
    if symbol.startswith("./"):
        return Kind.FUTURE_OPTION
    if _OPTION.match(symbol):
        return Kind.OPTION
    pair = _PAIR.match(symbol)
    return Kind.FOREX if pair and _CURRENCIES.issuperset(pair.groups()) else Kind.SHARE


def is_index(symbol: str) -> bool:
    """Whether it is an index, such as $SPX: it has a price but no trades, no volume and no book."""
    return symbol.startswith("$")


def nearest_first(instruments: Iterable[Instrument], text: str) -> list[Instrument]:
    """Each symbol once: the one typed, then those that begin with ``text``, shorter ones first, then the others."""
    typed = text.strip().upper()
    by_symbol = {instrument.symbol: instrument for instrument in instruments}
    return sorted(by_symbol.values(), key=lambda i: (not i.symbol.startswith(typed), len(i.symbol), i.symbol))


def parse_symbols(text: str) -> list[str]:
    """The symbols in a comma list, each once, in the order given; raises BadData as parse_symbol."""
    return list(dict.fromkeys(parse_symbol(part) for part in text.split(",") if part.strip()))

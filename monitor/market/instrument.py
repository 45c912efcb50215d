"""What can be traded or watched, and how its symbol is written."""

import re
from collections.abc import Iterable

from msgspec import Struct

from monitor.errors import BadData

# Schwab's forms: AAPL, BRK/B, $SPX, /ESZ24, ./OZCZ23C565, EUR/USD and options padded with blanks.
_SYMBOL = re.compile(r"^(?:[$/]|\./)?[A-Z0-9](?:[A-Z0-9./ -]{0,30}[A-Z0-9])?$")


class Instrument(Struct, frozen=True):
    """One listed instrument, as Schwab's instrument search names it."""

    symbol: str
    description: str = ""
    exchange: str = ""
    asset_type: str = ""


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

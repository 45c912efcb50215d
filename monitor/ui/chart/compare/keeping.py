"""What a chart is compared with, kept in settings as JSON."""

import msgspec

from monitor.errors import BadData
from monitor.market.instrument import parse_symbol
from monitor.ports import Preferences
from monitor.ui.chart.compare.compared import Compared

_KEY = "chart/compared"
#: As many as the palette has colours for.
MOST = 8


class _Symbol(msgspec.Struct, frozen=True, omit_defaults=True):
    symbol: str
    colour: int
    hidden: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """``gave_percent``: comparing turned the percent scale on, and turns it off at its end."""

    symbols: tuple[_Symbol, ...] = ()
    gave_percent: bool = False


def kept_comparison(preferences: Preferences) -> tuple[list[Compared], bool]:
    """The symbols as they were left, and whether comparing had turned the percent scale on."""
    try:
        kept = msgspec.json.decode(preferences.get(_KEY, "{}"), type=_Kept)
    except msgspec.DecodeError:
        return [], False
    found: list[Compared] = []
    for each in kept.symbols:
        new = each.symbol not in {other.symbol for other in found}
        if new and 1 <= each.colour <= MOST and len(found) < MOST and _is_symbol(each.symbol):
            found.append(Compared(each.symbol, each.colour, not each.hidden))
    return found, kept.gave_percent and bool(found)


def keep_comparison(preferences: Preferences, compared: list[Compared], gave_percent: bool) -> None:
    """Remember them for the next time."""
    symbols = tuple(_Symbol(each.symbol, each.colour, not each.visible) for each in compared)
    preferences.set(_KEY, msgspec.json.encode(_Kept(symbols, gave_percent)).decode())


def _is_symbol(text: str) -> bool:
    try:
        return parse_symbol(text) == text
    except BadData:
        return False

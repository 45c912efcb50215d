"""The indicators that a chart has, kept in settings as JSON."""

import msgspec

from monitor.analysis.indicators import Settings
from monitor.errors import BadData
from monitor.ports import Preferences

_KEY = "chart/indicators"


def kept_indicators(preferences: Preferences) -> list[Settings] | None:
    """As they were left; those that no longer fit are left out. None where none were ever chosen."""
    text = preferences.get(_KEY)
    if not text:
        return None
    try:
        raw = msgspec.json.decode(text, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return []
    found = []
    for each in raw:
        try:
            found.append(Settings.of_json(bytes(each)))
        except BadData:
            continue
    return found


def keep_indicators(preferences: Preferences, indicators: list[Settings]) -> None:
    """Remember them for the next time."""
    preferences.set(_KEY, msgspec.json.encode(indicators).decode())

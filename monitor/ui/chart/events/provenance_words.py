"""Where a bar comes from and what it was before, in sentences."""

from itertools import pairwise

from monitor.live.alert_words import moment, price_words
from monitor.market.bar import Bar, BarSource
from monitor.market.quote import Number
from monitor.ports import Provenance
from monitor.ui import format as words

_SOURCES = {
    BarSource.STREAM: "Streamed",
    BarSource.REST: "From history",
    BarSource.COMPUTED: "Computed",
    BarSource.IMPORT: "Imported",
}
_BY = {
    BarSource.STREAM: "the stream",
    BarSource.REST: "history",
    BarSource.COMPUTED: "what it is made of",
    BarSource.IMPORT: "an import",
}
_PRICES = ("open", "high", "low", "close")
MADE_FROM_MINUTES = "Computed from minutes"
NOT_ON_DISK = "Not on disk yet"


def origin_words(found: Provenance, now_ms: int) -> str:
    """Streamed · first seen at 11:36 · last revised at 16:20 · confirmed by history."""
    told = [_SOURCES[found.bar.source], f"first seen {moment(found.first_seen_ms, now_ms)}"]
    if found.revisions:
        told.append(f"last revised {moment(found.revisions[-1].replaced_ms, now_ms)}")
    if found.confirmed and found.bar.source is BarSource.STREAM:
        told.append("confirmed by history")
    return " · ".join(told)


def revision_words(found: Provenance, now_ms: int, most: int = 3) -> list[str]:
    """What changed each time, the newest last: Changed by history at 16:20: close 10.01 → 10.02."""
    states = [*(each.bar for each in found.revisions), found.bar]
    told = []
    for revision, (was, now) in zip(found.revisions, pairwise(states), strict=True):
        when = moment(revision.replaced_ms, now_ms)
        told.append(f"Changed by {_BY[now.source]} {when}: {_differences(was, now)}")
    return told[-most:]


def _differences(was: Bar, now: Bar) -> str:
    changed = [
        f"{name} {_value(name, getattr(was, name))} → {_value(name, getattr(now, name))}"
        for name in (*_PRICES, "volume")
        if getattr(was, name) != getattr(now, name)
    ]
    return ", ".join(changed) or "the same figures"


def _value(name: str, value: Number) -> str:
    return words.size(value) if name == "volume" else price_words(value)

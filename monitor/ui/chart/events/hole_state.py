"""How a hole in a chart stands: open, being repaired, to be repaired, or not to be had any more."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from monitor.analysis.coverage import DEPTHS, Answer, Asked, first_reachable
from monitor.live.alert_words import moment
from monitor.market.bar import Interval
from monitor.ui.chart.gaps import Missing


class HoleState(StrEnum):
    """What can be said of it, and done."""

    OPEN = "open"
    REPAIRING = "being repaired"
    FAILED = "failed"
    UNOBTAINABLE = "unobtainable"
    WAITING = "not repaired yet"


class Standing(NamedTuple):
    """A state, and the sentence that tells it."""

    state: HoleState
    words: str

    @property
    def repairable(self) -> bool:
        """Whether it makes sense to ask history for it now."""
        return self.state in (HoleState.FAILED, HoleState.WAITING)


def standing(hole: Missing, ledger: Sequence[Asked], now_ms: int, repairing: bool) -> Standing:
    """How ``hole`` stands by the ledger of minutes; ``repairing`` is whether history is being fetched."""
    if hole.lasts:
        return Standing(HoleState.OPEN, "Open: history fills it once it is over")
    if hole.to_ms <= first_reachable(Interval.M1, now_ms):
        days = DEPTHS[Interval.M1].days
        return Standing(HoleState.UNOBTAINABLE, f"Unobtainable: Schwab keeps minutes for {days} days")
    if repairing:
        return Standing(HoleState.REPAIRING, "Being repaired from history")
    failed = [each for each in ledger if each.answer is Answer.FAILED and _overlap(each, hole)]
    if failed:
        last = max(failed, key=lambda each: each.noted_ms)
        times = "once" if last.attempts == 1 else f"{last.attempts} times"
        again = f"; tried again {moment(last.until_ms, now_ms)}" if last.until_ms > now_ms else ""
        return Standing(HoleState.FAILED, f"Repair failed {times}{again}")
    return Standing(HoleState.WAITING, "Not repaired yet")


def _overlap(asked: Asked, hole: Missing) -> bool:
    return asked.start < hole.to_ms and asked.end > hole.from_ms

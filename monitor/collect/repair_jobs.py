"""The jobs of a repair: what is wanted of a symbol, for whom, how long failures wait, and what is told at the end."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from monitor.analysis.ranges import Range
from monitor.analysis.repair import Request
from monitor.errors import BadData, Refused
from monitor.live.events import Level, Notice
from monitor.market.bar import Interval


class Urgency(IntEnum):
    """Who wants it: what is waited for is fetched first."""

    WAITED = 0  # a chart shows it, or the stream has just lost it
    SEARCHED = 1  # alerts look in it for what crossed them
    DEMANDED = 2  # a person asked for it
    KEPT = 3  # nobody did, but it is kept whole


class Delays(NamedTuple):
    """How long what failed is left in peace: after the first time, doubled with each, and at most. In seconds.

    An answer that cannot be read, in whole or in part, may be better at once, or never: it begins like what is
    transient and may grow like what is refused.
    """

    transient: float = 120.0
    longest_transient: float = 6 * 3600.0
    refused: float = 86_400.0
    longest_refused: float = 14 * 86_400.0

    def after(self, error: Exception, attempts: int) -> int:
        """The delay in ms when ``error`` has come so many times."""
        first = self.refused if isinstance(error, Refused) else self.transient
        lasts = isinstance(error, Refused | BadData)
        most = self.longest_refused if lasts else self.longest_transient
        return round(min(first * 2.0 ** min(attempts - 1, 30), most) * 1000)


class Wanted(NamedTuple):
    """A range of one interval. ``insist`` asks for what failed too, ``again`` also for what is on disk."""

    range: Range
    insist: bool = False
    again: bool = False

    def joined(self, other: "Wanted") -> "Wanted":
        span = min(self.range[0], other.range[0]), max(self.range[1], other.range[1])
        return Wanted(span, self.insist or other.insist, self.again or other.again)


@dataclass(slots=True)
class Job:
    """What is wanted of one symbol, and the requests still to be sent, in order; None before they are planned."""

    symbol: str
    urgency: Urgency
    order: int
    wanted: dict[Interval, Wanted] = field(default_factory=dict)
    requests: list[Request] | None = None
    attempts: dict[Interval, int] = field(default_factory=dict)
    done: int = 0

    @property
    def total(self) -> int:
        return self.done + len(self.requests or ())

    def holes(self) -> dict[Interval, list[Range]]:
        """All that is still to be asked for."""
        found: dict[Interval, list[Range]] = {}
        for request in self.requests or ():
            found.setdefault(request.interval, []).extend(request.holes)
        return found


@dataclass(slots=True)
class Tally:
    """What was done since nothing waited last, for whoever did not look on."""

    symbols: set[str] = field(default_factory=set)
    requests: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    demanded: bool = False

    def notice(self) -> Notice | None:
        """What to say of it; None where nobody needs to know."""
        if not (self.failed or (self.symbols and (self.requests or self.demanded))):
            return None
        done = f"History of {_count(len(self.symbols), 'symbol')} is complete: {_count(self.requests, 'request')}."
        if not self.failed:
            return Notice(Level.INFO, done)
        symbol, why = next(iter(self.failed.items()))
        others = f" and {len(self.failed) - 1} more" if len(self.failed) > 1 else ""
        sentence = f"The history of {symbol}{others} is not complete: {why} It is tried again later."
        return Notice(Level.WARNING, sentence, done)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")

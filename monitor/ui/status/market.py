"""What the market is doing, as one sentence with a countdown."""

from datetime import date, timedelta
from typing import NamedTuple

from monitor.market.calendar import Phase, from_ms, holiday_name, is_trading_day, next_open, phase_at, sessions
from monitor.ports import MarketHours
from monitor.ui import format as fmt


class MarketState(NamedTuple):
    """The phase, its end (ms UTC, None when nothing is known) and the sentence for the status bar."""

    phase: Phase
    until_ms: int | None
    sentence: str


def rule_hours(day: date) -> MarketHours:
    """The market's day by the exchange's rules, for when Schwab's own answer is not there."""
    spans = {session.phase: ((session.start, session.end),) for session in sessions(day)}
    none: tuple[tuple[int, int], ...] = ()
    pre, regular, post = (spans.get(phase, none) for phase in (Phase.PRE, Phase.REGULAR, Phase.POST))
    return MarketHours(day.isoformat(), bool(regular), pre, regular, post)


def market_state(now_ms: int, hours: MarketHours | None, sandbox: bool = False) -> MarketState:
    """The state at ``now_ms`` by ``hours``, or by the exchange's rules where ``hours`` are of another day."""
    today = from_ms(now_ms).date()
    told = hours is not None and hours.day == today.isoformat()
    if hours is None or not told:
        hours = rule_hours(today)
    phase, until = _phase(now_ms, hours)
    if sandbox and phase is Phase.CLOSED and not told:
        return MarketState(phase, until, "SANDBOX market")  # which may well be open: it has not said
    if sandbox:
        return MarketState(phase, until, _sandbox_sentence(now_ms, phase, until))
    return MarketState(phase, until, _sentence(now_ms, hours, phase, until))


def _phase(now_ms: int, hours: MarketHours) -> tuple[Phase, int | None]:
    named = ((Phase.REGULAR, hours.regular), (Phase.PRE, hours.pre), (Phase.POST, hours.post))
    for phase, spans in named:
        for start, end in spans:
            if start <= now_ms < end:
                return phase, end
    return Phase.CLOSED, None


def _sentence(now_ms: int, hours: MarketHours, phase: Phase, until: int | None) -> str:
    left = fmt.duration(((until or now_ms) - now_ms) / 1000)
    if phase is Phase.REGULAR:
        return f"NYSE open · closes in {left}"
    if phase is Phase.PRE:
        return f"Pre-market · opens in {left}"
    if phase is Phase.POST:
        return f"After hours · ends in {left}"
    opening = min((start for start, _ in hours.regular if start > now_ms), default=next_open(now_ms))
    return f"NYSE closed{_why_closed(now_ms)} · opens {_when(opening, now_ms)}"


def _sandbox_sentence(now_ms: int, phase: Phase, until: int | None) -> str:
    state = {Phase.REGULAR: "open", Phase.PRE: "in pre-market", Phase.POST: "after hours"}.get(phase, "closed")
    real = phase_at(now_ms)
    if phase is not Phase.CLOSED and real is Phase.CLOSED:
        return f"SANDBOX market {state} · New York closed{_why_closed(now_ms)}"
    if until is None:
        return f"SANDBOX market {state}{_why_closed(now_ms)}"
    return f"SANDBOX market {state} · {fmt.duration((until - now_ms) / 1000)} left"


def _why_closed(now_ms: int) -> str:
    day = from_ms(now_ms).date()
    if is_trading_day(day):
        return ""
    return f" ({holiday_name(day) or f'{day:%A}'})"


def _when(opening_ms: int, now_ms: int) -> str:
    opening, today = from_ms(opening_ms), from_ms(now_ms).date()
    if opening.date() == today:
        return f"in {fmt.duration((opening_ms - now_ms) / 1000)}"
    if opening.date() < today + timedelta(days=7):
        return f"{opening:%a %H:%M}"
    return f"{opening:%d %b %H:%M}"

"""How long until the running bar closes."""

from monitor.analysis.bars import interval_end
from monitor.market.bar import Interval
from monitor.market.calendar import Phase, from_ms, sessions


def closes_at(interval: Interval, start_ms: int) -> int | None:
    """When a bar closes, ms UTC: an intraday bar after its length, a daily one with the regular session."""
    if interval.intraday:
        return interval_end(start_ms, interval)
    if interval is not Interval.DAY:
        return None
    todays = sessions(from_ms(start_ms).date())
    return next((session.end for session in todays if session.phase is Phase.REGULAR), None)


def countdown(interval: Interval, start_ms: int, now_ms: int) -> str:
    """``00:38`` or ``2:14:05`` until the bar that began at ``start_ms`` closes; empty when it does not run."""
    end = closes_at(interval, start_ms)
    if end is None or not start_ms <= now_ms < end:
        return ""
    seconds = -(-(end - now_ms) // 1000)
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"

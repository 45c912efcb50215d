"""Numbers and times as text, in one place."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.market.calendar import NEW_YORK, from_ms

DASH = "–"


def price(value: float | None) -> str:
    """Two decimals from one dollar on, four below; a dash for nothing and for zero, which Schwab sends for nothing."""
    if not value:
        return DASH
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4f}"


def size(value: float | None) -> str:
    """Shares, with thousands separators."""
    return DASH if value is None else f"{value:,.0f}"


def volume(value: float | None) -> str:
    """A volume for a tight cell: 3.5T, 12.3M, 845K, 312."""
    if value is None:
        return DASH
    for factor, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        count = value / factor
        if count >= 0.9995:  # which three figures round up to 1.0
            return f"{count:.1f}{unit}" if count < 99.95 else f"{count:.0f}{unit}"
    return f"{value:.0f}"


def byte_size(count: float) -> str:
    """Bytes in a tight cell: 812 B, 12 KB, 1.4 MB, 23 GB."""
    size, units = float(count), ["TB", "GB", "MB", "KB", "B"]
    while size >= 1000 and len(units) > 1:
        size /= 1024
        units.pop()
    unit = units[-1]
    return f"{size:.0f} {unit}" if unit in {"B", "KB"} or size >= 100 else f"{size:.1f} {unit}"


def change(value: float | None) -> str:
    """A signed price change with two decimals; what rounds to nothing has no sign."""
    return DASH if value is None else _signed(value)


def percent(value: float | None) -> str:
    """A signed percentage; the value is in percent already."""
    return DASH if value is None else _signed(value)


def _signed(value: float) -> str:
    return f"{value:+,.2f}" if round(value, 2) else "0.00"


def clock(ms: int | None, zone: ZoneInfo = NEW_YORK, milliseconds: bool = False) -> str:
    """The time of day of an instant, in the exchange's zone unless another is given."""
    if not ms:
        return DASH
    text = f"{from_ms(ms, zone):%H:%M:%S}"
    return f"{text}.{ms % 1000:03d}" if milliseconds else text


def from_request(ms: int) -> str:
    """Whence a value is that the stream did not bring: From a request at 10:31 ET."""
    return f"From a request at {from_ms(ms):%H:%M} ET"


def day_and_clock(ms: int, zone: ZoneInfo = NEW_YORK) -> str:
    """A moment of the coming or past days: Fri 27 Nov 14:05."""
    return f"{from_ms(ms, zone):%a %d %b %H:%M}"


def full_day_and_clock(ms: int) -> str:
    """A moment of any year, New York time: Fri 27 Nov 2026 14:05:00."""
    return f"{from_ms(ms):%a %d %b %Y %H:%M:%S}"


def both_clocks(ms: int) -> str:
    """A moment in New York and, where this machine keeps another time, here: Fri 27 Nov 14:05 ET (20:05 here)."""
    there, here = from_ms(ms), datetime.fromtimestamp(ms / 1000, UTC).astimezone()
    text = f"{day_and_clock(ms)} ET"
    if there.utcoffset() == here.utcoffset():
        return text
    return f"{text} ({here:%H:%M} here)" if there.date() == here.date() else f"{text} ({here:%a %H:%M} here)"


def duration(seconds: float) -> str:
    """A rough span: 6 d 3 h, 2:14 (hours and minutes), 38 s."""
    whole = max(0, int(seconds))
    if whole >= 86_400:
        return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}" if whole >= 60 else f"{whole} s"

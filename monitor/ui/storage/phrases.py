"""Sizes, tiers and the outcome of a move in words."""

from collections.abc import Sequence

from monitor.ports import Moved, TierUse

_KIB = 1024


def size(count: int | None) -> str:
    """Bytes: 812 B, 12 KB, 1.4 MB, 3.2 GB; a dash where nobody knows."""
    if count is None:
        return "–"
    if count < _KIB:
        return f"{count} B"
    if count < 1000 * _KIB:
        return f"{count / _KIB:.0f} KB"
    if count < 1000 * _KIB**2:
        return f"{count / _KIB**2:.1f} MB"
    return f"{count / _KIB**3:,.1f} GB"


def used(use: TierUse | None) -> str:
    """What a table takes in a tier."""
    if use is None or not use.rows:
        return "–"
    rows = f"{use.rows:,} row" if use.rows == 1 else f"{use.rows:,} rows"
    return rows if use.bytes is None else f"{rows}, {size(use.bytes)}"


def days_of(use: TierUse | None) -> str:
    """From which day to which, for whoever points at it."""
    if use is None or use.first is None or use.last is None:
        return ""
    days = f"{use.first:%Y-%m-%d}"
    return days if use.first == use.last else f"{days} to {use.last:%Y-%m-%d}"


def freed(uses: Sequence[TierUse]) -> str:
    """What the rules would delete of a table."""
    rows = sum(use.rows for use in uses)
    return f"{rows:,} rows, {size(sum(use.bytes or 0 for use in uses))}" if rows else "nothing"


def outlook(due: int, uses: Sequence[TierUse]) -> str:
    """What moving now would do."""
    days = "1 day of a table waits" if due == 1 else f"{due:,} days of tables wait"
    moves = f"{days} to move to files." if due else "Nothing waits to move to files."
    if not uses:
        return f"{moves} Nothing would be deleted."
    files = size(sum(use.bytes or 0 for use in uses))
    return f"{moves} {sum(use.rows for use in uses):,} rows would be deleted for good, and {files} of disk freed."


def came_to(moved: Moved, cancelled: bool) -> str:
    """What a move has done."""
    parts = []
    if moved.days:
        parts.append(f"{moved.rows:,} rows moved to files")
    if moved.cold:
        parts.append(f"{moved.cold:,} {'file' if moved.cold == 1 else 'files'} moved on")
    if moved.deleted:
        parts.append(f"{moved.deleted:,} {'file' if moved.deleted == 1 else 'files'} deleted")
    done = f"{', '.join(parts)}." if parts else "Nothing was moved."
    back = [moved.returned] if moved.returned else []
    return " ".join([*(["Stopped."] if cancelled else []), *back, done, *moved.troubles])

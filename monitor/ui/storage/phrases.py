"""Sizes, tiers and the outcome of a move in words."""

from collections.abc import Sequence
from datetime import date

from monitor.ports import STREAMED, Moved, TierUse

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
    return _days(use.first, use.last)


def _days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def freed(uses: Sequence[TierUse]) -> str:
    """What the rules would delete of a table."""
    rows = sum(use.rows for use in uses)
    return f"{rows:,} rows, {size(sum(use.bytes or 0 for use in uses))}" if rows else "nothing"


def missing(sentences: Sequence[str]) -> str:
    """Which files cannot be read, and what helps."""
    if not sentences:
        return ""
    others = len(sentences) - 1
    more = f" So it is with {others:,} more {'file' if others == 1 else 'files'}." if others else ""
    return f"{sentences[0]}{more} Put back, a file is read again."


def outlook(due: int, uses: Sequence[TierUse]) -> str:
    """What moving now would do."""
    files = "1 file waits" if due == 1 else f"{due:,} files wait"
    moves = f"{files} to be written, a table's day each." if due else "No old day waits to be written to a file."
    if not uses:
        return f"{moves} Nothing would be deleted."
    return f"{moves} {deleted(uses)} would be deleted for good."


def deleted(uses: Sequence[TierUse]) -> str:
    """What goes, of which days, and what that frees."""
    rows, freed = sum(use.rows for use in uses), size(sum(use.bytes or 0 for use in uses))
    words = ", ".join(dict.fromkeys(STREAMED[use.table] for use in uses))
    first, last = min(use.first for use in uses if use.first), max(use.last for use in uses if use.last)
    return f"{rows:,} rows ({words} of {_days(first, last)}; {freed} of disk)"


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

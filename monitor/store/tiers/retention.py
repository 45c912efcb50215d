"""What need not be kept: which files the rules would delete, and what that would free."""

from collections.abc import Iterable
from datetime import date, timedelta

from monitor.ports import Keep, StorageRules, TierUse
from monitor.store.tiers.ledger import State, TierFile


def going(files: Iterable[TierFile], rules: StorageRules, today: date) -> list[TierFile]:
    """The files that the rules delete: those whose day is too old, and the oldest of what is too much.

    A file whose rows are still being deleted from the database stays; whole days go, however many files they have.
    """
    of_table: dict[str, list[TierFile]] = {}
    for file in files:
        of_table.setdefault(file.table, []).append(file)
    return [file for table, found in of_table.items() for file in _of_table(found, rules.keep.get(table), today)]


def _of_table(files: list[TierFile], keep: Keep | None, today: date) -> list[TierFile]:
    if keep is None:
        return []
    days: dict[date, list[TierFile]] = {}
    for file in files:
        days.setdefault(file.day, []).append(file)
    first = today - timedelta(days=keep.days) if keep.days is not None else date.min
    total, gone = 0, list[TierFile]()
    for day in sorted(days, reverse=True):
        total += sum(file.bytes for file in days[day])
        too_much = keep.bytes is not None and total > keep.bytes
        if (day < first or too_much) and all(file.state is not State.MOVING for file in days[day]):
            gone += days[day]
    return sorted(gone, key=lambda file: (file.day, file.part))


def used_by(files: Iterable[TierFile]) -> list[TierUse]:
    """What files take, by table and tier."""
    groups: dict[tuple[str, str], list[TierFile]] = {}
    for file in files:
        groups.setdefault((file.table, file.tier), []).append(file)
    return [
        TierUse(
            table,
            found[0].tier,
            sum(file.rows for file in found),
            sum(file.bytes for file in found),
            min(file.day for file in found),
            max(file.day for file in found),
            len(found),
        )
        for (table, _), found in sorted(groups.items())
    ]

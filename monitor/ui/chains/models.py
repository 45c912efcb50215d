"""The rows of the sheet on chain snapshots: the schedules, and the moments of the one that is chosen."""

from PySide6.QtCore import Qt

from monitor.market.chain_schedule import ChainSlot, SlotState
from monitor.ports import KeptSchedule
from monitor.ui import format as fmt
from monitor.ui.cells import Index
from monitor.ui.rows import RowsModel
from monitor.ui.theme import Theme

SCHEDULE_COLUMNS = ("Underlying", "Every", "Expiries", "Since (ET)")
MOMENT_COLUMNS = ("Moment (ET)", "What became of it", "Contracts", "Why")
_STATES = {
    SlotState.TAKEN: ("taken", "good"),
    SlotState.LATE: ("late", "amber"),
    SlotState.PARTIAL: ("in part", "amber"),
    SlotState.MISSED: ("missed", "bad"),
}


def every(minutes: int) -> str:
    """How often, in words."""
    return "hour" if minutes == 60 else "minute" if minutes == 1 else f"{minutes} minutes"


def expiries(days: int | None) -> str:
    """Which expiries, in words."""
    return "all" if days is None else f"within {days} days"


class Schedules(RowsModel[KeptSchedule]):
    """One row an underlying."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(SCHEDULE_COLUMNS, theme)

    def put(self, kept: list[KeptSchedule]) -> None:
        """Show these and no others."""
        self.beginResetModel()
        self.entries = kept
        self.endResetModel()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        kept = self.entries[index.row()]
        schedule = kept.schedule
        return (
            schedule.symbol,
            every(schedule.every_minutes),
            expiries(schedule.days),
            fmt.full_day_and_clock(kept.since_ms),
        )[index.column()]


class Moments(RowsModel[ChainSlot]):
    """One row a moment, newest first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(MOMENT_COLUMNS, theme)

    def put(self, slots: list[ChainSlot]) -> None:
        """Show these and no others."""
        self.beginResetModel()
        self.entries = slots
        self.endResetModel()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        slot, column = self.entries[index.row()], index.column()
        words, colour = _STATES[slot.state]
        if role == Qt.ItemDataRole.DisplayRole:
            contracts = f"{slot.contracts:,}" if slot.contracts else fmt.DASH
            return (fmt.full_day_and_clock(slot.slot_ms), words, contracts, slot.sentence)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return slot.sentence or words
        if role == Qt.ItemDataRole.ForegroundRole and column == 1:
            return self.theme.colours.colour(colour)
        return None

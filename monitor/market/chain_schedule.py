"""When snapshots of an option chain are wanted, and what became of each of those moments."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

#: Snapshots can be so many minutes apart.
EVERY_MINUTES: Final = (1, 5, 10, 15, 30, 60)


class ChainSchedule(Struct, frozen=True):
    """A snapshot of the chain of ``symbol`` every so many minutes of the regular session, its open and close included.

    ``days`` leaves out contracts that expire later than so many days from then; None takes all.
    """

    symbol: str
    every_minutes: int
    days: int | None = None


class SlotState(StrEnum):
    """What became of a moment at which a snapshot was due."""

    TAKEN = "taken"
    LATE = "late"  # taken, but so much later that it tells of another moment
    PARTIAL = "partial"  # the source could not send all of it
    MISSED = "missed"


class ChainSlot(Struct, frozen=True):
    """One such moment, ``slot_ms`` (ms UTC); ``sentence`` says why it is not as it should be."""

    symbol: str
    slot_ms: int
    state: SlotState
    sentence: str = ""
    taken_ms: int | None = None
    contracts: int = 0

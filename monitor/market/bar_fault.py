"""What makes a bar impossible: numbers that no market can have made."""

from enum import StrEnum

from monitor.market.quote import Number

#: Times outside these are no times of bars: 1 January 1971 to 1 January 2100, ms UTC.
EARLIEST_MS = 31_536_000_000
LATEST_MS = 4_102_444_800_000


class BarFault(StrEnum):
    """Why a bar was not taken."""

    UNREADABLE = "unreadable"  # a number is missing, or is something else
    NOT_A_NUMBER = "not a number"
    NEGATIVE = "negative"
    HIGH_BELOW_LOW = "high below low"
    OUTSIDE = "open or close outside"
    TIME = "absurd time"
    OFF_GRID = "off the grid"  # it begins where no bar of its interval begins
    DUPLICATE = "duplicate"


def fault_of(open_: Number, high: Number, low: Number, close: Number, volume: Number, floor: Number) -> BarFault | None:
    """What is wrong with a bar's numbers; ``floor`` is the lowest price there can be. None when nothing is."""
    if any(number != number for number in (open_, high, low, close, volume)):
        return BarFault.NOT_A_NUMBER
    if volume < 0 or min(open_, high, low, close) < floor:
        return BarFault.NEGATIVE
    if high < low:
        return BarFault.HIGH_BELOW_LOW
    return None if low <= open_ <= high and low <= close <= high else BarFault.OUTSIDE

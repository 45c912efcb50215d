"""What the streamer tells beside shares: one venue for each of its other services."""

from enum import Enum, auto
from typing import Any

from monitor.market.bar import Interval

#: Values by the streamer's field numbers, without the key.
Fields = dict[str, Any]
#: Start, open, high, low, close and volume.
Bar = tuple[int, float, float, float, float, int | float]


class Delivery(Enum):
    """How the items of a service follow one another (PROTOCOL 5.5)."""

    CHANGES = auto()  # a whole snapshot first, then what changed
    WHOLE = auto()  # every item replaces the one before
    SEQUENCE = auto()  # one after the other, numbered, none left out


class Venue:
    """The source of one service; ``asset_type`` is what its snapshots call the kind of instrument."""

    service: str
    delivery: Delivery
    asset_type = ""

    def prepare(self, at_ms: int) -> None:
        """Begins what takes a while; called before ``fields``, which does without it until it is done."""

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """All fields of a key at a moment; of a sequence the item that a subscription is told at once. None where there
        is nothing."""
        raise NotImplementedError

    def since(self, key: str, after_ms: int, until_ms: int) -> list[Fields]:  # noqa: ARG002
        """The items of a sequence that came to be in (after, until]."""
        return []

    def history(self, key: str, interval: Interval, start_ms: int, end_ms: int) -> list[Bar]:  # noqa: ARG002
        """Bars that start in [start, end); none where it has no history."""
        return []

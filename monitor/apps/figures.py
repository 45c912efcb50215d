"""The collector's figures: what was recorded, summed over every stretch between standing by."""

from collections import Counter
from dataclasses import dataclass, field

from monitor.apps.wiring import Services


@dataclass(slots=True)
class Figures:
    """Counts of messages, of rows on disk and of those that could not be written, and how long it took."""

    messages: int = 0
    rows: int = 0
    dropped: int = 0
    reconnects: int = 0
    seconds: float = 0.0  # of recording
    streamed_seconds: float = 0.0  # from the first data message of a stretch to its last
    rejected: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)

    def add(self, services: Services) -> None:
        """Count in a stretch that has ended: what could be written of it is on disk by now."""
        tally, meter = services.streaming.tally, services.store.meter()
        self.messages += tally.messages
        self.rows += meter.written
        self.dropped += meter.lost
        self.reconnects += tally.reconnects
        self.streamed_seconds += tally.last_data - tally.first_data
        self.rejected += tally.rejected
        self.items += tally.items

    def summary(self) -> dict[str, object]:
        """The figures by the names that scripts rely on."""
        items = sum(self.items.values())
        return {
            "messages": self.messages,
            "rows": self.rows,
            "dropped": self.dropped,
            "rejected": dict(self.rejected),
            "reconnects": self.reconnects,
            "seconds": round(self.seconds, 3),
            "items_per_second": round(items / self.streamed_seconds, 1) if self.streamed_seconds > 0 else 0.0,
            "services": dict(self.items),
        }

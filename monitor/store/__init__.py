"""The database that belongs to the person: one writer thread, readers of their own, and exports."""

from monitor.store.facts import StoreFacts
from monitor.store.opening import ReadingStore, Store, lost_track_of, open_for_reading, open_store, prepare_store
from monitor.store.recovery import Recovery

__all__ = [
    "ReadingStore",
    "Recovery",
    "Store",
    "StoreFacts",
    "lost_track_of",
    "open_for_reading",
    "open_store",
    "prepare_store",
]

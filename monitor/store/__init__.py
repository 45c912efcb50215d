"""The database that belongs to the person: one writer thread, readers of their own, exports and imports."""

from monitor.store.bar_import import looked_into
from monitor.store.facts import StoreFacts
from monitor.store.opening import (
    ReadingStore,
    Store,
    is_sandboxs,
    lost_track_of,
    open_for_reading,
    open_store,
    prepare_store,
)
from monitor.store.progress import OpeningStopped, Progress
from monitor.store.recovery import Recovery

__all__ = [
    "OpeningStopped",
    "Progress",
    "ReadingStore",
    "Recovery",
    "Store",
    "StoreFacts",
    "is_sandboxs",
    "looked_into",
    "lost_track_of",
    "open_for_reading",
    "open_store",
    "prepare_store",
]

"""The database that belongs to the person: one writer thread, readers of their own, exports and imports."""

from monitor.store.opening import ReadingStore, Store, StoreFacts, is_sandboxs, open_for_reading, open_store

__all__ = ["ReadingStore", "Store", "StoreFacts", "is_sandboxs", "open_for_reading", "open_store"]

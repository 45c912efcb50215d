"""The database that belongs to the person: one writer thread, readers of their own, and exports."""

from monitor.store.opening import ReadingStore, Store, StoreFacts, open_for_reading, open_store

__all__ = ["ReadingStore", "Store", "StoreFacts", "open_for_reading", "open_store"]

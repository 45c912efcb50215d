"""SQLite: schema, one writer thread, readers, export."""

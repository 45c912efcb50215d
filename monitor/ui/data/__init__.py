"""The data panel: the gap map of what history is on disk, and what repairs, downloads and deletes it."""

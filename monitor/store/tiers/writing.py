"""A day of a table into a draft, read back row by row; and the keys that a file holds."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from monitor.errors import StoreUnavailable
from monitor.store.tiers import parquet
from monitor.store.tiers.places import checksum
from monitor.store.tiers.tables import Row, Streamed, columns_of, pages_of

#: Called after each page with the seconds it took, and how many rows are written by then.
Rest = Callable[[float, int], None]


@dataclass(frozen=True, slots=True)
class Filled:
    """What a draft holds: rows, bytes and SHA-256, from when to when, and how many rows of whom."""

    rows: int
    bytes: int
    checksum: str
    first_us: int
    last_us: int
    symbols: dict[str, int]


def write_day(connection: sqlite3.Connection, draft: Path, table: Streamed, day: date, rest: Rest) -> Filled:
    """Fill the draft, on disk, with the day's rows.

    ``rest`` may raise. Raises OSError, and StoreUnavailable when what is read back is not what was written.
    """
    declared = columns_of(connection, table)
    with draft.open("wb") as sink:
        writer = parquet.DayWriter(sink, table, declared)
        began = time.monotonic()
        for owner, rows in pages_of(connection, table, day):
            writer.add(owner, rows)
            rest(time.monotonic() - began, writer.written.rows)
            began = time.monotonic()
        writer.close()
        sink.flush()
        os.fsync(sink.fileno())
    written = writer.written
    if not parquet.holds(str(draft), declared, written, lambda seconds: rest(seconds, written.rows)):
        raise StoreUnavailable(f"The file of {day:%Y-%m-%d} did not give back what was written; nothing was moved.")
    return Filled(written.rows, *checksum(draft), written.first_us, written.last_us, written.symbols)


def keys_of(connection: sqlite3.Connection, source: Any, table: Streamed) -> Iterator[list[Row]]:
    """The keys of a file's rows, as many at a time as may be deleted at once. Raises parquet.FAILURES."""
    for page in parquet.rows_of(source, columns_of(connection, table), table.key):
        for first in range(0, len(page), table.slice):
            yield page[first : first + table.slice]

"""A day of a table into a file: written under another name, read back row by row, and only then put in its place."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import date

from monitor.errors import StoreUnavailable
from monitor.ports import Tier
from monitor.store.tiers.ledger import State, TierFile
from monitor.store.tiers.places import WARM, Draft, Places, checksum, name_of
from monitor.store.tiers.tables import Row, Streamed, columns_of, pages_of

Rest = Callable[[float], None]


class Stopped(Exception):
    """The move was cancelled, or the program ends."""


def write_day(
    connection: sqlite3.Connection,
    places: Places,
    table: Streamed,
    day: date,
    part: int,
    rest: Rest,
) -> tuple[TierFile, dict[str, int]]:
    """Write the day's file and give its entry for the ledger, and how many rows of whom it holds.

    ``rest(seconds)`` is called with what each page took; it may raise, and then no file is left. Raises OSError, and
    StoreUnavailable when what is read back is not what was written.
    """
    from monitor.store.tiers import parquet

    place = f"{WARM}/{name_of(table.name, day.isoformat(), part)}"
    target = places.path(place)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    declared = columns_of(connection, table)
    with Draft(target) as draft:
        with draft.path.open("wb") as sink:
            writer = parquet.DayWriter(sink, table, declared)
            began = time.monotonic()
            for owner, rows in pages_of(connection, table, day):
                writer.add(owner, rows)
                rest(time.monotonic() - began)
                began = time.monotonic()
            writer.close()
            sink.flush()
            os.fsync(sink.fileno())
        written = writer.written
        if not parquet.holds(str(draft.path), declared, written, rest):
            raise StoreUnavailable(f"The file of {day:%Y-%m-%d} did not give back what was written; nothing was moved.")
        size, found = checksum(draft.path)
        draft.keep()
    return (
        TierFile(
            *(0, table.name, day, part, Tier.WARM, place, State.MOVING),
            *(written.rows, size, found, written.first_us, written.last_us),
        ),
        written.symbols,
    )


def keys_of(connection: sqlite3.Connection, places: Places, table: Streamed, file: TierFile) -> Iterator[list[Row]]:
    """The keys of the file's rows, as many at a time as may be deleted at once. Raises what reading it raises."""
    from monitor.store.tiers import parquet

    declared = columns_of(connection, table)
    for page in parquet.rows_of(places.source(file.place), declared, table.key):
        for first in range(0, len(page), table.slice):
            yield page[first : first + table.slice]

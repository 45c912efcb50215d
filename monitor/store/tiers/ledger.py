"""The ledger of files, in the database: which rows are where, and the writer's small orders that keep it."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any

from monitor.ports import Tier
from monitor.store.tiers.tables import Streamed


class State(StrEnum):
    """How far a file is: its rows still being deleted from the database, moved, or itself about to go."""

    MOVING = "moving"
    MOVED = "moved"
    GOING = "going"


class Beside(StrEnum):
    """What the database has of the keys that a file holds: nothing, the same rows, or rows with other values."""

    NOTHING = "nothing"
    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TierFile:
    """A row of ``tier_file``."""

    id: int
    table: str
    day: date
    part: int
    tier: Tier
    place: str
    state: State
    rows: int
    bytes: int
    checksum: str
    first_us: int
    last_us: int


_COLUMNS = "id, table_name, day, part, tier, place, state, rows, bytes, checksum, first_us, last_us"


def files(connection: sqlite3.Connection, where: str = "1", values: Sequence[Any] = ()) -> list[TierFile]:
    """The files for which ``where`` holds, oldest day first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM tier_file WHERE {where} ORDER BY day, table_name, part", values)
    return [
        TierFile(number, table, date.fromisoformat(day), part, Tier(tier), place, State(state), *rest)
        for number, table, day, part, tier, place, state, *rest in rows
    ]


def files_with(
    connection: sqlite3.Connection, table: str, symbol: str, start_us: int, end_us: int
) -> list[tuple[TierFile, int]]:
    """The files that hold rows of ``symbol`` and overlap the range, oldest first, and how many rows each holds."""
    found = files(
        connection,
        "table_name = ? AND state <> 'going' AND last_us >= ? AND first_us < ?"
        " AND EXISTS (SELECT 1 FROM tier_symbol WHERE file_id = id AND symbol = ?)",
        (table, start_us, end_us, symbol),
    )
    count = "SELECT rows FROM tier_symbol WHERE file_id = ? AND symbol = ?"
    return [(file, connection.execute(count, (file.id, symbol)).fetchone()[0]) for file in found]


def newest_id(connection: sqlite3.Connection, table: str) -> int:
    """The number of the table's newest file; it only grows, so one that has not changed says that no rows moved."""
    row = connection.execute("SELECT id FROM tier_file WHERE table_name = ? ORDER BY id DESC LIMIT 1", (table,))
    return int((row.fetchone() or (0,))[0])


def short_of_symbols(connection: sqlite3.Connection) -> set[int]:
    """The files of which the ledger does not say whose all of their rows are: it was saved of a damaged database."""
    sql = (
        "SELECT id FROM tier_file LEFT JOIN (SELECT file_id, sum(rows) AS told FROM tier_symbol GROUP BY file_id)"
        " ON file_id = id WHERE rows <> ifnull(told, 0)"
    )
    return {number for (number,) in connection.execute(sql)}


def next_part(connection: sqlite3.Connection, table: str, day: date) -> int:
    """The number of the next file of a day: 1 unless rows of it were moved before."""
    sql = "SELECT ifnull(max(part), 0) + 1 FROM tier_file WHERE table_name = ? AND day = ?"
    return int(connection.execute(sql, (table, day.isoformat())).fetchone()[0])


def free_part(connection: sqlite3.Connection, table: str, day: date, part: int) -> int:
    """``part`` where no file of the day has it, else one that none has."""
    sql = "SELECT 1 FROM tier_file WHERE table_name = ? AND day = ? AND part = ?"
    taken = connection.execute(sql, (table, day.isoformat(), part)).fetchone()
    return next_part(connection, table, day) if taken else part


@dataclass(frozen=True, slots=True)
class NoteFile:
    """A verified file: from now on its rows may be deleted from the database.

    What the ledger had of it before is forgotten. It gets a number of its own, by which readers see that rows may move.
    """

    file: TierFile
    symbols: dict[str, int]
    at_ms: int

    def run(self, connection: sqlite3.Connection) -> None:
        f = self.file
        if f.id:
            Forget(f.id).run(connection)
        cursor = connection.execute(
            f"INSERT INTO tier_file ({_COLUMNS}, moved_ms) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(f.table, f.day.isoformat(), f.part, f.tier.value, f.place, f.state.value),
                *(f.rows, f.bytes, f.checksum, f.first_us, f.last_us, self.at_ms),
            ),
        )
        # A ledger that was saved of a damaged database may still have rows of a number that it gives once more.
        connection.execute("DELETE FROM tier_symbol WHERE file_id = ?", (cursor.lastrowid,))
        connection.execute(
            "INSERT INTO tier_symbol SELECT ?, key, value FROM json_each(?)",
            (cursor.lastrowid, json.dumps(self.symbols)),
        )


@dataclass(frozen=True, slots=True)
class DropRows:
    """Delete from the database the rows with these keys, as a file gave them: few enough that nobody waits for it."""

    table: Streamed
    keys: list[list[Any]]

    def run(self, connection: sqlite3.Connection) -> None:
        where = " AND ".join(f"{name} = ?" for name in self.table.prefix)
        sql = f"DELETE FROM {self.table.name} WHERE {where} AND received_us IN (SELECT value FROM json_each(?))"
        for prefix, keys in groupby(sorted(self.keys), key=lambda key: key[:-1]):
            connection.execute(sql, (*prefix, json.dumps([key[-1] for key in keys])))


@dataclass(frozen=True, slots=True)
class SetState:
    """How far a file is now."""

    id: int
    state: State

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE tier_file SET state = ? WHERE id = ?", (self.state.value, self.id))


@dataclass(frozen=True, slots=True)
class Relocate:
    """A file that is in another place: one that was copied to the cold tier, or found there."""

    id: int
    place: str
    tier: Tier = Tier.COLD

    def run(self, connection: sqlite3.Connection) -> None:
        values = self.tier.value, self.place, self.id
        connection.execute("UPDATE tier_file SET tier = ?, place = ? WHERE id = ?", values)


@dataclass(frozen=True, slots=True)
class Forget:
    """A file that is gone."""

    id: int

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM tier_symbol WHERE file_id = ?", (self.id,))
        connection.execute("DELETE FROM tier_file WHERE id = ?", (self.id,))

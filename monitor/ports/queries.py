"""A person's own questions to the database, in SQL: they read, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from monitor.errors import BadData
from monitor.ports.export import ExportResult

#: Rows that are shown of an answer; an export writes all.
MOST_ROWS = 10_000

Value = int | float | str | bytes | None


class BadQuery(BadData):
    """A query that cannot be answered; ``offset`` is where in its text SQLite stumbled, if that is known."""

    def __init__(self, sentence: str, offset: int | None = None) -> None:
        super().__init__(sentence)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """The rows, under the names of their columns; ``truncated`` when there are more than these."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]
    seconds: float
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table or view, and its columns: each a name, and its type where it has one."""

    name: str
    kind: str
    columns: tuple[tuple[str, str], ...]


class Queries(Protocol):
    """Queries to what is on disk. Raises BadQuery, and StoreUnavailable.

    A query is one statement that only reads. It may last a minute, an export ten; then it is stopped. So is it when it
    is cancelled, and when it keeps the recorder's log from being emptied.
    """

    async def ask(self, sql: str, limit: int = MOST_ROWS) -> QueryAnswer:
        """The first ``limit`` rows, fewer where they are large."""

    async def export(self, sql: str, out: Path, progress: Callable[[int], None]) -> ExportResult:
        """Write all rows to a CSV file, whole or not at all; ``progress`` hears how many so far.

        Raises BadData for a file that is not CSV, Unusable when it cannot be written.
        """

    async def tables(self) -> list[StoredTable]:
        """What can be asked for, by name."""

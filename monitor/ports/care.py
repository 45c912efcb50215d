"""Care for the database: looking whether it is sound, and copying it while it is in use."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """What a check found: ``problems`` in SQLite's words, none where the file is sound.

    A ``full`` one compares indexes with their tables too. ``seconds`` is how long it took.
    """

    at_ms: int
    full: bool
    seconds: float
    problems: tuple[str, ...] = ()


class DatabaseCare(Protocol):
    """What a person can do for the database while the program uses it; each call raises StoreUnavailable."""

    async def check(
        self, progress: Callable[[int, int, str], None], cancelled: Callable[[], bool], full: bool = True
    ) -> DatabaseCheck | None:
        """Look at every table; ``progress(done, total, table)`` counts them. None when cancelled.

        What can be read of a database that is found damaged is saved into a new one, which a notice tells.
        """

    def proposed_backup(self) -> Path:
        """A file that is not there yet, in the folder for backups beside the database."""

    async def back_up(
        self, out: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> int | None:
        """Copy the database into ``out``, which is replaced; ``progress(done, total)`` counts pages.

        Recording goes on meanwhile. Gives the bytes written, or None when cancelled: then ``out`` is as it was.
        Raises Unusable when the file cannot be written.
        """

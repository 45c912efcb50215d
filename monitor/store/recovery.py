"""A damaged database: what still reads goes into a new file that takes its place, and the damaged one stays beside it.

Until the new file is whole nothing is changed, and a kill at any moment leaves the one or the other.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from monitor.clock import now_ms
from monitor.errors import StoreUnavailable
from monitor.ports import OpeningStep
from monitor.store.about import CHECK_DUE, RECOVERY_UNTOLD, fact, forget_fact, keep_fact
from monitor.store.pages import PageFile
from monitor.store.progress import Progress
from monitor.store.salvage import Salvage, TableRecovery
from monitor.store.schema import APPLICATION_ID, VERSION
from monitor.store.tasks import SaveAudit, know_instruments
from monitor.whole_file import PRIVATE, sync_file, sync_folder

_log = logging.getLogger(__name__)

AUDIT_KIND = "recovery"
_PUTTING_IN_PLACE = OpeningStep(
    "Putting the recovered database in the place of the damaged one…",
    stopping="This is not broken off: it is finished first.",
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was saved of a damaged database, which is kept as ``kept``."""

    kept: Path
    tables: tuple[TableRecovery, ...]
    backup: Path | None = None

    @property
    def saved(self) -> int:
        return sum(table.saved + table.from_backup for table in self.tables)

    @property
    def lost(self) -> int:
        return sum(table.lost for table in self.tables)

    @property
    def sentence(self) -> str:
        """What was saved and what was lost, in one sentence for people."""
        if self.lost:
            share = int(10_000 * self.saved / (self.saved + self.lost)) / 100
            fate = f"{self.saved:,} rows ({share:g} %) were saved and about {self.lost:,} are lost"
        else:
            fate = f"all that was found, {self.saved:,} rows, was saved"
        return f"The database was damaged: {fate}. The damaged file is kept as {self.kept.name}."

    @property
    def detail(self) -> str:
        """A part for each table that lost something or was filled from a backup; else the tables that were read."""
        touched = [table for table in self.tables if table.lost or table.from_backup]
        listed = touched or [table for table in self.tables if table.saved]
        used = f" The backup is {self.backup.name}." if self.backup else ""
        return "; ".join(map(str, listed)) + "." + used


def recover(path: Path, sandbox: bool, progress: Progress | None = None) -> Recovery:
    """Put in the place of the damaged database ``path`` what can be saved of it; any thread, nobody may have it open.

    Raises StoreUnavailable when nothing in the file is ours, the new file cannot be written, or ``progress`` says that
    it is stopped; it is then left as it is.
    """
    told = progress or Progress()
    draft = _beside(path, "recovering")
    _remove(draft)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        with closing(PageFile(path)) as pages:
            _check_ours(pages, path)
            with closing(sqlite3.connect(draft.as_uri(), uri=True, isolation_level=None)) as new:
                tables, backup = Salvage(pages, path, new, sandbox, told, grows=draft).run()
                kept = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}")
                recovery = Recovery(kept, tuple(tables), backup)
                SaveAudit(now_ms(), AUDIT_KIND, recovery.sentence).run(new)
                forget_fact(new, CHECK_DUE)  # what a check was to find is found
                keep_fact(new, RECOVERY_UNTOLD, _coded((*untold(new), recovery)))
        told.tell(_PUTTING_IN_PLACE)
        sync_file(draft)
    except BaseException:
        _remove(draft)
        raise
    draft.replace(_beside(path, "recovered"))
    sync_folder(path.parent)
    path.replace(kept)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)  # which SQLite makes anew
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        log.replace(kept.with_name(kept.name + "-wal"))
    finish(path)
    _log.warning("%s %s", recovery.sentence, recovery.detail)
    return recovery


def untold(connection: sqlite3.Connection) -> tuple[Recovery, ...]:
    """What was saved of damaged databases and told to nobody yet, in its order. Raises sqlite3.Error."""
    kept = fact(connection, RECOVERY_UNTOLD)
    try:
        return msgspec.json.decode(kept, type=tuple[Recovery, ...], dec_hook=_decoded) if kept else ()
    except msgspec.MsgspecError:
        return ()  # of another version


class KeepTold(msgspec.Struct, frozen=True):
    """The task that keeps that people know of every recovery."""

    def run(self, connection: sqlite3.Connection) -> None:
        forget_fact(connection, RECOVERY_UNTOLD)


def finish(path: Path) -> None:
    """Put a whole new file in its place where a kill came between; nothing happens elsewhere. Raises OSError."""
    whole = _beside(path, "recovered")
    if whole.exists() and not path.exists():
        for ending in ("-wal", "-shm"):  # those of the damaged file, which would spoil this one
            path.with_name(path.name + ending).unlink(missing_ok=True)
        whole.replace(path)
        sync_folder(path.parent)
    _remove(whole)


def name_instruments(connection: sqlite3.Connection, ids: Mapping[str, int]) -> None:
    """Give the numbers whose symbols were lost the symbols that the program still knows. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for symbol, number in list(ids.items()):
            connection.execute("UPDATE instrument SET symbol = ? WHERE id = ? AND symbol = '?' || id", (symbol, number))
        know_instruments(connection, dict(ids))
        connection.execute("INSERT INTO instrument_fts (instrument_fts) VALUES ('rebuild')")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _check_ours(pages: PageFile, path: Path) -> None:
    """Raises StoreUnavailable when the file says that it is another program's, or a newer one's."""
    header = pages.header()
    if not header.intact:
        return
    if header.application_id != APPLICATION_ID:
        raise StoreUnavailable(f"{path} is not a database of Market Monitor.")
    if header.version > VERSION:
        raise StoreUnavailable(f"{path} was made by a newer version of Market Monitor: update the program to use it.")


def _coded(recoveries: tuple[Recovery, ...]) -> str:
    return msgspec.json.encode(recoveries, enc_hook=str).decode()


def _decoded(kind: type, text: str) -> object:
    """A file's path, which JSON does not know."""
    return kind(text)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + ending).unlink(missing_ok=True)

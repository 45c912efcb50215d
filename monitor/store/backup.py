"""Copies of the database, made while it is in use: each is whole or not there, and a sound file by itself.

Before its tables are changed the database is copied into ``backups/`` beside it. Once they are, the newest few of those
are kept; where they were not, the copy is of no use and goes again.
What a person backs up is theirs: nothing here removes it.
"""

import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from monitor.clock import now_ms
from monitor.errors import StoreUnavailable
from monitor.ports import OpeningStep
from monitor.store.about import note_copied
from monitor.store.progress import Progress, in_bytes
from monitor.store.spill import RESERVE
from monitor.store.trouble import leaves_doubt
from monitor.whole_file import PRIVATE, sweep, sync_file, sync_folder

FOLDER = "backups"
#: So many of the copies made before a change of the tables are kept.
KEPT = 3
#: Between two pieces of so many pages whoever copies may do something else.
_PIECE = 512
_NAME = "{stem}-v{version}-{time}.db"
_COPYING = OpeningStep(
    "Backing up the database before it is changed…",
    stopping="Stopping removes the unfinished backup; the database stays as it is.",
)

#: Called with the pages copied and the pages in all; what it raises ends the copying.
Between = Callable[[int, int], None]


def copy_database(connection: sqlite3.Connection, target: Path, between: Between = lambda _done, _all: None) -> None:
    """Copy what ``connection`` reads into the file ``target``, which is replaced once the copy is whole and on disk.

    Between two pieces ``between`` may write with the same connection: such rows are in the copy too, and the copying
    never starts over. Raises sqlite3.Error, OSError and what ``between`` raises; then no new file is left.
    """
    sweep(target)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            connection.backup(
                copy, pages=_PIECE, progress=lambda _status, left, every: between(every - left, every), sleep=0
            )
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            note_copied(copy)
        sync_file(draft)
        draft.replace(target)
    except BaseException:
        for leftover in draft.parent.glob(f"{draft.name}*"):
            leftover.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


@contextmanager
def backed_up(
    connection: sqlite3.Connection, path: Path, version: int, progress: Progress | None = None
) -> Iterator[Path]:
    """Copy the database ``path``, of schema ``version``, before its tables are changed within; give the copy.

    Of such copies the newest few stay; those of earlier versions give way once the change is made. Where it is stopped
    or fails, and the database is as it was, the copy goes again. Raises what the change raises; before it
    StoreUnavailable when the disk has no room or the opening is stopped, sqlite3.Error and OSError.
    """
    told = progress or Progress()
    told.tell(_COPYING)
    folder = path.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    for draft in folder.glob(f".{path.stem}-*.part*"):  # of a program that was killed while it copied
        draft.unlink(missing_ok=True)
    check_room(connection, folder)
    (page,) = connection.execute("PRAGMA page_size").fetchone()

    def between(done: int, total: int) -> None:
        detail = f"{in_bytes(done * page)} of {in_bytes(total * page)}"
        told.tell(replace(_COPYING, done=done, total=total, detail=detail))

    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_ms() / 1000))
    target = folder / _NAME.format(stem=path.stem, version=version, time=moment)
    copy_database(connection, target, between)
    _keep_newest(folder, _NAME.format(stem=path.stem, version=version, time="*"))  # a kill each time must not fill it
    try:
        yield target
    except BaseException as error:
        with suppress(sqlite3.Error, OSError):  # it is kept, then
            if not leaves_doubt(error) and _is_of(connection, version):
                target.unlink(missing_ok=True)
        raise
    _keep_newest(folder, _NAME.format(stem=path.stem, version="*", time="*"))


def backups_of(path: Path) -> list[Path]:
    """The copies in ``backups/`` beside the database, the newest first."""
    return sorted((path.parent / FOLDER).glob("*.db"), key=_age, reverse=True)


def check_room(connection: sqlite3.Connection, folder: Path) -> None:
    """Raises StoreUnavailable when the disk of ``folder`` cannot take a copy of the database."""
    pages, size = (connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
    needed, free = pages * size + RESERVE, shutil.disk_usage(folder).free
    if free < needed:
        raise StoreUnavailable(
            f"A backup of the database needs {needed / 1e9:.1f} GB in {folder}, and {free / 1e9:.1f} GB are free."
        )


def _is_of(connection: sqlite3.Connection, version: int) -> bool:
    """Whether the version stands, which is changed with the tables or not at all. Raises sqlite3.Error."""
    return not connection.in_transaction and connection.execute("PRAGMA user_version").fetchone() == (version,)


def _keep_newest(folder: Path, pattern: str) -> None:
    for old in sorted(folder.glob(pattern), key=_age)[:-KEPT]:
        old.unlink(missing_ok=True)


def _age(file: Path) -> tuple[int, str]:
    return file.stat().st_mtime_ns, file.name

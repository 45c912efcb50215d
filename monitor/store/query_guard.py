"""What keeps a person's query from harm: it can only read, and it is stopped before it is in the recorder's way."""

import shutil
import sqlite3
import threading
import time
import zlib
from pathlib import Path

from monitor.ports import BadQuery
from monitor.store.book_levels import as_json
from monitor.store.connect import connect_reading

_MIB = 1024 * 1024
#: No value of an answer, and none that SQLite makes on the way, may be larger.
MOST_VALUE_BYTES = 16 * _MIB
#: While a query reads, the writer's log only grows; once it is larger than this, the writer waits for readers to end.
MOST_LOG_BYTES = 64 * _MIB
_MORE_LOG_BYTES = 16 * _MIB
#: What SQLite sorts waits in temporary files: so much of the disk they leave.
LEAST_FREE_BYTES = 512 * _MIB
#: Steps of SQLite's machine between two looks: about a millisecond.
_STEPS = 50_000
_LOOK_AT_DISK_SECONDS = 0.25

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_PRAGMAS = {
    *("table_list", "table_info", "table_xinfo", "index_list", "index_info", "index_xinfo", "foreign_key_list"),
    *("function_list", "collation_list", "module_list", "pragma_list", "compile_options"),
}
#: These read only as long as they are given no value.
_PRAGMAS_WITHOUT_VALUE = {
    *("user_version", "application_id", "schema_version", "data_version", "encoding", "journal_mode"),
    *("page_count", "page_size", "freelist_count", "auto_vacuum"),
}
_FUNCTIONS_REFUSED = {"load_extension", "fts3_tokenizer"}
_VERBS = {
    sqlite3.SQLITE_INSERT: "INSERT",
    sqlite3.SQLITE_UPDATE: "UPDATE",
    sqlite3.SQLITE_DELETE: "DELETE",
    sqlite3.SQLITE_ATTACH: "ATTACH",
}


class Watch:
    """Looks at the clock, at who wants an end, and at the disk, while SQLite works; may be asked on any thread."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._folder, self._log = path.parent, path.with_name(path.name + "-wal")
        self._seconds = seconds
        self._begun = self._looked = time.monotonic()
        self._most_log = max(MOST_LOG_BYTES, _size(self._log) + _MORE_LOG_BYTES)
        self._wanted = threading.Event()
        self._why = ""

    @property
    def seconds(self) -> float:
        """How long it has been since the query began."""
        return time.monotonic() - self._begun

    def stop(self) -> None:
        self._wanted.set()

    def look(self) -> bool:
        """Whether the query must end now."""
        if not self._why:
            self._why = self._reason()
        return bool(self._why)

    def check(self) -> None:
        """Raises BadQuery with the reason when the query must end, or has been ended, by a look."""
        if self.look():
            raise BadQuery(self._why)

    def _reason(self) -> str:
        now = time.monotonic()
        if self._wanted.is_set():
            return "The query was stopped."
        if now - self._begun > self._seconds:
            return f"Stopped after {self._seconds:.0f} seconds, the longest a query may last. Ask for less at a time."
        if now - self._looked < _LOOK_AT_DISK_SECONDS:
            return ""
        self._looked = now
        if _size(self._log) > self._most_log:
            return "Stopped: it kept what is recorded meanwhile from being put in its place. Ask for less at a time."
        if _free(self._folder) < LEAST_FREE_BYTES:
            return "Stopped: the disk is nearly full. Ask for less at a time."
        return ""


class Guard:
    """SQLite asks it about everything that a statement would do; ``refused`` is what it did not allow."""

    def __init__(self) -> None:
        self.refused = ""

    def __call__(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if self._allows(action, first, second):
            return sqlite3.SQLITE_OK
        if not self.refused:
            self.refused = _name(action, first, second)
        return sqlite3.SQLITE_DENY

    def _allows(self, action: int, first: str | None, second: str | None) -> bool:
        if action == sqlite3.SQLITE_FUNCTION:
            return (second or "").lower() not in _FUNCTIONS_REFUSED
        if action == sqlite3.SQLITE_PRAGMA:
            name = (first or "").lower()
            return name in _PRAGMAS or (name in _PRAGMAS_WITHOUT_VALUE and second is None)
        if action == sqlite3.SQLITE_UPDATE:
            # SQLite asks so when it declares a virtual table, such as json_each; an UPDATE of a person's it refuses
            # before it asks, as nobody can switch writable_schema on.
            return first == "sqlite_master"
        return action in _READING


def _name(action: int, first: str | None, second: str | None) -> str:
    if action == sqlite3.SQLITE_PRAGMA:
        return f"PRAGMA {first}" + (" with a value" if (first or "").lower() in _PRAGMAS_WITHOUT_VALUE else "")
    if action == sqlite3.SQLITE_FUNCTION:
        return f"{second}()"
    return _VERBS.get(action, "this")


def connect_guarded(path: Path, guard: Guard, watch: Watch) -> sqlite3.Connection:
    """A connection that cannot write, by four walls: how the file is opened, SQLite's own switch, the guard, no ATTACH.

    Raises sqlite3.Error.
    """
    connection = connect_reading(path)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.create_function("levels_json", 1, _levels_json, deterministic=True)
    connection.set_authorizer(guard)
    connection.set_progress_handler(watch.look, _STEPS)
    return connection


def _levels_json(levels: object) -> str | None:
    """The levels of a book as JSON; NULL for what is none, or damaged."""
    try:
        return as_json(levels) if isinstance(levels, bytes) else None
    except (zlib.error, ValueError):
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return LEAST_FREE_BYTES  # what is wrong with the folder, reading from it will tell

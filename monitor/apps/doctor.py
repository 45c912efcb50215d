"""The check-up: what the machine, the settings and the database are like, a sentence each; changes nothing."""

import asyncio
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.apps.logs import log_level
from monitor.apps.machine import bad_qt_pair, has_display, qt_version, wal_reset_remark
from monitor.apps.options import DoctorOptions
from monitor.apps.percent import TerminalWatch
from monitor.apps.settings import default_data_dir, read_settings
from monitor.errors import BadData, MonitorError, StoreUnavailable, Unusable
from monitor.market.calendar import from_ms
from monitor.ports import STREAMED, Tier, TierUse

if TYPE_CHECKING:
    from monitor.store import StoreFacts
    from monitor.store.coverage import SeriesFacts
    from monitor.store.tiers.usage import FileFacts

_GIB = 1024**3
_QT_SECONDS = 60
#: So many files are named one by one.
_NAMED = 3
_IF_DAMAGED = "If it is one of ours, the next start saves what can be read into a new file, and keeps this one."
_SAVED = "The next start of the program saves what can be read into a new file, and keeps this one."


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``ok`` is False when something must be done about it."""

    check: str
    ok: bool
    says: str


def run(options: DoctorOptions) -> int:
    """Print every finding; 1 when something is wrong, else 0."""
    findings = list(check_up(options.data_dir))
    ok = all(finding.ok for finding in findings)
    if options.json:
        report = {"ok": ok, "version": __version__, "findings": [asdict(finding) for finding in findings]}
        print(json.dumps(report, ensure_ascii=False))
    else:
        for finding in findings:
            print(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.check}: {finding.says}")
    return 0 if ok else 1


def check_up(given: Path | None) -> Iterator[Finding]:
    """The findings, one after the other; of the given data folder, or of both profiles' own."""
    for name, check in (
        ("Python", _python),
        ("PySide6", _pyside),
        ("Qt", _qt),
        ("display", _display),
        ("SQLite", _sqlite),
        ("password store", _password_store),
        ("log level", _log_level),
    ):
        yield _finding(name, check)
    folders = {"": given} if given else {"live ": default_data_dir(False), "sandbox ": default_data_dir(True)}
    for profile, folder in folders.items():
        yield _finding(f"{profile}data folder", partial(_folder, folder))
        yield _finding(f"{profile}settings", partial(_settings, folder))
        yield from _database(folder, profile)
        yield _finding(f"{profile}sign-in", partial(_sign_in, folder))


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except MonitorError as error:
        return Finding(name, False, error.sentence)


def _python() -> str:
    return f"{platform.python_version()} on {platform.platform(terse=True)}."


def _pyside() -> str:
    if not qt_version():
        raise Unusable("It is not installed.")
    refusal = bad_qt_pair()
    if refusal:
        raise Unusable(refusal)
    return f"{qt_version()}."


def _qt() -> str:
    """Load Qt in a process of its own: a library that is missing or broken may end the process."""
    command = [sys.executable, "-c", "import PySide6.QtWidgets, PySide6.QtWebEngineWidgets"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_QT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unusable(f"Its libraries did not load within {_QT_SECONDS} s.") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise Unusable(f"Its libraries do not load ({reason}); in a checkout, make setup installs what is missing.")
    return "Its libraries load, the browser's too."


def _display() -> str:
    if has_display():
        return "There is one."
    return "There is none: the window opens offscreen only (QT_QPA_PLATFORM=offscreen)."


def _sqlite() -> str:
    remark = wal_reset_remark(sqlite3.sqlite_version_info)
    return f"{sqlite3.sqlite_version}" + (f": {remark}." if remark else ".")


def _password_store() -> str:
    from monitor.schwab.keystore import KeyStore, KeyStoreUnavailable

    try:
        KeyStore("market-monitor").get("doctor")
    except KeyStoreUnavailable as reason:
        return f"Not usable ({reason}): the token file is encrypted with a passphrase instead."
    return "Usable; it keeps the key of the token file."


def _log_level() -> str:
    log_level()
    return f"{os.environ.get('MARKET_MONITOR_LOG_LEVEL', 'INFO')}."


def _folder(folder: Path) -> str:
    from monitor.store.file_system import check_local

    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    check_local(nearest)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            free = shutil.disk_usage(nearest).free
    except OSError as error:
        raise Unusable(f"{folder} cannot be written to ({error.strerror}).") from None
    if free < _GIB:
        raise Unusable(f"{folder} has only {free / _GIB:.2f} GiB left on its disk.")
    kind = "can be written to" if nearest == folder else "is not there yet, and can be made"
    return f"{folder} {kind}; {free / _GIB:.1f} GiB are free."


def _settings(folder: Path) -> str:
    count = len(read_settings(folder / "settings.json"))
    return f"{count} kept." if count else "None kept yet."


def _database(folder: Path, profile: str) -> Iterator[Finding]:
    """Whether it is sound and what it holds; of one that can be read, also how it was closed, checked and backed up."""
    path, name = folder / "monitor.db", f"{profile}database"
    if not path.exists():
        yield Finding(name, True, "There is none yet.")
        return
    try:
        facts = asyncio.run(_facts(path))
    except MonitorError as error:
        damaged = isinstance(error, StoreUnavailable) and error.damaged
        yield Finding(name, False, f"{error.sentence} {_IF_DAMAGED}" if damaged else error.sentence)
        return
    if facts.problems:
        yield Finding(name, False, f"{path} is damaged: {'; '.join(facts.problems[:3])}. {_SAVED}")
    else:
        yield Finding(name, True, f"{path} is sound: {facts.profile} data, {_contents(facts)}.")
    for table in STREAMED:
        if uses := [use for use in facts.tiers if use.table == table]:
            yield Finding(f"{profile}{STREAMED[table]}", True, _kept(uses))
    if any(use.files for use in facts.tiers) or facts.files.unknown:
        yield Finding(f"{profile}files of old rows", not facts.files.missing, _files(facts.files))
    yield Finding(f"{profile}history", True, _history(facts.series))
    yield Finding(f"{profile}last end", True, _last_end(facts))
    yield Finding(f"{profile}last check", True, _last_check(facts))
    yield Finding(f"{profile}backups", True, _backups(facts))


def _contents(facts: "StoreFacts") -> str:
    """How many rows each table has and how large it is, the largest first where SQLite can tell."""
    sizes = facts.table_bytes
    tables = sorted((table for table, count in facts.rows.items() if count), key=lambda table: -sizes.get(table, 0))
    rows = [
        f"{facts.rows[table]} {table}" + (f" ({sizes[table] / 1e6:.1f} MB)" if table in sizes else "")
        for table in tables
    ]
    return f"{facts.bytes / 1e6:.1f} MB, rows: {', '.join(rows) or 'none yet'}"


_TIERS = {
    Tier.DATABASE: "in the database",
    Tier.WARM: "in files in the data folder (warm)",
    Tier.COLD: "in files elsewhere (cold)",
}


def _kept(uses: Sequence[TierUse]) -> str:
    """What a table takes in each tier, and of which days."""
    parts = []
    for use in uses:
        rows = f"{use.rows:,} {'row' if use.rows == 1 else 'rows'}"
        files = f"{use.files:,} {'file' if use.files == 1 else 'files'}, " if use.files else ""
        size = f"{files}{use.bytes / 1e6:.1f} MB" if use.bytes is not None else files.removesuffix(", ")
        days = "" if use.first is None or use.last is None else f" of {_days(use.first, use.last)}"
        parts.append(f"{rows} {_TIERS[use.tier]}{f' ({size})' if size else ''}{days}")
    return f"{'; '.join(parts)}."


def _files(files: "FileFacts") -> str:
    """Whether the files are where the ledger says."""
    parts = []
    if files.missing:
        parts.append(f"{_some(files.missing, 'is', 'are')} missing; put back what can be had.")
    elif files.in_bucket:
        parts.append(f"All that can be looked at here are there; {files.in_bucket:,} in a bucket were not looked at.")
    else:
        parts.append("All are where the database says.")
    if files.unknown:
        parts.append(f"{_some(files.unknown, 'is', 'are')} not known to the database: the next start takes them in.")
    return " ".join(parts)


def _some(places: Sequence[str], one: str, many: str) -> str:
    """A few of them by name, and how many there are."""
    if len(places) <= _NAMED:
        return f"{', '.join(places)} {one if len(places) == 1 else many}"
    return f"{len(places):,} files ({', '.join(places[:_NAMED])} …) {many}"


def _history(series: Sequence["SeriesFacts"]) -> str:
    """Of how many symbols each interval was fetched, from when to when, and whether with holes."""
    parts = []
    for each in series:
        of = f"{each.interval.label} of {each.symbols:,} {'symbol' if each.symbols == 1 else 'symbols'}"
        days = f", {_days(*(from_ms(ms).date() for ms in (each.span[0], each.span[1] - 1)))}" if each.span else ""
        holes = f"{each.with_holes:,} with holes" if each.with_holes else "complete"
        parts.append(f"{of}{days}, {holes}" if each.span else f"{of}, nothing yet")
    return f"{'; '.join(parts)}." if parts else "None was fetched yet."


def _days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _last_end(facts: "StoreFacts") -> str:
    if facts.in_use:
        said = f"In use since {_moment(facts.open_since_ms)}." if facts.open_since_ms else "In use."
    elif facts.open_since_ms:
        said = (
            f"The program that opened it at {_moment(facts.open_since_ms)} did not close it: the next start checks it."
        )
    else:
        said = "Closed in good order."
    return said + (f" Last found not closed: {_moment(facts.unclean_ms)}." if facts.unclean_ms else "")


def _last_check(facts: "StoreFacts") -> str:
    check = facts.last_check
    saved = f" {facts.recovered}" if facts.recovered else ""
    if check is None:
        return f"None yet, but for the one just made.{saved}"
    kind = "A full check" if check.full else "A quick check"
    return f"{kind} at {_moment(check.at_ms)} found it sound, in {check.seconds:.1f} s.{saved}"


def _backups(facts: "StoreFacts") -> str:
    if not facts.backups:
        return "There are none; Data > Back up database… makes one."
    newest = facts.backups[0]
    size = sum(backup.stat().st_size for backup in facts.backups)
    count = "One" if len(facts.backups) == 1 else str(len(facts.backups))
    made = _moment(int(newest.stat().st_mtime * 1000))
    return f"{count} in {newest.parent}, {size / 1e6:.1f} MB; the newest is {newest.name} of {made}."


def _moment(ms: int) -> str:
    return f"{from_ms(ms):%Y-%m-%d %H:%M} New York"


def _sign_in(folder: Path) -> str:
    """What keeps the stored sign-in; it is not opened for that."""
    from monitor.schwab.sealing import KeyKind
    from monitor.schwab.token_file import FILE_NAME, kept_in

    try:
        kind = kept_in(folder)
    except BadData:
        raise Unusable(
            f"{folder / FILE_NAME} is not one this version can read; a new sign-in takes its place."
        ) from None
    for path in sorted(folder.glob(f"{FILE_NAME}*")):
        if os.name != "nt" and path.stat().st_mode & 0o077:
            raise Unusable(f"Others on this machine may open {path}; chmod 600 {path} keeps it yours.")
    if kind is None:
        return "None is stored."
    keeper = "the password store has its key" if kind is KeyKind.KEYRING else "a passphrase opens it"
    return f"One is stored, encrypted; {keeper}."


async def _facts(path: Path) -> "StoreFacts":
    from monitor.apps.opening import watched
    from monitor.store import Progress, open_for_reading

    store = open_for_reading(path)
    try:
        progress = Progress()
        return await watched(store.facts(progress), lambda: progress.step, TerminalWatch())
    finally:
        await store.close()

"""The import command: bars of a CSV file into the database, while no other program records into it."""

import asyncio
import sys
from pathlib import Path

from monitor.apps.opening import prepared
from monitor.apps.options import ImportOptions
from monitor.apps.percent import TerminalWatch, percent
from monitor.apps.settings import data_dir, default_data_dir
from monitor.errors import StoreUnavailable
from monitor.interrupt import Interrupt
from monitor.market.calendar import from_ms
from monitor.ports import ImportPreview, ImportRequest, ImportResult, Zone
from monitor.store import is_sandboxs, looked_into, open_store

DATABASE = "monitor.db"
_REJECTED_SHOWN = 10


def run(options: ImportOptions, interrupt: Interrupt) -> int:
    """Take the bars, say how many, and give exit code 0. Raises MonitorError."""
    asyncio.run(_import(options, interrupt))
    return 0


async def _import(options: ImportOptions, interrupt: Interrupt) -> None:
    folder = _folder(options.data_dir)
    path = folder / DATABASE
    request = ImportRequest(options.file, options.symbol, options.interval, Zone(options.zone), options.replace)
    preview = looked_into(request, lambda: interrupt.wanted)
    if preview is None:
        raise StoreUnavailable("Interrupted; nothing was imported.")
    _tell(preview, options)
    if options.preview or not preview.bars:
        return
    sandbox = path.is_file() and is_sandboxs(path)
    await prepared(path, sandbox, TerminalWatch(lambda: interrupt.wanted))
    store = open_store(path, sandbox, on_trouble=_complain)
    try:
        for recovery in store.recoveries:
            _complain(recovery.sentence)
        store.recoveries_told()
        result = await store.importer.run(request, percent(), lambda: interrupt.wanted)
        await store.recorder.flushed()
    finally:
        await store.close()
    print(_sentence(result))


def _folder(given: Path | None) -> Path:
    """The data folder: the given one, else the live one, unless only the sandbox has a database."""
    only_sandbox = not (default_data_dir(False) / DATABASE).is_file() and (default_data_dir(True) / DATABASE).is_file()
    folder = data_dir(only_sandbox, given)
    if given is None:
        print(f"Importing into the database in {folder}.", file=sys.stderr)
    return folder


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _tell(preview: ImportPreview, options: ImportOptions) -> None:
    """What is in the file, to people: on stderr, as what is printed is the result."""
    if preview.first_ms is not None and preview.last_ms is not None:
        kinds = ", ".join(interval.label for interval in preview.intervals)
        first, last = (f"{from_ms(ms):%Y-%m-%d %H:%M}" for ms in (preview.first_ms, preview.last_ms))
        of = ", ".join(preview.symbols[:10]) + (" …" if len(preview.symbols) > 10 else "")
        _complain(f"{preview.bars:,} bars ({kinds}) of {of}, {first} to {last} New York time.")
    else:
        _complain("No line of the file holds a bar.")
    if preview.needs_zone:
        _complain(f"Its times have no offset and are taken as {options.zone} (--zone says otherwise).")
    for line, reason in preview.rejected[:_REJECTED_SHOWN]:
        _complain(f"Line {line} is left out: {reason}.")
    if preview.rejections > _REJECTED_SHOWN:
        _complain(f"{preview.rejections:,} lines are left out in all.")


def _sentence(result: ImportResult) -> str:
    ended = "Interrupted after" if result.cancelled else "Imported"
    kept = f"; {result.kept:,} were on disk already and stay" if result.kept else ""
    return f"{ended} {result.taken:,} bars{kept}."

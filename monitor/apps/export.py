"""The export command: recorded rows to a file, from a database that another program may be recording into."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from monitor.apps.options import ExportOptions
from monitor.apps.settings import default_data_dir
from monitor.errors import StoreUnavailable, Unusable
from monitor.ports import ExportRequest, ExportResult
from monitor.store import open_for_reading

DATABASE = "monitor.db"


def run(options: ExportOptions) -> int:
    """Write the file, say what it holds, and give exit code 0. Raises MonitorError."""
    if options.out.suffix.lower() == ".parquet":
        raise Unusable("Parquet files cannot be written yet, that comes later; let --out end in .csv.")
    result = asyncio.run(_export(options, _folder(options.data_dir)))
    for sentence in result.troubles:
        print(f"Left out: {sentence}", file=sys.stderr)
    print(f"{result.rows} rows written to {result.path}")
    return 0


def _folder(given: Path | None) -> Path:
    """The data folder: the given one, else the live one if it has a database, else the sandbox's, saying which."""
    if given:
        return given
    for sandbox, world in ((False, "live"), (True, "sandbox")):
        folder = default_data_dir(sandbox)
        if (folder / DATABASE).is_file():
            print(f"Reading the {world} database in {folder}.", file=sys.stderr)
            return folder
    raise StoreUnavailable("Nothing has been recorded on this machine yet; --data-dir names another folder.")


async def _export(options: ExportOptions, folder: Path) -> ExportResult:
    store = open_for_reading(folder / DATABASE)
    try:
        result = await store.exporter.export(_request(options), _progress(), cancelled=lambda: False)
    finally:
        await store.close()
    if result is None:
        raise Unusable("The export was stopped; no file was written.")
    return result


def _request(options: ExportOptions) -> ExportRequest:
    return ExportRequest(
        what=options.what,
        symbols=options.symbols,
        out=options.out,
        interval=options.interval,
        start_ms=options.start_ms,
        end_ms=options.end_ms,
        venues=options.venues,
    )


def _progress() -> Callable[[int, int], None]:
    """Percent on the terminal; silent when nobody watches."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None

    def show(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        print(f"\r{100 * done // max(total, 1):3d} %", end=end, file=sys.stderr, flush=True)

    return show

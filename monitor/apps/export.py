"""The export command: recorded rows to a file, from a database that another program may be recording into."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from monitor.apps.options import ExportOptions
from monitor.apps.percent import percent
from monitor.apps.settings import default_data_dir, read_settings
from monitor.clock import now_ms
from monitor.errors import BadData, StoreUnavailable, Unusable
from monitor.market.hours import Hours
from monitor.ports import RECIPES_KEY, DecimalMark, ExportRequest, ExportResult, Layout, Zone, recipes_in
from monitor.store import is_sandboxs, open_for_reading

DATABASE = "monitor.db"


def run(options: ExportOptions) -> int:
    """Write the file, say what it holds, and give exit code 0. Raises MonitorError."""
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
        result = await store.exporter.export(_request(options, folder), percent(), cancelled=lambda: False)
    finally:
        await store.close()
    if result is None:
        raise Unusable("The export was stopped; no file was written.")
    return result


def _request(options: ExportOptions, folder: Path) -> ExportRequest:
    if options.recipe:
        return _by_recipe(options, folder)
    if options.what is None or options.out is None:
        raise Unusable("Say what is exported, and where to: --out FILE.")
    return ExportRequest(
        what=options.what,
        symbols=options.symbols,
        out=options.out,
        interval=options.interval,
        start_ms=options.start_ms,
        end_ms=options.end_ms,
        venues=options.venues,
        hours=Hours(options.hours),
        layout=Layout(Zone(options.zone), DecimalMark(options.decimal)),
        sidecar=options.sidecar,
    )


def _by_recipe(options: ExportOptions, folder: Path) -> ExportRequest:
    """What the recipe says, as of now. Raises BadData where there is none of that name."""
    recipes = recipes_in(read_settings(folder / "settings.json").get(RECIPES_KEY, ""))
    recipe = recipes.get(options.recipe)
    if recipe is None:
        known = f"There are: {', '.join(recipes)}." if recipes else "The window saves them, in “Export recorded data”."
        raise BadData(f"There is no recipe “{options.recipe}” in {folder}. {known}")
    request = recipe.request(now_ms(), is_sandboxs(folder / DATABASE))
    return replace(request, out=options.out) if options.out else request

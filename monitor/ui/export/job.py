"""What an export writes: recorded rows of the archive, or a table as it is on the screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from monitor.ports import Exporter, ExportRequest, ExportResult, Layout, Preferences

#: What other programs still take from the clipboard without a long wait.
MOST_COPIED = 50_000


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows, as shown."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


Job = ExportRequest | Table


async def run(
    exporter: Exporter,
    job: Job,
    out: Path,
    layout: Layout,
    sidecar: bool,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> ExportResult | None:
    """Write the job to ``out``; None when cancelled. Raises what the exporter raises."""
    if isinstance(job, Table):
        return await exporter.export_table(job.header, job.rows, out, layout)
    return await exporter.export(replace(job, out=out, layout=layout, sidecar=sidecar), progress, cancelled)


async def text_of(
    exporter: Exporter, job: Job, layout: Layout, cancelled: Callable[[], bool]
) -> tuple[str, int] | None:
    """The job as text for the clipboard, and its rows; None when cancelled. Raises what the exporter raises."""
    if isinstance(job, Table):
        return exporter.table_text(job.header, job.rows, layout), len(job.rows)
    return await exporter.text(replace(job, layout=layout), MOST_COPIED, cancelled)


def export_folder(preferences: Preferences) -> Path:
    """Where the last export went, as long as that folder is there; else the person's documents."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = Path(preferences.get("export/folder", documents))
    return folder if folder.is_dir() else Path.home()

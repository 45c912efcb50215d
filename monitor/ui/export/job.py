"""What an export writes: recorded rows of the archive, or a table as it is on the screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitor.ports import Exporter, ExportRequest, ExportResult, Layout


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows, as shown."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    layout: Layout = field(default_factory=Layout)


Job = ExportRequest | Table


async def run(
    exporter: Exporter, job: Job, out: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
) -> ExportResult | None:
    """Write the job to ``out``; None when cancelled. Raises what the exporter raises."""
    if isinstance(job, Table):
        return await exporter.export_table(job.header, job.rows, out, job.layout)
    return await exporter.export(replace(job, out=out), progress, cancelled)


def file_name(stem: str, sandbox: bool) -> str:
    """The default name of a file: what the sandbox made says so."""
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in stem).strip("_") or "export"
    return f"{plain}-SANDBOX.csv" if sandbox else f"{plain}.csv"

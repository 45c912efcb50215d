"""Exports: what was recorded as CSV, digit for digit, written in the reader's pool so that the loop never waits."""

import asyncio
import csv
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from monitor.errors import BadData, Unusable
from monitor.ports import ExportRequest, ExportResult
from monitor.store.csv_rows import Source, header, source
from monitor.store.csv_text import safe_cell
from monitor.store.reader import Reader
from monitor.store.tiers.reading import TierReader
from monitor.whole_file import whole_file

Progress = Callable[[int, int], None]


class _Stopped(Exception):
    """The export was cancelled, or the program closes: the draft goes away."""


class CsvExporter:
    """Implements Exporter. ``audit(kind, sentence)`` hears of every export, where there is one to write it."""

    def __init__(self, reader: Reader, tiers: TierReader, audit: Callable[[str, str], None] | None) -> None:
        self._reader = reader
        self._tiers = tiers
        self._audit = audit

    async def export(
        self, request: ExportRequest, progress: Progress, cancelled: Callable[[], bool]
    ) -> ExportResult | None:
        """As Exporter says; ``progress`` counts stored rows, and ``cancelled`` may be asked on another thread.

        Raises BadData for symbols never recorded and for files that are not CSV.
        """
        _check_csv(request.out)
        columns = header(request)
        loop, abandoned = asyncio.get_running_loop(), threading.Event()

        def told(done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress, done, total)

        def stopped() -> bool:
            return abandoned.is_set() or self._reader.closing or cancelled()

        troubles: list[str] = []
        tiers = self._tiers.telling(troubles.append)
        try:
            rows = await self._reader.ask(
                lambda c: _write(c, request, tiers, columns, told, stopped), limit_seconds=None
            )
        except _Stopped:
            return None
        except asyncio.CancelledError:
            abandoned.set()
            raise
        self._note(f"{rows} rows of {request.what} of {', '.join(request.symbols)} to {request.out}")
        return ExportResult(rows, request.out, tuple(dict.fromkeys(troubles)))

    async def export_table(self, header: Sequence[str], rows: Sequence[Sequence[str]], out: Path) -> ExportResult:
        """As Exporter says. Raises BadData for a file that is not CSV, Unusable when it cannot be written."""
        _check_csv(out)
        await self._reader.ask(lambda _: _write_table(out, header, rows), limit_seconds=None)
        self._note(f"{len(rows)} rows of a table to {out}")
        return ExportResult(len(rows), out)

    def _note(self, sentence: str) -> None:
        if self._audit is not None:
            self._audit("export", sentence)


def _check_csv(out: Path) -> None:
    if out.suffix.lower() != ".csv":
        raise BadData(f"{out.name} cannot be written: exports are CSV files today, so the name must end in .csv.")


def _write(
    connection: sqlite3.Connection,
    request: ExportRequest,
    tiers: TierReader,
    columns: Sequence[str],
    progress: Progress,
    stopped: Callable[[], bool],
) -> int:
    """Write the file and give the number of its lines."""
    sources = _sources(connection, request, tiers)
    total = sum(part.query.count(connection) for part in sources)
    done = lines = 0
    progress(0, total)
    with _new_file(request.out) as file:
        write = csv.writer(file, lineterminator="\n").writerows
        write([columns])
        for part in sources:
            for page in part.pages(connection):
                if stopped():
                    raise _Stopped
                write(page.lines)
                lines, done = lines + len(page.lines), done + page.stored
                # Rows recorded meanwhile may make it more than was counted.
                progress(done, max(total, done))
        if stopped():
            raise _Stopped
    if done < total:
        progress(done, done)  # files were counted whole
    return lines


def _sources(connection: sqlite3.Connection, request: ExportRequest, tiers: TierReader) -> list[Source]:
    numbers: dict[str, Any] = dict(connection.execute("SELECT symbol, id FROM instrument"))
    unknown = [symbol for symbol in request.symbols if symbol not in numbers]
    if unknown:
        raise BadData(f"Nothing has been recorded for {', '.join(unknown)}.")
    return [source(request, symbol, numbers[symbol], tiers) for symbol in sorted(set(request.symbols))]


def _write_table(out: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with _new_file(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([safe_cell(cell) for cell in header])
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """Text to write to; it takes the place of ``path`` once all went well. Raises Unusable when it cannot."""
    try:
        with whole_file(path) as handle, os.fdopen(handle, "w", encoding="utf-8", newline="", closefd=False) as file:
            yield file
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror or error}.", detail=repr(error)) from error

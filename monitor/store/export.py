"""Exports: what was recorded as CSV or Parquet, written in the reader's pool so that the loop never waits."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from monitor.errors import BadData, Unusable
from monitor.ports import SUFFIXES, ExportRequest, ExportResult, Layout, sidecar_of
from monitor.store.columns import Column, Kind, Page, names
from monitor.store.csv_text import CsvText, is_number
from monitor.store.export_notes import Written, notes
from monitor.store.export_queries import PackedMinutes
from monitor.store.export_rows import columns_of, sources
from monitor.store.minute_packs import WORTH_PACKING
from monitor.store.reader import Reader
from monitor.store.tiers.reading import TierReader
from monitor.whole_file import whole_file

Progress = Callable[[int, int], None]
Write = Callable[[Any], None]  # a Page, or Arrays where those were asked for
T = TypeVar("T")
#: Between two words of progress: a page takes but a few milliseconds.
_TELL_SECONDS = 0.05


class _Stopped(Exception):
    """The export was cancelled, or the program closes: the draft goes away."""


class StoredExporter:
    """Implements Exporter. ``audit(kind, sentence)`` hears of every export, where there is one to write it."""

    def __init__(
        self,
        reader: Reader,
        tiers: TierReader,
        audit: Callable[[str, str], None] | None,
        pack: Callable[[int], None] = lambda _: None,
    ) -> None:
        """``pack(number)`` is called on the loop for an instrument whose minutes should be packed."""
        self._reader = reader
        self._tiers = tiers
        self._audit = audit
        self._pack = pack

    async def export(
        self, request: ExportRequest, progress: Progress, cancelled: Callable[[], bool]
    ) -> ExportResult | None:
        """As Exporter says; ``progress`` counts stored rows, and ``cancelled`` may be asked on another thread.

        Raises BadData for symbols never recorded and for files that are neither CSV nor Parquet.
        """
        _check_suffix(request.out)
        columns, loop = columns_of(request), asyncio.get_running_loop()

        def told(done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress, done, total)

        written = await self._ask(lambda c, stopped: _write(c, request, self._tiers, columns, told, stopped), cancelled)
        if written is None:
            return None
        for number in written.to_pack:
            self._pack(number)
        of = f" of {', '.join(request.symbols)}" if request.symbols else ""
        self._note(f"{written.rows} rows of {request.what}{of} to {request.out}")
        return ExportResult(written.rows, request.out, tuple(written.troubles))

    async def export_table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], out: Path, layout: Layout
    ) -> ExportResult:
        """As Exporter says. Raises BadData and Unusable as ``export``."""
        _check_suffix(out)
        await self._reader.ask(lambda _: _write_table(out, header, rows, layout), limit_seconds=None)
        self._note(f"{len(rows)} rows of a table to {out}")
        return ExportResult(len(rows), out)

    def table_text(self, header: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout) -> str:
        """As Exporter says."""
        text = CsvText((), layout, separator="\t")
        return text.line(header) + "".join(text.shown(row) for row in rows)

    async def text(self, request: ExportRequest, most: int, cancelled: Callable[[], bool]) -> tuple[str, int] | None:
        """As Exporter says."""
        columns = columns_of(request)
        return await self._ask(lambda c, stopped: _text(c, request, self._tiers, columns, most, stopped), cancelled)

    async def _ask(
        self,
        question: Callable[[sqlite3.Connection, Callable[[], bool]], T],
        cancelled: Callable[[], bool],
    ) -> T | None:
        """The answer of ``question``, which asks whether it is to stop; None when it was."""
        abandoned = threading.Event()

        def stopped() -> bool:
            return abandoned.is_set() or self._reader.closing or cancelled()

        try:
            return await self._reader.ask(lambda connection: question(connection, stopped), limit_seconds=None)
        except _Stopped:
            return None
        except asyncio.CancelledError:
            abandoned.set()
            raise

    def _note(self, sentence: str) -> None:
        if self._audit is not None:
            self._audit("export", sentence)


def _check_suffix(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise BadData(
            f"{out.name} cannot be written: exports are CSV or Parquet, so the name must end in .csv or .parquet."
        )


def _write(
    connection: sqlite3.Connection,
    request: ExportRequest,
    tiers: TierReader,
    columns: Sequence[Column],
    progress: Progress,
    stopped: Callable[[], bool],
) -> Written:
    """Write the file, and the one beside it that tells of it."""
    written, done, tell_at = Written(), 0, 0.0
    arrays = request.out.suffix.lower() == ".parquet"
    parts = sources(connection, request, tiers.telling(written.take_trouble), arrays=arrays)
    total = sum(part.query.count(connection) for part in parts)
    progress(0, total)
    with _new_file(request.out) as file:
        with _pages_to(file, request.out, columns, request.layout) as write:
            for part in parts:
                for page in part.pages(connection):
                    if stopped():
                        raise _Stopped
                    write(page)
                    written.rows, done = written.rows + page.size, done + page.stored
                    if time.monotonic() >= tell_at:
                        # Rows recorded meanwhile may make it more than was counted.
                        progress(done, max(total, done))
                        tell_at = time.monotonic() + _TELL_SECONDS
                written.bars += part.kept
                written.parts += part.parts
                if isinstance(part.query, PackedMinutes) and part.query.by_row >= WORTH_PACKING:
                    written.to_pack.append(part.query.query.number)
        if stopped():
            raise _Stopped
    if request.sidecar:
        with _new_file(sidecar_of(request.out)) as file:
            file.write(notes(connection, request, written))
    progress(done, done)
    return written


def _text(
    connection: sqlite3.Connection,
    request: ExportRequest,
    tiers: TierReader,
    columns: Sequence[Column],
    most: int,
    stopped: Callable[[], bool],
) -> tuple[str, int]:
    text = CsvText(columns, request.layout, separator="\t")
    parts, rows = [text.line(names(columns))], 0
    for page in _pages(connection, request, tiers):
        if stopped():
            raise _Stopped
        rows += page.size
        if rows > most:
            raise BadData(f"There are more than {most:,} rows, too many for the clipboard: write them to a file.")
        parts.append(text.lines(page))
    return "".join(parts), rows


def _pages(connection: sqlite3.Connection, request: ExportRequest, tiers: TierReader) -> Iterator[Any]:
    for part in sources(connection, request, tiers):
        yield from part.pages(connection)


@contextmanager
def _pages_to(file: BinaryIO, out: Path, columns: Sequence[Column], layout: Layout) -> Iterator[Write]:
    """What takes pages and writes them to ``file``, in the format that the name of ``out`` tells."""
    if out.suffix.lower() == ".parquet":
        from monitor.store.parquet_file import parquet_pages  # here, for it takes long to load

        with parquet_pages(file, columns, layout) as write:
            yield write
        return
    text = CsvText(columns, layout)
    file.write(text.line(names(columns)).encode())
    yield lambda page: _put(file, text.lines(page))


def _put(file: BinaryIO, lines: str) -> None:
    file.write(lines.encode())


def _write_table(out: Path, header: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout) -> None:
    columns = [Column(name, _kind(cells)) for name, *cells in zip(header, *rows, strict=True)]
    with _new_file(out) as file:
        if out.suffix.lower() == ".csv":
            text = CsvText(columns, layout)
            file.write(text.line(header).encode())
            _put(file, "".join(text.shown(row) for row in rows))
            return
        numbers = [column.kind is Kind.NUMBER for column in columns]
        values = [
            tuple(_number(cell) if number else cell for cell, number in zip(row, numbers, strict=True)) for row in rows
        ]
        with _pages_to(file, out, columns, layout) as write:
            write(Page((), values, len(values)))


def _kind(cells: Sequence[str]) -> Kind:
    """Number, where every cell with something in it is one that is written out."""
    told = [cell for cell in cells if cell]
    return Kind.NUMBER if told and all(is_number(cell) and cell[-1] not in "KMB%" for cell in told) else Kind.TEXT


def _number(cell: str) -> float | None:
    return float(cell.replace(",", "")) if cell else None


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to; it takes the place of ``path`` once all went well. Raises Unusable when it cannot."""
    try:
        with whole_file(path) as handle, os.fdopen(handle, "wb", closefd=False) as file:
            yield file
    except FileNotFoundError as error:
        sentence = f"{path} cannot be written: there is no folder {path.parent}."
        raise Unusable(sentence, detail=repr(error)) from error
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror or error}.", detail=repr(error)) from error

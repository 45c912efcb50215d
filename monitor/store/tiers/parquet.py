"""One file of a day: written, read back, and read for what is asked."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from monitor.store.tiers.columns import Column, Plain, column
from monitor.store.tiers.tables import ROWS_A_PAGE, Row, Streamed

_ROWS_A_GROUP = 16_384
_BYTES_A_GROUP = 32 * 1024 * 1024
_LEVEL = 6

#: What reading a file that is missing or damaged raises.
FAILURES = (OSError, ValueError, KeyError, pa.ArrowException)


@dataclass(slots=True)
class Written:
    """What went into a file: how many rows of whom, from when to when, and a digest of each page of them."""

    rows: int = 0
    first_us: int = 0
    last_us: int = 0
    symbols: dict[str, int] = field(default_factory=dict)
    digests: list[tuple[int, bytes]] = field(default_factory=list)


class DayWriter:
    """Writes pages of rows, in the order they come, into one file."""

    def __init__(self, sink: BinaryIO, table: Streamed, declared: Sequence[tuple[str, str]]) -> None:
        self._columns = _columns(declared)
        self._names = [name for name, _ in declared]
        self._at = self._names.index("received_us")
        self._owner = Plain("symbol", pa.string()) if table.of_instruments else None
        shown: list[Column] = [*([self._owner] if self._owner else []), *self._columns]
        encodings = {name: how for each in shown for name, how in each.encodings.items()}
        # Values first, and how they were sent behind all of them.
        fields = sorted((f for each in shown for f in each.fields), key=lambda f: f.name.endswith(("_as", "_blob")))
        self._schema = pa.schema(fields, metadata={"table": table.name})
        self._writer = pq.ParquetWriter(
            sink,
            self._schema,
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=[f.name for f in fields if f.name not in encodings],
            column_encoding=encodings,
            write_page_checksum=True,
        )
        self._waiting: list[pa.RecordBatch] = []
        self._size = self._count = 0
        self.written = Written()

    def add(self, owner: str, rows: list[Row]) -> None:
        """Take the next rows, all of ``owner``. Raises OSError."""
        values = dict(zip(self._names, zip(*rows, strict=True), strict=True))
        arrays: dict[str, pa.Array] = {}
        for each in self._columns:
            encoded = each.encode(values[each.name])
            arrays |= {f.name: array for f, array in zip(each.fields, encoded, strict=True)}
        if self._owner:
            arrays["symbol"] = pa.array([owner] * len(rows), pa.string())
        batch = pa.record_batch([arrays[f.name] for f in self._schema], schema=self._schema)
        self._note(owner, rows, [row[self._at] for row in rows])
        self._waiting.append(batch)
        self._count += len(rows)
        self._size += batch.nbytes
        if self._count >= _ROWS_A_GROUP or self._size >= _BYTES_A_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what waits and the file's end. Raises OSError."""
        self._flush()
        self._writer.close()

    def _note(self, owner: str, rows: list[Row], stamps: list[int]) -> None:
        w = self.written
        w.first_us = min(stamps) if not w.rows else min(w.first_us, *stamps)
        w.last_us = max(w.last_us, *stamps)
        w.rows += len(rows)
        w.symbols[owner] = w.symbols.get(owner, 0) + len(rows)
        w.digests.append((len(rows), digest([self._plain(row) for row in rows])))

    def _plain(self, row: Row) -> Row:
        return tuple([each.plain(value) for each, value in zip(self._columns, row, strict=True)])

    def _flush(self) -> None:
        if self._waiting:
            table = pa.Table.from_batches(self._waiting, self._schema)
            self._writer.write_table(table, row_group_size=self._count)
            self._waiting, self._size, self._count = [], 0, 0


def digest(rows: list[Row]) -> bytes:
    """What tells rows apart that differ in a digit, in a type, or in a bit of a float."""
    return hashlib.blake2b(msgspec.msgpack.encode(rows), digest_size=16).digest()


def holds(
    source: Any, declared: Sequence[tuple[str, str]], written: Written, rest: Callable[[float], None] = lambda _: None
) -> bool:
    """Whether the file gives back every row that went into it, in order. Raises what ``rows_of`` raises.

    ``rest(seconds)`` is called with what each page took.
    """
    names = [name for name, _ in declared]
    rows = (row for page in rows_of(source, declared, names) for row in page)
    began = time.monotonic()
    for count, expected in written.digests:
        if digest(list(islice(rows, count))) != expected:
            return False
        rest(time.monotonic() - began)
        began = time.monotonic()
    return next(rows, None) is None


def rows_of(
    source: Any,
    declared: Sequence[tuple[str, str]],
    names: Sequence[str],
    only: tuple[str, str] | None = None,
    start_us: int | None = None,
    end_us: int | None = None,
) -> Iterator[list[Row]]:
    """The columns ``names`` of the file's rows, page by page; ``only`` those with that text in that column.

    A column that the file does not have, being older, is None throughout. Raises FAILURES for what is missing
    or damaged.
    """
    columns = [each for name in names for each in _columns(declared) if each.name == name]
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        there = set(file.schema_arrow.names)
        wanted = [f.name for each in columns for f in each.fields if f.name in there]
        also = [name for name in ("received_us", only[0] if only else None) if name and name not in wanted]
        for group in range(file.num_row_groups):
            if not _may_hold(file, group, only, start_us, end_us):
                continue
            for batch in file.iter_batches(ROWS_A_PAGE, [group], [*wanted, *also], use_threads=False):
                found = _filtered(batch, only, start_us, end_us)
                if found.num_rows:
                    yield list(zip(*[_decoded(each, found, there) for each in columns], strict=True))


def table_of(source: Any) -> str:
    """The table whose rows the file says it holds; empty where it says nothing. Raises FAILURES."""
    with pq.ParquetFile(source) as file:
        return str((file.schema_arrow.metadata or {}).get(b"table", b"").decode(errors="replace"))


def plain_rows(declared: Sequence[tuple[str, str]]) -> Callable[[Iterable[Row]], list[Row]]:
    """What makes of a table's rows the same values that ``rows_of`` gives."""
    columns = _columns(declared)
    return lambda rows: [tuple([each.plain(value) for each, value in zip(columns, row, strict=True)]) for row in rows]


def _decoded(each: Column, batch: pa.RecordBatch, there: set[str]) -> list[Any]:
    if not all(f.name in there for f in each.fields):
        return [None] * batch.num_rows
    return each.decode([batch.column(f.name) for f in each.fields])


def _filtered(
    batch: pa.RecordBatch, only: tuple[str, str] | None, start_us: int | None, end_us: int | None
) -> pa.RecordBatch:
    masks = []
    if only:
        masks.append(pc.equal(batch.column(only[0]), only[1]))
    if start_us is not None:
        masks.append(pc.greater_equal(batch.column("received_us"), start_us))
    if end_us is not None:
        masks.append(pc.less(batch.column("received_us"), end_us))
    for mask in masks[1:]:
        masks[0] = pc.and_(masks[0], mask)
    return batch.filter(masks[0]) if masks else batch


def _may_hold(
    file: pq.ParquetFile, group: int, only: tuple[str, str] | None, start_us: int | None, end_us: int | None
) -> bool:
    """By what the file says of the group's smallest and largest values."""
    ends: dict[str, tuple[Any, Any]] = {}
    metadata = file.metadata.row_group(group)
    for n in range(metadata.num_columns):
        part = metadata.column(n)
        if part.is_stats_set and part.statistics.has_min_max:
            ends[part.path_in_schema] = part.statistics.min, part.statistics.max
    if only and only[0] in ends and not ends[only[0]][0] <= only[1] <= ends[only[0]][1]:
        return False
    if "received_us" not in ends:
        return True
    first, last = ends["received_us"]
    return (start_us is None or last >= start_us) and (end_us is None or first < end_us)


def _columns(declared: Iterable[tuple[str, str]]) -> list[Column]:
    return [column(name, kind) for name, kind in declared]

"""Columns as a Parquet file: typed, compressed, and written in groups of rows, so that memory stays flat."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from os import environ
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from monitor.ports import Layout, Zone
from monitor.store.columns import Arrays, Coded, Column, Kind, Page

_ROWS_A_GROUP = 65_536
_TIMES = {Kind.TIME, Kind.RECEIVED}

Write = Callable[[Page | Arrays], None]


@contextmanager
def parquet_pages(file: BinaryIO, columns: Sequence[Column], layout: Layout) -> Iterator[Write]:
    """What takes pages and writes them to ``file``; the end is written on leaving."""
    schema = pa.schema([pa.field(column.name, _type(column.kind, layout.zone)) for column in columns])
    times = [column.name for column in columns if column.kind in _TIMES]
    others = [column.name for column in columns if column.kind not in _TIMES]
    encodings = dict.fromkeys(times, "DELTA_BINARY_PACKED")
    with pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=others, column_encoding=encodings) as writer:
        groups = _Groups(writer, schema)
        yield groups.take
        groups.write()


class _Groups:
    """Gathers pages until there are rows enough for a group."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema
        self._tables: list[pa.Table] = []
        self._rows = 0

    def take(self, page: Page | Arrays) -> None:
        if not page.size:
            return
        self._rows += page.size
        schema = self._schema
        self._tables.append(_of_arrays(page, schema) if isinstance(page, Arrays) else _of_rows(page, schema))
        if self._rows >= _ROWS_A_GROUP:
            self.write()

    def write(self) -> None:
        """Write what is gathered, as a group."""
        if self._tables:
            self._writer.write_table(pa.concat_tables(self._tables))
        self._tables, self._rows = [], 0


def _type(kind: Kind, zone: Zone) -> pa.DataType:
    if kind in _TIMES:
        return pa.timestamp("us" if kind is Kind.RECEIVED else "ms", tz=_zone_name(zone))
    return {Kind.TEXT: pa.string(), Kind.NUMBER: pa.float64(), Kind.COUNT: pa.int64()}[kind]


def _of_rows(page: Page, schema: pa.Schema) -> pa.Table:
    head = [pa.repeat(pa.scalar(text), page.size) for text in page.head]
    fields = list(schema)[len(head) :]
    values = [_array(each, field.type) for each, field in zip(zip(*page.rows, strict=True), fields, strict=True)]
    return pa.Table.from_arrays([*head, *values], schema=schema)


def _of_arrays(page: Arrays, schema: pa.Schema) -> pa.Table:
    found = [pa.repeat(pa.scalar(text), page.size) for text in page.head]
    for column in page.columns:
        if isinstance(column, Coded):
            texts = pa.array(column.texts, pa.string())
            found.append(pa.DictionaryArray.from_arrays(pa.array(column.codes), texts).cast(pa.string()))
        else:
            found.append(_figures(np.ascontiguousarray(column)))
    fitting = [
        each if each.type == field.type else each.cast(field.type) for each, field in zip(found, schema, strict=True)
    ]
    return pa.Table.from_arrays(fitting, schema=schema)


def _figures(values: npt.NDArray[Any]) -> pa.Array:
    none = np.isinf(values) if values.dtype == np.float64 else None
    return pa.array(values, mask=none if none is not None and none.any() else None)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except pa.ArrowInvalid:  # an integer that no float holds exactly
        return pa.array([None if value is None else float(value) for value in values], kind)


def _zone_name(zone: Zone) -> str:
    return {Zone.NEW_YORK: "America/New_York", Zone.UTC: "UTC"}.get(zone) or _local_name()


def _local_name() -> str:
    """The name of this machine's zone where it tells one, else its offset of today."""
    for name in (
        environ.get("TZ", "").removeprefix(":"),
        str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2],
    ):
        try:
            return ZoneInfo(name).key
        except (ValueError, OSError, KeyError):  # none, or none of the zones that are known
            continue
    return f"{datetime.now().astimezone():%z}"[:3] + ":" + f"{datetime.now().astimezone():%z}"[3:5]

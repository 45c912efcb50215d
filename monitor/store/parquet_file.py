"""Columns as a Parquet file: typed, compressed, and written in groups of rows, so that memory stays flat."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import repeat
from operator import itemgetter
from os import environ
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from monitor.ports import Layout, Zone
from monitor.store.columns import Arrays, Coded, Column, Kind, Page

_ROWS_A_GROUP = 65_536

Write = Callable[[Page | Arrays], None]


@contextmanager
def parquet_pages(file: BinaryIO, columns: Sequence[Column], layout: Layout) -> Iterator[Write]:
    """What takes pages and writes them to ``file``; the end is written on leaving."""
    schema = pa.schema([pa.field(column.name, _type(column.kind, layout.zone)) for column in columns])
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        groups = _Groups(writer, schema)
        yield groups.take
        groups.write()


class _Groups:
    """Gathers pages until there are rows enough for a group."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema
        self._columns: list[list[Any]] = [[] for _ in schema]
        self._tables: list[pa.Table] = []
        self._rows = 0

    def take(self, page: Page | Arrays) -> None:
        """Pages and arrays never come in one file."""
        self._rows += page.size
        if isinstance(page, Arrays):
            self._tables.append(_table(page, self._schema))
        else:
            for place, values in enumerate(self._columns):
                if place < len(page.head):
                    values.extend(repeat(page.head[place], len(page.rows)))
                else:
                    values.extend(map(itemgetter(place - len(page.head)), page.rows))
        if self._rows >= _ROWS_A_GROUP:
            self.write()

    def write(self) -> None:
        """Write what is gathered, as a group."""
        if self._columns[0]:
            arrays = [_array(values, field.type) for values, field in zip(self._columns, self._schema, strict=True)]
            self._tables.append(pa.Table.from_arrays(arrays, schema=self._schema))
        if self._tables:
            self._writer.write_table(pa.concat_tables(self._tables))
        for gathered in (*self._columns, self._tables):
            gathered.clear()
        self._rows = 0


def _type(kind: Kind, zone: Zone) -> pa.DataType:
    if kind in {Kind.TIME, Kind.RECEIVED}:
        return pa.timestamp("us" if kind is Kind.RECEIVED else "ms", tz=_zone_name(zone))
    return {Kind.TEXT: pa.string(), Kind.NUMBER: pa.float64(), Kind.COUNT: pa.int64()}[kind]


def _table(page: Arrays, schema: pa.Schema) -> pa.Table:
    found = [pa.repeat(pa.scalar(text), page.size) for text in page.head]
    for column in page.columns:
        if isinstance(column, Coded):
            texts = pa.array(column.texts, pa.string())
            found.append(pa.DictionaryArray.from_arrays(pa.array(column.codes), texts).cast(pa.string()))
        else:
            found.append(pa.array(np.ascontiguousarray(column)))
    return pa.Table.from_arrays(
        [each.cast(field.type) for each, field in zip(found, schema, strict=True)], schema=schema
    )


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

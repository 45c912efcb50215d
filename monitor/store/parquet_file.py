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

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.ports import Layout, Zone
from monitor.store.columns import Column, Kind, Page

_ROWS_A_GROUP = 65_536

Write = Callable[[Page], None]


@contextmanager
def parquet_pages(file: BinaryIO, columns: Sequence[Column], layout: Layout) -> Iterator[Write]:
    """What takes pages and writes them to ``file``; the end is written on leaving."""
    schema = pa.schema([pa.field(column.name, _type(column.kind, layout.zone)) for column in columns])
    waiting: list[list[Any]] = [[] for _ in columns]
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:

        def write_group() -> None:
            arrays = [_array(values, field.type) for values, field in zip(waiting, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            for values in waiting:
                values.clear()

        def write(page: Page) -> None:
            for place, values in enumerate(waiting):
                if place < len(page.head):
                    values.extend(repeat(page.head[place], len(page.rows)))
                else:
                    values.extend(map(itemgetter(place - len(page.head)), page.rows))
            if len(waiting[0]) >= _ROWS_A_GROUP:
                write_group()

        yield write
        if waiting[0]:
            write_group()


def _type(kind: Kind, zone: Zone) -> pa.DataType:
    if kind in {Kind.TIME, Kind.RECEIVED}:
        return pa.timestamp("us" if kind is Kind.RECEIVED else "ms", tz=_zone_name(zone))
    return {Kind.TEXT: pa.string(), Kind.NUMBER: pa.float64(), Kind.COUNT: pa.int64()}[kind]


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

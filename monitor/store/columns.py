"""The columns of an export, each a name and a kind of values, and the pages of rows that fill them."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What the values of a column are; any but texts and times of receipt may be None."""

    TEXT = "text"
    TIME = "time"  # ms UTC
    RECEIVED = "received"  # µs UTC
    NUMBER = "number"  # as Schwab sent it, whole or not
    COUNT = "count"  # whole


class Column(NamedTuple):
    name: str
    kind: Kind


Row = tuple[Any, ...]


class Page(NamedTuple):
    """Rows for the file: the texts of ``head`` stand before each of them. ``stored`` rows they were made from."""

    head: tuple[str, ...]
    rows: Sequence[Row]
    stored: int


def columns(described: str) -> tuple[Column, ...]:
    """From ``symbol start:time open:number``: names with their kinds, which are text where none is told."""
    pairs = (word.partition(":") for word in described.split())
    return tuple(Column(name, Kind(kind or "text")) for name, _, kind in pairs)


def names(found: Iterable[Column]) -> list[str]:
    return [column.name for column in found]

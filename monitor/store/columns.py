"""The columns of an export, each a name and a kind of values, and the pages of rows that fill them."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


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

    @property
    def size(self) -> int:
        return len(self.rows)


class Coded(NamedTuple):
    """A column of few texts: for each row the place of its text among them."""

    codes: npt.NDArray[np.uint8]
    texts: Sequence[str]


class Arrays(NamedTuple):
    """As a page, but column by column; times are ms UTC or numpy's own, and an infinite figure is none."""

    head: tuple[str, ...]
    columns: Sequence[npt.NDArray[Any] | Coded]
    stored: int

    @property
    def size(self) -> int:
        return self.stored


def columns(described: str) -> tuple[Column, ...]:
    """From ``symbol start:time open:number``: names with their kinds, which are text where none is told."""
    pairs = (word.partition(":") for word in described.split())
    return tuple(Column(name, Kind(kind or "text")) for name, _, kind in pairs)


def names(found: Iterable[Column]) -> list[str]:
    return [column.name for column in found]

"""Rows of a query as arrays: each value goes from SQLite into its column, and no row is kept."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.market.trade import Side
from monitor.store.columns import Arrays, Coded, Column, Kind

ROWS_AT_ONCE = 65_536
#: What stands for NULL: no time is so early (numpy takes it for none at all), and no figure infinite.
_NO_TIME, _NO_NUMBER = "(-9223372036854775807 - 1)", "9e999"
_SIDES = tuple(side.value for side in Side)


def selected(columns: Sequence[Column]) -> str:
    """The SQL by which the columns are read, all but the time of receipt. The only texts are sides."""
    return ", ".join(map(_shown_as, _behind_receipt(columns)))


def _behind_receipt(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.kind is not Kind.RECEIVED]


def _shown_as(column: Column) -> str:
    if column.kind is Kind.TEXT:
        cases = " ".join(f"WHEN '{side}' THEN {place}" for place, side in enumerate(_SIDES))
        return f"CASE {column.name} {cases} END"
    none = _NO_NUMBER if column.kind is Kind.NUMBER else _NO_TIME
    return f"ifnull({column.name}, {none})"


def from_cursor(rows: sqlite3.Cursor, columns: Sequence[Column]) -> npt.NDArray[Any]:
    """The rest of the rows, their time of receipt first and then what ``selected`` names."""
    kinds = {Kind.TEXT: np.uint8, Kind.NUMBER: np.float64}
    fields = [(column.name, kinds.get(column.kind, np.int64)) for column in _behind_receipt(columns)]
    return np.fromiter(rows, np.dtype([("received_us", np.int64), *fields]))


def arrays(symbol: str, rows: npt.NDArray[Any], columns: Sequence[Column]) -> Arrays:
    """The columns of the file behind the symbol's."""
    return Arrays((symbol,), list(_columns(rows, columns)), len(rows))


def _columns(rows: npt.NDArray[Any], columns: Sequence[Column]) -> Iterator[npt.NDArray[Any] | Coded]:
    for name, kind in columns:
        values = np.ascontiguousarray(rows["received_us" if kind is Kind.RECEIVED else name])
        if kind is Kind.TEXT:
            yield Coded(values, _SIDES)
        elif kind is Kind.NUMBER:
            yield values
        else:
            yield values.view("M8[us]" if kind is Kind.RECEIVED else "M8[ms]")

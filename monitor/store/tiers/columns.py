"""How SQLite's values stand in Parquet's columns, and how they come back exactly as they were.

A column that may hold anything (``ANY``) becomes a column of doubles, which any program can read and compute with, and
a second one, ``…_as``, that says how the value was sent where the double alone does not: ``int``, ``int:`` with digits
that a double cannot hold, ``text:`` or ``blob:``. Packed books become the JSON they hold, which compresses many times
better among its neighbours, and which other programs can read.
"""

import zlib
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from monitor.store.book_levels import as_json

_EXACT = 2**53


class Column(Protocol):
    """One column of a table as one or two of a file."""

    name: str
    fields: list[pa.Field]
    #: Which of the fields are better without a dictionary, and how they are then encoded.
    encodings: dict[str, str]

    def encode(self, values: Sequence[Any]) -> list[pa.Array]: ...

    def decode(self, arrays: Sequence[pa.Array]) -> list[Any]: ...

    def plain(self, value: Any) -> Any:
        """The value as ``decode`` gives it."""


class Plain:
    """Integers and texts: the same on both sides."""

    def __init__(self, name: str, kind: pa.DataType, encoding: str = "") -> None:
        self.name = name
        self.fields = [pa.field(name, kind)]
        self.encodings = {name: encoding} if encoding else {}

    def encode(self, values: Sequence[Any]) -> list[pa.Array]:
        return [pa.array(values, self.fields[0].type)]

    def decode(self, arrays: Sequence[pa.Array]) -> list[Any]:
        return list(arrays[0].to_pylist())

    def plain(self, value: Any) -> Any:
        return value


class Anything:
    """Numbers as sent, with the digits of integers and floats told apart; texts and blobs where somebody put them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.encodings: dict[str, str] = {}
        self.fields = [pa.field(name, pa.float64()), pa.field(f"{name}_as", pa.string())]

    def encode(self, values: Sequence[Any]) -> list[pa.Array]:
        try:
            # Refuses integers that no double holds exactly.
            numbers = pa.array(values, pa.float64())
            kinds = [_KINDS[type(value)] for value in values]
        except (pa.ArrowException, KeyError):
            pairs = [_pair(value) for value in values]
            numbers = pa.array([number for number, _ in pairs], pa.float64())
            kinds = [kind for _, kind in pairs]
        return [numbers, pa.array(kinds, pa.string())]

    def decode(self, arrays: Sequence[pa.Array]) -> list[Any]:
        numbers, kinds = arrays
        if kinds.null_count == len(kinds):
            return list(numbers.to_pylist())
        if pc.all(pc.equal(kinds, "int"), min_count=0).as_py() and numbers.null_count == kinds.null_count:
            whole = numbers.cast(pa.int64())
            if pc.all(pc.equal(pc.is_null(kinds), pc.is_null(numbers)), min_count=0).as_py():
                return list(whole.to_pylist())
        return [
            number if kind is None else int(number) if kind == "int" else _odd(kind)
            for number, kind in zip(numbers.to_pylist(), kinds.to_pylist(), strict=True)
        ]

    def plain(self, value: Any) -> Any:
        return value


_KINDS: dict[type, str | None] = {float: None, type(None): None, int: "int"}


def _pair(value: Any) -> tuple[float | None, str | None]:
    if isinstance(value, int):
        return float(value), "int" if -_EXACT <= value <= _EXACT else f"int:{value}"
    if isinstance(value, str):
        return None, f"text:{value}"
    if isinstance(value, bytes):
        return None, f"blob:{value.hex()}"
    return value, None


def _odd(kind: str) -> int | str | bytes:
    what, _, text = kind.partition(":")
    if what == "text":
        return text
    return bytes.fromhex(text) if what == "blob" else int(text)


class Packed:
    """Blobs; those that are packed levels as their JSON, the others, in ``…_blob``, as they are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields = [pa.field(name, pa.string()), pa.field(f"{name}_blob", pa.binary())]
        self.encodings = {name: "PLAIN"}

    def encode(self, values: Sequence[Any]) -> list[pa.Array]:
        plain = [self.plain(value) for value in values]
        return [
            pa.array([value if isinstance(value, str) else None for value in plain], pa.string()),
            pa.array([value if isinstance(value, bytes) else None for value in plain], pa.binary()),
        ]

    def decode(self, arrays: Sequence[pa.Array]) -> list[Any]:
        texts, blobs = (array.to_pylist() for array in arrays)
        return [blob if text is None else text for text, blob in zip(texts, blobs, strict=True)]

    def plain(self, value: Any) -> Any:
        """The JSON of packed levels, or the blob itself where it is anything else."""
        try:
            return as_json(value)
        except (zlib.error, ValueError, TypeError):
            return value


def column(name: str, declared: str) -> Column:
    """The column for one that is declared so in a STRICT table."""
    if declared == "INTEGER":
        return Plain(name, pa.int64(), "DELTA_BINARY_PACKED")
    if declared == "TEXT":
        return Plain(name, pa.string(), "PLAIN" if name in {"details", "rows"} else "")
    return Packed(name) if declared == "BLOB" else Anything(name)

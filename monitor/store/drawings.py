"""The person's drawings: edits go through the writer and are on disk when they return."""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from monitor.market.drawing import Anchor, Dash, Drawing, DrawingKind, Style
from monitor.store.reader import Reader
from monitor.store.writer import Writer

_log = logging.getLogger(__name__)

_COLUMNS = "id, kind, anchors, colour, width, dash, place, text, locked, hidden"
_encode, _decode = msgspec.json.encode, msgspec.json.Decoder(tuple[Anchor, ...]).decode


class StoredDrawings:
    """Implements Drawings."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def of(self, symbol: str) -> list[Drawing]:
        return await self._reader.ask(lambda connection: _drawings_of(connection, symbol))

    async def keep(self, symbol: str, put: Sequence[Drawing], removed: Sequence[str] = ()) -> None:
        await self._writer.perform(KeepDrawings(symbol, tuple(put), tuple(removed)))


@dataclass(frozen=True, slots=True)
class KeepDrawings:
    """New or changed drawings of a symbol, and those that are no more."""

    symbol: str
    put: Sequence[Drawing]
    removed: Sequence[str]

    def run(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "DELETE FROM drawing WHERE symbol = ? AND id = ?", [(self.symbol, each) for each in self.removed]
        )
        connection.executemany(
            f"INSERT OR REPLACE INTO drawing (symbol, {_COLUMNS}) VALUES ({', '.join('?' * 11)})",
            [(self.symbol, *_row(each)) for each in self.put],
        )


def _row(drawing: Drawing) -> tuple[object, ...]:
    style = drawing.style
    return (
        drawing.id,
        drawing.kind.value,
        _encode(drawing.anchors).decode(),
        style.colour,
        style.width,
        style.dash.value,
        drawing.place,
        drawing.text,
        drawing.locked,
        drawing.hidden,
    )


def _drawings_of(connection: sqlite3.Connection, symbol: str) -> list[Drawing]:
    """Rows that are no drawings, such as those of a kind this version does not know, stay where they are."""
    found = []
    rows = connection.execute(f"SELECT {_COLUMNS} FROM drawing WHERE symbol = ? ORDER BY place, id", (symbol,))
    for row in rows.fetchall():
        try:
            found.append(_drawing(*row))
        except (ValueError, msgspec.DecodeError) as error:
            _log.warning("the drawing %s of %s cannot be shown: %s", row[0], symbol, error)
    return found


def _drawing(
    number: str,
    kind: str,
    anchors: str,
    colour: str,
    width: int,
    dash: str,
    place: int,
    text: str,
    locked: int,
    hidden: int,
) -> Drawing:
    """Raises ValueError and msgspec.DecodeError."""
    read = Drawing(
        number,
        DrawingKind(kind),
        _decode(anchors),
        Style(colour, width, Dash(dash)),
        place,
        text,
        bool(locked),
        bool(hidden),
    )
    if len(read.anchors) != read.kind.anchors:
        raise ValueError(f"{len(read.anchors)} anchors are not those of a {kind}")
    return read

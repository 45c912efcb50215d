"""A book's levels as one blob: compressed JSON, so that any program can read it and every digit is kept.

``[[bids], [asks]]``, a level being ``[price, size, count, [[maker, size, ms since midnight New York], …]]``.
"""

import zlib
from typing import Any

import msgspec

from monitor.market.book import Book, Level, Maker


def pack(book: Book) -> bytes:
    """The levels of ``book``, about an eighth of the streamer's JSON."""
    return zlib.compress(msgspec.json.encode([_plain(book.bids), _plain(book.asks)]), 6)


def unpack(symbol: str, time: int, levels: bytes | str) -> Book:
    """The book that was packed, or whose JSON this is. Raises zlib.error or msgspec.DecodeError for what is damaged."""
    bids, asks = msgspec.json.decode(levels if isinstance(levels, str) else zlib.decompress(levels))
    return Book(symbol, time, _levels(bids), _levels(asks))


def _plain(levels: tuple[Level, ...]) -> list[Any]:
    return [[n.price, n.size, n.count, [[m.id, m.size, m.time] for m in n.makers]] for n in levels]


def _levels(rows: list[Any]) -> tuple[Level, ...]:
    return tuple(
        Level(price, size, count, tuple(Maker(*maker) for maker in makers)) for price, size, count, makers in rows
    )

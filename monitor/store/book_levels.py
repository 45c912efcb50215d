"""A book's levels as one blob, small and exact: columns of whole numbers, or JSON for a book that is not made of such.

docs/storage.md describes both for those who read the database with programs of their own; the first byte tells which
it is. What is written once stays readable: another form gets another first byte.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice, pairwise
from math import gcd
from operator import sub
from typing import Any, Final

import msgspec

from monitor.market.book import Book, Level, Maker
from monitor.market.quote import Number

#: First bytes: columns, and the same deflated. JSON is compressed and begins as zlib does, with 0x78.
_COLUMNS, _DEFLATED = b"\x01", b"\x02"
#: Makers that are told by their number; others are named in the blob and numbered after these. Books hold the numbers:
#: this never changes.
_KNOWN: Final = (
    *("NSDQ", "ARCX", "BATX", "BATY", "EDGX", "EDGA", "IEXG", "MEMX", "NYSE", "AMEX", "BOSX", "PHLX", "CINN", "MIAX"),
    *("MWSE", "PACX", "BATS", "CBOE", "C2OX", "ISEX", "GMNI", "MERC", "XBXO", "EMLD", "MCRY", "MPRL"),
    *("nsdq", "arcx", "batx", "baty", "edgx", "edga", "iexg", "memx", "nyse", "amex", "bosx", "phlx", "cinn", "miax"),
    *("mwse", "G", "S"),
)
_NUMBERS: Final = {name: number for number, name in enumerate(_KNOWN)}
# What the first number says of the others: columns that are there, and how prices stand.
_MAKERS, _SIZES, _COUNTS, _ALL_FLOATS, _FINE = 1, 2, 4, 8, 16
#: A price is so many parts of a dollar: cents, or where one is finer, hundredths of them.
_CENTS, _HUNDREDTHS = 100, 10_000


def pack(book: Book) -> bytes:
    """The levels of ``book``, between a twentieth and a sixth of the streamer's JSON."""
    try:
        numbers = _numbers(book)
    except (TypeError, ValueError, OverflowError):
        return zlib.compress(msgspec.json.encode([_plain(book.bids), _plain(book.asks)]), 6)
    deflated = zlib.compress(numbers, 9, -zlib.MAX_WBITS)
    form, body = (_COLUMNS, numbers) if len(numbers) <= len(deflated) else (_DEFLATED, deflated)
    return form + _checksum(numbers) + body


def unpack(symbol: str, time: int, levels: bytes | str) -> Book:
    """The book that was packed, or whose JSON this is. Raises zlib.error or ValueError for what is damaged."""
    if isinstance(levels, bytes) and levels[:1] in {_COLUMNS, _DEFLATED}:
        return Book(symbol, time, *_sides(levels))
    bids, asks = msgspec.json.decode(levels if isinstance(levels, str) else zlib.decompress(levels))
    return Book(symbol, time, _levels(bids), _levels(asks))


def as_json(levels: bytes) -> str:
    """What was packed as ``[[bids], [asks]]``, a level being ``[price, size, count, [[maker, size, ms], …]]``.

    Raises zlib.error or ValueError for what is damaged.
    """
    if levels[:1] in {_COLUMNS, _DEFLATED}:
        return msgspec.json.encode([_plain(side) for side in _sides(levels)]).decode()
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(levels)
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("levels are cut short, or something follows them")
    return text.decode()


def _plain(levels: tuple[Level, ...]) -> list[Any]:
    return [[n.price, n.size, n.count, [[m.id, m.size, m.time] for m in n.makers]] for n in levels]


def _levels(rows: list[Any]) -> tuple[Level, ...]:
    return tuple(
        Level(price, size, count, tuple(Maker(*maker) for maker in makers)) for price, size, count, makers in rows
    )


# ------------------------------------------------------------------------------------------ columns


def _numbers(book: Book) -> bytes:
    """The columns, one after the other. Raises TypeError, ValueError or OverflowError where a number does not fit."""
    levels = (*book.bids, *book.asks)
    each_makers = [level.makers for level in levels]
    makers = list(chain.from_iterable(each_makers))
    flags, prices = _parts([level.price for level in levels])
    owners = [len(some) for some in each_makers]
    sizes, counts = [level.size for level in levels], [level.count for level in levels]
    columns: list[Sequence[Any]] = [_zigzag(map(sub, prices, [0, *prices]))]
    if owners.count(1) < len(owners):
        flags |= _MAKERS
        columns.append(owners)
    # 100.0 is equal to 100, but not the same.
    if sizes != [sum([maker.size for maker in some]) for some in each_makers] or float in set(map(type, sizes)):
        flags |= _SIZES
        columns.append(sizes)
    if counts != owners:
        flags |= _COUNTS
        columns.append(counts)
    names = dict(_NUMBERS)
    columns.append([names.setdefault(maker.id, len(names)) for maker in makers])
    offered: list[Any] = [maker.size for maker in makers]
    lot = gcd(*offered) or 1
    columns += [[lot], [size // lot for size in offered]]
    newest = max([maker.time for maker in makers], default=0)
    columns += [[newest], [newest - maker.time for maker in makers]]
    return _varints(chain([flags], _named(list(names)[len(_KNOWN) :]), [len(book.bids), len(book.asks)], *columns))


def _sides(levels: bytes) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Bids and asks. Raises zlib.error or ValueError for what is damaged."""
    numbers = levels[3:] if levels[:1] == _COLUMNS else zlib.decompress(levels[3:], -zlib.MAX_WBITS)
    if _checksum(numbers) != levels[1:3]:
        raise ValueError("levels are damaged")
    try:
        return _read(iter(_from_varints(numbers)))
    except (IndexError, OverflowError) as error:
        raise ValueError("levels are damaged") from error


def _read(left: Iterator[int]) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Bids and asks. Raises ValueError, IndexError or OverflowError for what no book was packed as."""

    def column(length: int) -> list[int]:
        found = list(islice(left, length))
        if len(found) < length:
            raise ValueError("levels are cut short")
        return found

    (flags,) = column(1)
    names = (*_KNOWN, *bytes(column(*column(1))).decode().split("\0"))
    bids, asks = column(2)
    count = bids + asks
    prices = _prices(flags, list(accumulate(_from_zigzag(column(count)))))
    owners = column(count) if flags & _MAKERS else [1] * count
    sizes: list[Number] = [*column(count)] if flags & _SIZES else []
    counts = column(count) if flags & _COUNTS else owners
    number = sum(owners)
    who, (lot,), lots, (newest,), ages = column(number), column(1), column(number), column(1), column(number)
    makers = [Maker(names[name], many * lot, newest - age) for name, many, age in zip(who, lots, ages, strict=True)]
    parts = [tuple(makers[first:end]) for first, end in pairwise(accumulate(owners, initial=0))]
    if not flags & _SIZES:
        sizes = [sum([maker.size for maker in some]) for some in parts]
    found = tuple(map(Level, prices, sizes, counts, parts))
    return found[:bids], found[bids:]


def _parts(prices: list[Number]) -> tuple[int, list[int]]:
    """Prices in parts of a dollar, and the flags that say how they are read back, exactly as they were."""
    if not prices:
        return 0, []
    if min(prices) <= 0:
        raise ValueError("zero has two signs, and other kinds of numbers below")
    kinds = list(map(type, prices))
    floats = _ALL_FLOATS if any(isinstance(price, float) and price.is_integer() for price in prices) else 0
    for flags, scale in ((floats, _CENTS), (floats | _FINE, _HUNDREDTHS)):
        parts = [round(price * scale) for price in prices]
        back = _prices(flags, parts)
        if back == prices and list(map(type, back)) == kinds:
            return flags, parts
    raise ValueError("a price is finer")


def _prices(flags: int, parts: list[int]) -> list[Number]:
    scale = _HUNDREDTHS if flags & _FINE else _CENTS
    if flags & _ALL_FLOATS:
        return [part / scale for part in parts]
    return [part / scale if part % scale else part // scale for part in parts]


def _named(names: list[str]) -> list[int]:
    """The names that are not known, before them how many bytes they are."""
    if any("\0" in name for name in names):
        raise ValueError("a zero stands between names")
    written = "\0".join(names).encode()
    return [len(written), *written]


def _zigzag(numbers: Iterable[int]) -> list[int]:
    """0, -1, 1, -2 … as 0, 1, 2, 3 …"""
    return [number << 1 if number >= 0 else ~(number << 1) for number in numbers]


def _from_zigzag(numbers: list[int]) -> list[int]:
    return [number >> 1 if number & 1 == 0 else ~(number >> 1) for number in numbers]


def _varints(numbers: Iterable[int]) -> bytes:
    """Seven bits a byte, the lowest first; each but a number's last has the eighth. Below zero raises ValueError."""
    out = bytearray()
    for number in numbers:
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return bytes(out)


def _from_varints(data: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in data:
        if byte > 127:
            number |= (byte & 127) << shift
            shift += 7
        else:
            numbers.append(number | byte << shift)
            number = shift = 0
    return numbers


def _checksum(numbers: bytes) -> bytes:
    """Two bytes, so that a damaged book is not taken for another one."""
    return (zlib.crc32(numbers) & 0xFFFF).to_bytes(2)

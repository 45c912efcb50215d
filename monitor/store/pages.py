"""Reading the pages of a database file without SQLite, which gives up a whole table for one page that is damaged.

It follows https://sqlite.org/fileformat2.html: pages of a B-tree hold cells, a cell holds a row as a record, and what
of a record does not fit goes to a chain of further pages. What is not exactly that raises Unreadable.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

MAGIC: Final = b"SQLite format 3\0"
_PAGE_SIZE: Final = 4096
_FILE_HEADER: Final = 100
#: Kinds of pages, by their first byte: those that lead to others, and those that only hold rows.
INDEX_INTERIOR, TABLE_INTERIOR, INDEX_LEAF, TABLE_LEAF = 2, 5, 10, 13
INTERIOR = frozenset({INDEX_INTERIOR, TABLE_INTERIOR})
KINDS = frozenset({INDEX_INTERIOR, TABLE_INTERIOR, INDEX_LEAF, TABLE_LEAF})
_WAL_HEADER, _FRAME_HEADER = 32, 24
_INTEGERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_LONGEST_CHAIN: Final = 300_000

Value = None | int | float | str | bytes


class Unreadable(Exception):
    """Not a page, cell or record as SQLite writes them."""


class Header(NamedTuple):
    """What the file's first page says of it; ``intact`` is False where that page is not one of a database."""

    intact: bool
    application_id: int
    version: int


class PageFile:
    """A database file with its write-ahead log, as pages by number from 1. Raises OSError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            self._wal = path.with_name(path.name + "-wal")
            self._frames = _frames(self._wal.read_bytes()) if self._wal.exists() else {}
        except BaseException:
            self.close()
            raise
        in_file = path.stat().st_size // _PAGE_SIZE
        self.count = max([in_file, *self._frames])

    def close(self) -> None:
        self._file.close()

    def page(self, number: int) -> bytes:
        """Raises Unreadable when there is no such page."""
        if number in self._frames:
            return self._frames[number]
        if not 1 <= number <= self.count:
            raise Unreadable
        try:
            self._file.seek((number - 1) * _PAGE_SIZE)
            content = self._file.read(_PAGE_SIZE)
        except OSError:  # a sector that the disk cannot read
            raise Unreadable from None
        if len(content) < _PAGE_SIZE:
            raise Unreadable
        return content

    def header(self) -> Header:
        try:
            first = self.page(1)
        except Unreadable:
            return Header(False, 0, 0)
        version, application_id = struct.unpack_from(">I", first, 60)[0], struct.unpack_from(">I", first, 68)[0]
        return Header(first.startswith(MAGIC) and first[16:18] == b"\x10\x00", application_id, version)

    def free(self) -> set[int]:
        """The pages that hold nothing any more, as far as their list reads."""
        found: set[int] = set()
        try:
            trunk = struct.unpack_from(">I", self.page(1), 32)[0] if self.header().intact else 0
            while trunk and trunk not in found:
                page = self.page(trunk)
                found.add(trunk)
                following, count = struct.unpack_from(">II", page)
                if count > _PAGE_SIZE // 4 - 2:
                    break
                found.update(struct.unpack_from(f">{count}I", page, 8))
                trunk = following
        except Unreadable:
            pass
        return found

    def may_go_on(self, number: int) -> bool:
        """Whether the page may hold the rest of a long row: such a page begins with the number of the next, or 0."""
        try:
            return bool(struct.unpack_from(">I", self.page(number))[0] <= self.count)
        except Unreadable:
            return False

    def cells(self, number: int) -> "Cells":
        """Raises Unreadable when the page does not belong to a B-tree."""
        return Cells(self, number)


class Cells:
    """The cells of one page: ``children`` are the pages it leads to, and ``rows()`` what it holds itself."""

    def __init__(self, file: PageFile, number: int) -> None:
        self._file = file
        self._page = page = file.page(number)
        start = _FILE_HEADER if number == 1 else 0
        self.kind = page[start]
        if self.kind not in KINDS:
            raise Unreadable
        count = int.from_bytes(page[start + 3 : start + 5])
        first = start + (12 if self.kind in INTERIOR else 8)
        if first + 2 * count > len(page):
            raise Unreadable
        self._offsets = struct.unpack_from(f">{count}H", page, first)
        self.children: list[int] = []
        if self.kind in INTERIOR:
            if any(offset > len(page) - 4 for offset in self._offsets):
                raise Unreadable
            self.children = [struct.unpack_from(">I", page, offset)[0] for offset in self._offsets]
            self.children.append(struct.unpack_from(">I", page, start + 8)[0])
            if not all(1 < child <= file.count for child in self.children):
                raise Unreadable

    @property
    def rows_held(self) -> int:
        """How many rows the page should have itself."""
        return 0 if self.kind == TABLE_INTERIOR else len(self._offsets)

    def rows(self) -> Iterator[tuple[int, list[Value]] | None]:
        """Each cell's rowid (0 where there is none) and values; None for one that cannot be read."""
        if self.kind == TABLE_INTERIOR:
            return
        for offset in self._offsets:
            try:
                yield self._row(offset)
            except (Unreadable, IndexError, struct.error, UnicodeDecodeError, OverflowError):
                yield None

    def _row(self, offset: int) -> tuple[int, list[Value]]:
        at = offset + 4 if self.kind == INDEX_INTERIOR else offset
        size, at = _varint(self._page, at)
        rowid = 0
        if self.kind == TABLE_LEAF:
            rowid, at = _varint(self._page, at)
            rowid = rowid - (1 << 64) if rowid >> 63 else rowid
        return rowid, _record(self._payload(at, size))

    def _payload(self, at: int, size: int) -> bytes:
        usable = len(self._page)
        most = usable - 35 if self.kind == TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if size <= most:
            if at + size > usable:
                raise Unreadable
            return self._page[at : at + size]
        least = (usable - 12) * 32 // 255 - 23
        here = least + (size - least) % (usable - 4)
        here = here if here <= most else least
        parts = [self._page[at : at + here]]
        following = struct.unpack_from(">I", self._page, at + here)[0]
        left = size - here
        if left > _LONGEST_CHAIN * usable:
            raise Unreadable
        while left > 0:
            page = self._file.page(following)
            parts.append(page[4 : 4 + left])
            left -= usable - 4
            following = struct.unpack_from(">I", page)[0]
        return b"".join(parts)


def roots(pages: PageFile) -> Iterator[tuple[str, int]]:
    """The first page of each table and index, as far as the schema reads."""
    for number in walk(pages, 1):
        try:
            rows = list(pages.cells(number).rows())
        except Unreadable:
            continue
        for row in rows:
            if row and len(row[1]) == 5:
                _, name, _, root, _ = row[1]
                if isinstance(name, str) and isinstance(root, int) and root > 1:
                    yield name, root


def walk(pages: PageFile, root: int, look: Callable[[], None] = lambda: None) -> list[int]:
    """The pages that ``root`` leads to, leaves in the order of the key; those that cannot be read among them.

    ``look()`` is called for each, and may raise.
    """
    seen: dict[int, None] = {}
    waiting = [root]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        look()
        seen[number] = None
        try:
            waiting += reversed(pages.cells(number).children)
        except Unreadable:
            continue
    return list(seen)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = data[at]
    if value < 0x80:
        return value, at + 1
    value &= 0x7F
    for index in range(at + 1, at + 8):
        byte = data[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    return value << 8 | data[at + 8], at + 9


def _record(data: bytes) -> list[Value]:
    head, at = _varint(data, 0)
    if head > len(data):
        raise Unreadable
    values: list[Value] = []
    body = head
    while at < head:
        code, at = _varint(data, at)
        if code >= 12:
            length = (code - 12) // 2
            part = data[body : body + length]
            values.append(part.decode() if code & 1 else part)
        elif code in _INTEGERS:
            length = _INTEGERS[code]
            values.append(int.from_bytes(data[body : body + length], signed=True))
        elif code == 7:
            length = 8
            values.append(struct.unpack_from(">d", data, body)[0])
        elif code in {0, 8, 9}:
            length = 0
            values.append(None if code == 0 else code - 8)
        else:
            raise Unreadable
        body += length
    if body != len(data) or at != head:
        raise Unreadable
    return values


def _frames(wal: bytes) -> dict[int, bytes]:
    """The newest content of each page in the log, up to the last commit whose checksums hold."""
    if len(wal) < _WAL_HEADER:
        return {}
    magic, _, size, _, *salt_and_sum = struct.unpack_from(">8I", wal)
    if magic & ~1 != 0x377F0682 or size != _PAGE_SIZE:
        return {}
    order = ">" if magic & 1 else "<"
    salt = wal[16:24]
    state = _checksum(order, wal[:24], (0, 0))
    if state != tuple(salt_and_sum[2:]):
        return {}
    committed: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for start in range(_WAL_HEADER, len(wal) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        number, commit = struct.unpack_from(">II", wal, start)
        page = wal[start + _FRAME_HEADER : start + _FRAME_HEADER + size]
        if wal[start + 8 : start + 16] != salt:
            break
        state = _checksum(order, wal[start : start + 8] + page, state)
        if state != struct.unpack_from(">II", wal, start + 16):
            break
        pending[number] = page
        if commit:
            committed.update(pending)
            pending.clear()
    return committed


def _checksum(order: str, data: bytes, state: tuple[int, int]) -> tuple[int, int]:
    first, second = state
    for even, odd in struct.iter_unpack(f"{order}II", data):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second

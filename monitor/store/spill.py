"""What waits beside the database while that cannot take it: one file, block after block, first in, first out.

A block says in its head what it brings, so that a program that takes the file up knows the instruments and stamps in it
without reading the rows. Which blocks are in the database already, the database itself says, in the transaction that
took them in. So whenever a program is killed, each block that was whole is taken in once, and a torn one not at all.
"""

import errno
import logging
import os
import secrets
import shutil
import sqlite3
import struct
import threading
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from monitor.store.insert import Row
from monitor.store.tasks import Recorded

_log = logging.getLogger(__name__)

#: Left free on the disk, for the database to be tidied up with.
RESERVE = 64 * 1024 * 1024
_MAGIC: Final = b"MkMoSpl1"
_ID_BYTES: Final = 8
_START: Final = len(_MAGIC) + _ID_BYTES
#: Before each block: a mark, then the length and the checksum of its head and of its body.
_FRAME: Final = struct.Struct("<4sIIII")
_MARK: Final = b"BLCK"


class Head(Struct, array_like=True, frozen=True):
    """What a block brings: how many rows, the newest stamp, and instruments that may not be in the database."""

    rows: int
    newest_us: int
    instruments: dict[str, int]


class Body(Struct, array_like=True, frozen=True):
    """Rows as their tables take them, by table, and what else was recorded."""

    rows: list[tuple[str, list[list[Any]]]]
    tasks: list[Recorded]


class Block(NamedTuple):
    """One block; ``body`` is None where it cannot be read. ``position`` is for the database, ``end`` for the file."""

    head: Head
    body: Body | None
    position: str
    end: int


_head = msgspec.msgpack.Decoder(Head)
_body = msgspec.msgpack.Decoder(Body)


class Spill:
    """The file. Its ``lock`` also guards who may take from the intake: the file is older than what waits there."""

    def __init__(self, path: Path, taken: str = "") -> None:
        """Take up what an earlier program left; ``taken`` is the position that the database knows. Raises OSError."""
        self.lock = threading.RLock()
        self.path = path
        self.instruments: dict[str, int] = {}
        self.newest_us = 0
        self.rows = 0
        self.torn = 0  # bytes at the end that a kill left unfinished
        self._file = -1
        self._id = ""
        self._next = self._end = _START
        if path.exists():
            self._take_up(taken)

    @property
    def size(self) -> int:
        """What waits in the file."""
        return self._end - self._next

    def append(self, rows: Mapping[str, Sequence[Row]], tasks: Sequence[Recorded], head: Head) -> None:
        """Put a block at the end, or leave the file as it was. Raises OSError, OverflowError and UnicodeError."""
        coded = msgspec.msgpack.encode((list(rows.items()), tasks))
        block = _framed(msgspec.msgpack.encode(head), zlib.compress(coded, 1))
        if shutil.disk_usage(self.path.parent).free < RESERVE + len(block):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with self.lock:
            if self._file < 0:
                self._create()
            self._write(block)
            self.rows += head.rows
            self.newest_us = max(self.newest_us, head.newest_us)

    def next(self) -> Block | None:
        """The oldest block, which stays until it is confirmed. Raises OSError."""
        with self.lock:
            if not self.size:
                return None
            found = self._look_at(self._next, self._end)
            if found is None:  # somebody else has been at the file: there is no way on from here
                return Block(Head(self.rows, 0, {}), None, f"{self._id}:{self._end}", self._end)
            head, end = found
            _, head_size, _, body_size, checksum = _FRAME.unpack(_read(self._file, self._next, _FRAME.size))
            coded = _read(self._file, self._next + _FRAME.size + head_size, body_size)
            return Block(head, _decoded(coded, checksum), f"{self._id}:{end}", end)

    def confirm(self, block: Block) -> None:
        """The block is in the database; with the last one the file goes."""
        with self.lock:
            self._next = block.end
            self.rows -= block.head.rows
            if not self.size:
                self._remove()

    def close(self) -> None:
        with self.lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    # ---------------------------------------------------------------------------- the file

    def _create(self) -> None:
        ident = secrets.token_bytes(_ID_BYTES)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        self._id, self._next, self._end = ident.hex(), 0, 0
        try:
            self._write(_MAGIC + ident)
        except OSError:
            self._remove()
            raise
        self._next = _START

    def _write(self, block: bytes) -> None:
        left = memoryview(block)
        try:
            os.lseek(self._file, self._end, os.SEEK_SET)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += len(block)

    def _remove(self) -> None:
        self.close()
        self._next = self._end = _START
        self.rows = 0
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:  # it says itself that there is nothing left in it to take
            _log.warning("%s cannot be removed: %s", self.path, error)

    def _take_up(self, taken: str) -> None:
        self._file = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        size = os.fstat(self._file).st_size
        if not _read(self._file, 0, min(size, len(_MAGIC))).startswith(_MAGIC) or size < _START:
            self.torn = size
            self.close()
            if size >= _START:  # not one of ours, or its beginning is damaged: somebody may want to look at it
                self.path.replace(self.path.with_name(self.path.name + ".unreadable"))
            else:
                self.path.unlink()
            return
        self._id = _read(self._file, len(_MAGIC), _ID_BYTES).hex()
        ident, _, offset = taken.partition(":")
        begin = int(offset) if ident == self._id and offset.isdigit() else _START
        at = _START
        while (found := self._look_at(at, size)) is not None:
            head, end = found
            if at >= begin:
                self.rows += head.rows
                self.newest_us = max(self.newest_us, head.newest_us)
                self.instruments |= head.instruments
            at = end
        self.torn = size - at
        os.ftruncate(self._file, at)
        self._next, self._end = min(begin, at), at
        if not self.size:
            self._remove()

    def _look_at(self, at: int, size: int) -> tuple[Head, int] | None:
        """The head of the block at an offset and where the block ends; None where there is no whole one."""
        framed = _read(self._file, at, _FRAME.size)
        if len(framed) < _FRAME.size:
            return None
        mark, head_size, checksum, body_size, _ = _FRAME.unpack(framed)
        end = at + _FRAME.size + head_size + body_size
        if mark != _MARK or end > size:
            return None
        coded = _read(self._file, at + _FRAME.size, head_size)
        if zlib.crc32(coded) != checksum:
            return None
        try:
            return _head.decode(coded), end
        except msgspec.MsgspecError:
            return None


def note_taken(connection: sqlite3.Connection, position: str) -> None:
    """Write down in the database, with what it brought, that a block is in it. Raises sqlite3.Error."""
    connection.execute("INSERT OR REPLACE INTO about VALUES ('spill', ?)", (position,))


def noted(connection: sqlite3.Connection) -> str:
    """The position written down last; empty where there was never one. Raises sqlite3.Error."""
    row = connection.execute("SELECT value FROM about WHERE key = 'spill'").fetchone()
    return str(row[0]) if row else ""


def _framed(head: bytes, body: bytes) -> bytes:
    return _FRAME.pack(_MARK, len(head), zlib.crc32(head), len(body), zlib.crc32(body)) + head + body


def _read(file: int, at: int, size: int) -> bytes:
    """Up to ``size`` bytes."""
    os.lseek(file, at, os.SEEK_SET)
    parts = []
    while size and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _decoded(coded: bytes, checksum: int) -> Body | None:
    if zlib.crc32(coded) != checksum:
        return None
    try:
        return _body.decode(zlib.decompress(coded))
    except (zlib.error, msgspec.MsgspecError):
        return None

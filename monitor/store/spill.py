"""What waits beside the database while that cannot take it: one file, block after block, first in, first out.

A block says in its head what it brings, so that a program that takes the file up knows the instruments and stamps in it
without reading the rows. One that brings bars, gaps or the audit is synced, one of streamed rows alone is not: no more
is promised of them in the database. Which blocks are in that already, it says itself, in the transaction that took them
in. So whenever a program is killed, each block that was whole is taken in once, and a torn one not at all.
"""

import errno
import logging
import os
import secrets
import shutil
import sqlite3
import struct
import threading
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from monitor.store.insert import Row
from monitor.store.tasks import Recorded
from monitor.whole_file import PRIVATE, sync_folder

_log = logging.getLogger(__name__)

#: Left free on the disk, for the database to be tidied up with.
RESERVE = 64 * 1024 * 1024
#: How old and how used up the last look at the free space may be.
_SPACE_SECONDS, _SPACE_BYTES = 1.0, 16 * 1024 * 1024
#: So many rows are decoded in one step: for longer nobody, the loop above all, should wait for the interpreter.
_ROWS_A_PART = 4_096
_MAGIC: Final = b"MkMoSpl2"
_ID_BYTES: Final = 8
_START: Final = len(_MAGIC) + _ID_BYTES
#: Before each block: a mark, the length and the checksum of its head, the length of its body, whose own end checks it.
_FRAME: Final = struct.Struct("<4sIII")
_MARK: Final = b"BLCK"
#: What is written goes to the end, wherever was read last.
_OPEN: Final = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Head(Struct, array_like=True, frozen=True):
    """What a block brings: how many rows, the newest stamp, and instruments that may not be in the database."""

    rows: int
    newest_us: int
    instruments: dict[str, int]


class Body(Struct, array_like=True, frozen=True):
    """Rows as their tables take them, by table, and what else was recorded."""

    rows: list[tuple[str, list[Row]]]
    tasks: list[Recorded]


class _Coded(Struct, array_like=True, frozen=True):
    """A body whose rows are not decoded yet, by table in parts."""

    rows: list[tuple[str, msgspec.Raw]]
    tasks: list[Recorded]


class Block(NamedTuple):
    """One block; ``body`` is None where it cannot be read. ``position`` is for the database, ``end`` for the file."""

    head: Head
    body: Body | None
    position: str
    end: int


_head = msgspec.msgpack.Decoder(Head)
_coded = msgspec.msgpack.Decoder(_Coded)
_rows = msgspec.msgpack.Decoder(list[tuple[Any, ...]])


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
        self._free, self._looked = 0, -_SPACE_SECONDS
        if path.exists():
            self._take_up(taken)

    @property
    def size(self) -> int:
        """What waits in the file."""
        return self._end - self._next

    def append(self, rows: Mapping[str, Sequence[Row]], tasks: Sequence[Recorded], head: Head) -> None:
        """Put a block at the end, or leave the file as it was. Raises OSError, OverflowError and UnicodeError."""
        # Each call that works outside the interpreter's lock has to wait for it afterwards, behind a busy loop for
        # 5 ms: so these are few, and that is what the speed hangs on.
        coded = msgspec.msgpack.encode((list(_in_parts(rows)), tasks))
        block = _framed(msgspec.msgpack.encode(head), zlib.compress(coded, 1))
        with self.lock:
            self._look_at_space(len(block))
            if self._file < 0:
                self._create()
            self._write(block, durable=bool(tasks))
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
            _, head_size, _, body_size = _FRAME.unpack(_read(self._file, self._next, _FRAME.size))
            coded = _read(self._file, self._next + _FRAME.size + head_size, body_size)
            return Block(head, _decoded(coded), f"{self._id}:{end}", end)

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
        self._file = os.open(self.path, _OPEN | os.O_CREAT | os.O_TRUNC, PRIVATE)
        self._id, self._next, self._end = ident.hex(), 0, 0
        try:
            self._write(_MAGIC + ident, durable=False)
            sync_folder(self.path.parent)
        except OSError:
            self._remove()
            raise
        self._next = _START

    def _look_at_space(self, size: int) -> None:
        """Whether a block of ``size`` leaves the reserve. Raises OSError."""
        now = time.monotonic()
        if now - self._looked >= _SPACE_SECONDS or self._free < RESERVE + _SPACE_BYTES + size:
            self._looked, self._free = now, shutil.disk_usage(self.path.parent).free
        if self._free < RESERVE + size:
            self._looked = -_SPACE_SECONDS
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._free -= size

    def _write(self, block: bytes, durable: bool) -> None:
        """At the end, all of it or nothing; ``durable`` means that a power cut cannot take it away any more."""
        left = memoryview(block)
        try:
            while left:
                left = left[os.write(self._file, left) :]
            if durable:
                os.fsync(self._file)
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
        self._file = os.open(self.path, _OPEN)
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
        mark, head_size, checksum, body_size = _FRAME.unpack(framed)
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
    return _FRAME.pack(_MARK, len(head), zlib.crc32(head), len(body)) + head + body


def _in_parts(rows: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, Sequence[Row]]]:
    for name, part in rows.items():
        for first in range(0, len(part), _ROWS_A_PART):
            yield name, part[first : first + _ROWS_A_PART]


def _read(file: int, at: int, size: int) -> bytes:
    """Up to ``size`` bytes."""
    os.lseek(file, at, os.SEEK_SET)
    parts = []
    while size and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _decoded(coded: bytes) -> Body | None:
    rows: dict[str, list[Row]] = {}
    try:
        body = _coded.decode(zlib.decompress(coded))
        for name, part in body.rows:
            rows.setdefault(name, []).extend(_rows.decode(part))
    except (zlib.error, msgspec.MsgspecError):
        return None
    return Body(list(rows.items()), body.tasks)

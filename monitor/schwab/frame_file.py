"""Frames as they came, written into a file that the sandbox can replay: one JSON object a line, compressed.

The loop only appends to a list; a thread compresses and writes once a second. What it writes each time is complete in
itself, so that a file whose program was killed is whole up to its last second.
"""

import asyncio
import gzip
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from monitor.errors import Unusable

_log = logging.getLogger(__name__)

WRITE_SECONDS: Final = 1.0
#: More than this is not held in memory: a disk that cannot follow costs frames of the file, not the program.
LARGEST_QUEUE = 32 * 1024 * 1024
#: A file this large is closed, and the next one, with a number in its name, begins.
LARGEST_FILE = 1024 * 1024 * 1024

#: Frames with one of these words stay out.
_SIGN_IN: Final = (b'"LOGIN"', b'"LOGOUT"')
_ACTIVITY: Final = b"ACCT_ACTIVITY"

_anything = msgspec.json.Decoder(msgspec.Raw)


class FrameRecording:
    """Implements FrameFile. Only what was received can get in.

    A log-in's frames stay out, and so does what happens in the person's account unless that is asked for.
    """

    def __init__(
        self,
        on_trouble: Callable[[str], None] = lambda _sentence: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``on_trouble`` is called on the loop's thread when the file can be written no longer."""
        self._on_trouble = on_trouble
        self._left_out: tuple[bytes, ...] = _SIGN_IN
        self._clock = clock
        self._began = 0.0
        self._queue: list[tuple[int, bytes]] = []
        self._came = self._gone = 0  # bytes; each is counted on one side only
        self._first: Path | None = None
        self._path: Path | None = None
        self._file = -1
        self._size = 0
        self._part = 1
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.taking = False
        self.frames = 0
        self.dropped = 0

    @property
    def path(self) -> Path | None:
        """The file being written, or None."""
        return self._path

    def start(self, path: Path, with_activity: bool = False, append: bool = False) -> None:
        """Write every frame from now on. Raises Unusable when the file cannot be written."""
        self.stop()
        self._left_out = _SIGN_IN if with_activity else (*_SIGN_IN, _ACTIVITY)
        try:
            self._open(path, append)
        except OSError as error:
            raise Unusable(f"{path} cannot be written: {error.strerror or error}.", str(error)) from error
        self._first, self._part, self.frames, self.dropped = path, 1, 0, 0
        self._queue, self._came, self._gone, self._began = [], 0, 0, self._clock()
        self._ending = threading.Event()
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, args=(loop,), name="raw frames", daemon=True)
        self._thread.start()
        self.taking = True

    def take(self, raw: bytes) -> None:
        """A frame that has just come; to be called while ``taking``."""
        if self._came - self._gone > LARGEST_QUEUE:
            self.dropped += 1
            return
        self._came += len(raw)
        self._queue.append((round((self._clock() - self._began) * 1000), raw))

    def stop(self) -> None:
        """Write what waits and close the file."""
        self.taking = False
        if self._thread is None:
            return
        self._ending.set()
        self._thread.join()
        self._thread = None
        self._path = None
        if self.dropped:
            _log.warning("%d raw frames were not written: the disk could not follow", self.dropped)

    # ---------------------------------------------------------------------------- the thread

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while not self._ending.wait(WRITE_SECONDS):
                self._write()
            self._write()
        except OSError as error:
            self.taking = False
            _log.error("raw frames are written no longer: %s", error)
            sentence = f"The raw frames are written no longer: {self._path}: {error.strerror or error}."
            self._path = None
            try:
                loop.call_soon_threadsafe(self._on_trouble, sentence)
            except RuntimeError:
                _log.debug("the loop is closed and cannot be told any more")
        finally:
            os.close(self._file)

    def _write(self) -> None:
        taken = self._queue[:]
        del self._queue[: len(taken)]
        lines = [_line(moment, raw) for moment, raw in taken if not any(word in raw for word in self._left_out)]
        if lines:
            self._append(b"".join(lines))
            self.frames += len(lines)
        self._gone += sum(len(raw) for _, raw in taken)

    def _append(self, text: bytes) -> None:
        """Write all of it, or leave the file as it was. Raises OSError."""
        if self._size > LARGEST_FILE and self._first is not None:
            self._part += 1
            name, dot, ending = self._first.name.partition(".")
            os.close(self._file)
            self._open(self._first.with_name(f"{name}-{self._part}{dot}{ending}"))
        assert self._path is not None  # noqa: S101  set where the file is opened
        block = gzip.compress(text, 5) if self._path.suffix == ".gz" else text
        left = memoryview(block)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(block)

    def _open(self, path: Path, append: bool = False) -> None:
        begin = os.O_APPEND if append else os.O_TRUNC
        # What a person watches is nobody else's business.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | begin | getattr(os, "O_BINARY", 0), 0o600)
        self._path, self._size = path, os.fstat(self._file).st_size


def _line(moment: int, raw: bytes) -> bytes:
    """A frame as it came, on one line; what is no JSON is kept as text, and no replay sends it."""
    try:
        _anything.decode(raw)
        raw.decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return b'{"t":%d,"raw":%s}\n' % (moment, msgspec.json.encode(raw.decode(errors="replace")))
    if b"\n" in raw or b"\r" in raw:  # within JSON these can only be blanks between values
        raw = raw.replace(b"\n", b" ").replace(b"\r", b" ")
    return b'{"t":%d,"frame":%s}\n' % (moment, raw)

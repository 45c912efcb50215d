"""When requests were sent, in a small file of the profile: a restart, or a second program, does not forget it."""

import logging
import math
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.clock import now_ms
from monitor.file_lock import FileLock
from monitor.ports import MOST_LIMIT

_log = logging.getLogger(__name__)

_MARK: Final = b"SENT 1\n\0"
#: The mark, the two clocks at the writing, the pause, the share with its two times, then the moments; 0 is none.
_SHAPE: Final = struct.Struct(f"<8s 6d {MOST_LIMIT}d")
_LONGEST_PAUSE: Final = 3600.0


@dataclass(slots=True)
class Sent:
    """What is known of the last minute; moments are seconds since the machine's start, ``stamps`` ascending.

    ``share`` is how much of the limit was allowed at ``share_since``, when it began to grow again; ``slowed_at`` is
    when it was last made smaller.
    """

    stamps: list[float] = field(default_factory=list)
    paused_until: float = 0.0
    share: float = 1.0
    share_since: float = 0.0
    slowed_at: float = -math.inf

    def shifted(self, seconds: float) -> "Sent":
        """The same by a clock that began anew."""
        return Sent(
            [stamp + seconds for stamp in self.stamps],
            self.paused_until + seconds,
            self.share,
            self.share_since + seconds,
            self.slowed_at + seconds,
        )

    def clipped(self, now: float) -> "Sent":
        """Nothing lies in the future, whatever the clocks did; so nothing counts for longer than it should."""
        return Sent(
            sorted(min(stamp, now) for stamp in self.stamps),
            min(self.paused_until, now + _LONGEST_PAUSE),
            min(max(self.share, 0.0), 1.0),
            min(self.share_since, now + _LONGEST_PAUSE),
            min(self.slowed_at, now),
        )


class SentFile:
    """A kilobyte at ``path``, written over in place and never forced to the disk: after a loss of power the machine
    takes longer to start than what is in it matters. Where it cannot be used, that is logged once.
    """

    def __init__(self, path: Path, wall_ms: Callable[[], int] = now_ms) -> None:
        self._path = path
        self._wall_ms = wall_ms
        self._lock = FileLock(path.with_suffix(".lock"))
        self._handle: int | None = None
        self._content = b""
        self._usable = True

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Keep other programs out meanwhile; False when one of them is in, which takes it some microseconds."""
        try:
            free = not self._usable or self._lock.take()
        except OSError as error:
            self._give_up(error)
            free = True
        try:
            yield free
        finally:
            self._lock.release()

    def read(self, now: float) -> Sent | None:
        """What another program, or an earlier run, has written since this was last asked; ``now`` by our clock."""
        if not self._usable:
            return None
        try:
            content = self._bytes()
        except OSError as error:
            self._give_up(error)
            return None
        if content == self._content:
            return None
        self._content = content
        return self._decode(content, now)

    def write(self, sent: Sent, now: float) -> None:
        """Put this in the place of what is there."""
        if not self._usable:
            return
        stamps = sent.stamps[-MOST_LIMIT:]
        known = (sent.paused_until, sent.share, sent.share_since, max(sent.slowed_at, -1e9))
        wall = self._wall_ms() / 1000
        content = _SHAPE.pack(_MARK, now, wall, *known, *stamps, *(0.0,) * (MOST_LIMIT - len(stamps)))
        try:
            handle = self._open()
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, content)
        except OSError as error:
            self._give_up(error)
        else:
            self._content = content

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(OSError):
                os.close(handle)

    def _open(self) -> int:
        if self._handle is None:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            self._handle = os.open(self._path, flags, 0o600)
        return self._handle

    def _bytes(self) -> bytes:
        handle = self._open()
        os.lseek(handle, 0, os.SEEK_SET)
        return os.read(handle, _SHAPE.size)

    def _decode(self, content: bytes, now: float) -> Sent | None:
        """None when the file holds something else, which is then written over."""
        if len(content) != _SHAPE.size or not content.startswith(_MARK):
            return None
        _, written, wall, paused, share, since, slowed, *stamps = _SHAPE.unpack(content)
        if not all(map(math.isfinite, (written, wall, paused, share, since, slowed, *stamps))):
            return None
        sent = Sent([stamp for stamp in stamps if stamp], paused, share, since, slowed)
        if now < written:  # the machine was started anew; only the wall clock knows how long ago that was written
            ago = max(self._wall_ms() / 1000 - wall, 0.0)
            sent = sent.shifted(now - written - ago)
        return sent.clipped(now)

    def _give_up(self, error: OSError) -> None:
        _log.warning("%s cannot be used; the limit holds for this run alone: %s", self._path, error)
        self._usable = False
        self.close()

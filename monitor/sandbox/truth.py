"""The truth log: every frame as it was handed to a connection, so that what a client kept can be compared with it."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec

from monitor.clock import now_ms
from monitor.errors import Unusable
from monitor.sandbox.data_frame import DataFrame


class Truth:
    """JSON lines in the order of sending; without a file it keeps nothing.

    ``at`` is this machine's clock (ms), ``market`` the market's, which is the clock of every frame. A data frame's
    line holds the whole frame as sent; ``handed`` is false where the socket was closed already.
    """

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self._file = file

    @classmethod
    def to(cls, path: Path) -> "Truth":
        """A new log in place of what ``path`` held. Raises Unusable."""
        try:
            return cls(path.open("wb"))
        except OSError as error:
            raise Unusable(f"The truth log {path} cannot be written.", str(error)) from error

    def opened(self, connection: int) -> None:
        """A client has logged in."""
        self._note({"connection": connection, "at": now_ms(), "opened": True})

    def closed(self, connection: int, how: str, unsent: int) -> None:
        """A connection has ended; ``unsent`` bytes of what was handed over had not left this process."""
        self._note({"connection": connection, "at": now_ms(), "closed": how, "unsent": unsent})
        self.flush()

    def sent(self, connection: int, frame: DataFrame, handed: bool) -> None:
        """A data frame was handed to a socket, or could not be."""
        if self._file is not None:
            note = b"" if not frame.note else b'"note":%b,' % msgspec.json.encode(frame.note)
            word = b"true" if handed else b"false"
            line = b'{"connection":%d,"at":%d,"handed":%b,%b"frame":%b}\n'
            self._file.write(line % (connection, now_ms(), word, note, frame.payload))

    def subscribed(self, connection: int, command: str, service: str, keys: Iterable[str], market_ms: int) -> None:
        """A command was obeyed: from now on these keys are owed, or after UNSUBS no longer."""
        line: dict[str, object] = {"connection": connection, "at": now_ms(), "market": market_ms, "command": command}
        self._note(line | {"service": service, "keys": list(keys)})

    def beat(self, connection: int, market_ms: int) -> None:
        """A heartbeat was handed to a socket."""
        self._note({"connection": connection, "at": now_ms(), "heartbeat": market_ms})

    def injected(self, connection: int, note: str, size: int) -> None:
        """A frame was sent that holds nobody's data."""
        self._note({"connection": connection, "at": now_ms(), "injected": note, "bytes": size})

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _note(self, line: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(line) + b"\n")

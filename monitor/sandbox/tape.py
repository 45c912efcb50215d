"""A recorded stream: frames in the order they were sent, each with its moment, service and keys."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from monitor.errors import Unusable
from monitor.sandbox.commands import SERVICES
from monitor.sandbox.data_frame import DataFrame

_NOTHING = msgspec.Raw(b"")


class Content(NamedTuple):
    """What a frame is about; frames about the same share one Content."""

    service: str
    keys: tuple[str, ...]


class _Line(msgspec.Struct):
    t: float | None = None
    frame: msgspec.Raw = _NOTHING


class _Data(msgspec.Struct):
    service: str = ""
    content: list[dict[str, msgspec.Raw]] = []
    timestamp: int = 0


class _Frame(msgspec.Struct):
    data: list[_Data] = []


class _Parts(msgspec.Struct):
    data: list[msgspec.Raw] = []


_line = msgspec.json.Decoder(_Line)
_frame = msgspec.json.Decoder(_Frame)
_parts = msgspec.json.Decoder(_Parts)
_key = msgspec.json.Decoder(str)
_anything = msgspec.json.Decoder(msgspec.Raw)


class Tape:
    """All data frames of a file, ready to be sent as they were recorded.

    ``times`` are ms from the beginning, ``stamps`` the streamer's own time stamps, ``fields`` the field numbers that
    occur anywhere in a service, ``known`` the different contents.
    """

    def __init__(self) -> None:
        self.times: list[float] = []
        self.stamps: list[int] = []
        self.contents: list[Content] = []
        self.frames: list[DataFrame] = []
        self.fields: dict[str, frozenset[str]] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.known: dict[Content, Content] = {}

    def __len__(self) -> int:
        return len(self.frames)

    @classmethod
    def load(cls, path: Path) -> "Tape":
        """Reads and indexes a file of ``{"t", "frame"}`` lines, of bare frames, or of one frame. Raises Unusable."""
        tape = cls()
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                for number, line in enumerate(_texts(file), start=1):
                    if line.strip():
                        tape._append(line.strip(), number, path)
        except (EOFError, gzip.BadGzipFile) as error:
            if not tape.frames:  # a recording whose program was killed, or the disk's power lost, ends where it ends
                raise Unusable(f"The replay file {path} cannot be read to its end.", str(error)) from error
        except OSError as error:
            raise Unusable(f"The replay file {path} cannot be read to its end.", str(error)) from error
        if not tape.frames:
            raise Unusable(f"The replay file {path} holds no data frames of a service the sandbox plays.")
        return tape

    def items(self, index: int) -> list[dict[str, Any]]:
        """The items of one frame, decoded."""
        return msgspec.json.decode(self.frames[index].payload)["data"][0]["content"]  # type: ignore[no-any-return]

    def symbols(self) -> list[str]:
        """Every key that occurs, in order of appearance."""
        return list(dict.fromkeys(key for content in self.known for key in content.keys))

    def services_of(self, symbol: str) -> set[str]:
        return {content.service for content in self.known if symbol in content.keys}

    def _append(self, text: bytes, number: int, path: Path) -> None:
        try:
            line = _line.decode(text)
            payload = bytes(line.frame) or text
            for part, data in _split(payload):
                self._add(line.t, part, data)
        except msgspec.DecodeError as error:
            raise Unusable(f"Line {number} of the replay file {path} is not a recorded frame.", str(error)) from error

    def _add(self, t: float | None, payload: bytes, data: _Data) -> None:
        if data.service not in SERVICES or not data.content:
            return
        keys = tuple(_key.decode(item["key"]) if "key" in item else "" for item in data.content)
        content = Content(data.service, keys)
        content = self.known.setdefault(content, content)
        moment = t if t is not None else data.timestamp - (self.stamps[0] if self.stamps else data.timestamp)
        self.times.append(max(moment, self.times[-1] if self.times else 0))
        self.stamps.append(data.timestamp)
        self.contents.append(content)
        self.frames.append(DataFrame(data.service, len(keys), payload))
        seen = self.fields.get(data.service, frozenset())
        for item in data.content:
            if not item.keys() <= seen:
                seen |= item.keys()
        self.fields[data.service] = seen
        for key, item in zip(keys, data.content, strict=True):
            if "assetMainType" in item and key not in self.snapshots:
                self.snapshots[key] = {name: msgspec.json.decode(value) for name, value in item.items()}


def _texts(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """The lines; all as one where the first is only the beginning of a frame, as in captures printed for people."""
    first = file.readline()
    try:
        _anything.decode(first)
    except msgspec.DecodeError:
        first += file.read()
    yield first
    yield from file


def _split(payload: bytes) -> Iterator[tuple[bytes, _Data]]:
    """The frame as it is; one of several parts (none was ever captured) becomes several frames."""
    parts = _frame.decode(payload).data
    if len(parts) == 1:
        yield payload, parts[0]
    elif parts:
        for raw, data in zip(_parts.decode(payload).data, parts, strict=True):
            yield b'{"data":[' + bytes(raw) + b"]}", data

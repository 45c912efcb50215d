"""Where files are: below the data folder, in another folder, or in a bucket that speaks S3."""

import hashlib
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from monitor.ports import STREAMED
from monitor.whole_file import PRIVATE, sync_folder

WARM = "warm"
_CHUNK = 4 * 1024 * 1024
_CONNECT_SECONDS, _REQUEST_SECONDS = 5.0, 30.0


class Mismatch(OSError):
    """A file is not the one that the ledger describes."""


class Places:
    """Opens, copies and removes files by their place: a path below the data ``folder``, a whole one, or s3://…"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._buckets: dict[str, Any] = {}

    def path(self, place: str) -> Path:
        """The path of a place that is no bucket."""
        return self.folder / place

    def source(self, place: str) -> Any:
        """What ``parquet.rows_of`` reads from. Raises OSError; FileNotFoundError when nothing is there."""
        if not in_bucket(place):
            path = self.path(place)
            path.stat()
            return str(path)
        filesystem, key = self._bucket(place)
        return filesystem.open_input_file(key)

    def checksum(self, place: str) -> tuple[int, str]:
        """Bytes and SHA-256. Raises OSError."""
        if not in_bucket(place):
            return checksum(self.path(place))
        filesystem, key = self._bucket(place)
        found, size = hashlib.sha256(), 0
        with filesystem.open_input_stream(key) as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
                size += len(chunk)
        return size, found.hexdigest()

    def copy(self, path: Path, cold: str, name: str) -> str:
        """Copy a file to ``name`` below the cold tier, read it back, and give its place there.

        The same file that is there already is as good as copied. Raises OSError, among them Mismatch, and
        FileExistsError for another file of that name; then the name holds nothing, or what it held before.
        """
        place = self.place(cold, name)
        if self.exists(place):
            if self.checksum(place) != checksum(path):
                raise FileExistsError(17, f"{place} is another file", place)
            return place
        if in_bucket(cold):
            return self._upload(path, place)
        target = Path(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        with Draft(target) as draft, path.open("rb") as source, draft.path.open("wb") as copy:
            while chunk := source.read(_CHUNK):
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
            if checksum(draft.path) != checksum(path):
                raise Mismatch(f"{draft.path} differs from {path}")
            draft.keep()
        return place

    def place(self, cold: str, name: str) -> str:
        """Where the cold tier has the file ``name``."""
        if not in_bucket(cold):
            return str(Path(cold) / name)
        address = urlsplit(cold)
        folder = address.path.strip("/")
        return address._replace(path="/" + (f"{folder}/{name}" if folder else name)).geturl()

    def exists(self, place: str) -> bool:
        """Whether there is a file. Raises OSError."""
        if not in_bucket(place):
            return self.path(place).is_file()
        filesystem, key = self._bucket(place)
        return bool(filesystem.get_file_info(key).is_file)

    def listed(self, cold: str) -> dict[str, int]:
        """The files of old rows in the cold tier and their bytes, by place. Raises OSError."""
        if not in_bucket(cold):
            names = files_in(Path(cold))
        else:
            names = {}
            for table in STREAMED:
                filesystem, key = self._bucket(self.place(cold, table))
                for found in self._entries(filesystem, key):
                    if day_and_part(found.base_name) and found.is_file:
                        names[f"{table}/{found.base_name}"] = found.size
        return {self.place(cold, name): size for name, size in names.items()}

    def _entries(self, filesystem: Any, key: str) -> list[Any]:
        from pyarrow import fs

        return list(filesystem.get_file_info(fs.FileSelector(key, allow_not_found=True)))

    def _upload(self, path: Path, place: str) -> str:
        filesystem, key = self._bucket(place)
        # An object appears when all of it has arrived.
        with path.open("rb") as source, filesystem.open_output_stream(key) as stream:
            while chunk := source.read(_CHUNK):
                stream.write(chunk)
        if self.checksum(place) != checksum(path):
            raise Mismatch(f"{place} differs from {path}")
        return place

    def remove(self, place: str) -> None:
        """Remove the file; one that is gone already is no failure. Raises OSError."""
        if not in_bucket(place):
            self.path(place).unlink(missing_ok=True)
            return
        filesystem, key = self._bucket(place)
        try:
            filesystem.delete_file(key)
        except FileNotFoundError:
            return

    def _bucket(self, place: str) -> tuple[Any, str]:
        """The file system of a bucket's address, and bucket and key in it. Keys come from AWS's own chain."""
        from pyarrow import fs

        address = urlsplit(place)
        filesystem = self._buckets.get(address.query)
        if filesystem is None:
            given = {name: values[-1] for name, values in parse_qs(address.query).items()}
            known = {name: given[name] for name in ("region", "endpoint_override", "scheme") if name in given}
            filesystem = self._buckets[address.query] = fs.S3FileSystem(
                **known,
                connect_timeout=_CONNECT_SECONDS,
                request_timeout=_REQUEST_SECONDS,
                retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=2),
            )
        return filesystem, f"{address.netloc}{address.path}"


def checksum(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), found


def in_bucket(place: str) -> bool:
    return place.startswith("s3://")


def name_of(table: str, day: str, part: int) -> str:
    """``trade/2026-11-20.parquet``; rows of a day that came later have a number: ``trade/2026-11-20.2.parquet``."""
    return f"{table}/{day}.parquet" if part == 1 else f"{table}/{day}.{part}.parquet"


_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([2-9]|[1-9]\d{1,5}))?\.parquet")


def day_and_part(name: str) -> tuple[date, int] | None:
    """What ``name_of`` made the name of a file of; None for a name of another kind."""
    found = _NAME.fullmatch(name)
    try:
        return (date.fromisoformat(found[1]), int(found[2] or 1)) if found else None
    except ValueError:
        return None


def files_in(folder: Path) -> dict[str, int]:
    """The files of old rows in a folder of tables and their bytes, by name: ``trade/2026-11-20.parquet``.

    Raises OSError; a folder that is not there has none.
    """
    found: dict[str, int] = {}
    for table in STREAMED:
        with suppress(FileNotFoundError), os.scandir(folder / table) as entries:
            found |= {f"{table}/{e.name}": e.stat().st_size for e in entries if day_and_part(e.name) and e.is_file()}
    return found


class Draft:
    """A file beside ``target`` that takes its place, on disk, once it is kept; otherwise it goes away."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")

    def __enter__(self) -> "Draft":
        os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        return self

    def __exit__(self, *_: object) -> None:
        self.path.unlink(missing_ok=True)

    def keep(self) -> None:
        """Put it in its place. Close it first. Raises OSError."""
        self.path.replace(self._target)
        sync_folder(self._target.parent)


def sweep(folder: Path, stopped: Callable[[], bool]) -> None:
    """Remove the drafts that a killed program left below ``folder``."""
    for draft in folder.glob("*/.*.part"):
        if stopped():
            return
        draft.unlink(missing_ok=True)

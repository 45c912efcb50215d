"""A file that appears whole or not at all: whoever reads it, whenever, finds the old content or the new."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Only the owner may read and write.
PRIVATE = 0o600


@contextmanager
def whole_file(path: Path, mode: int = 0o666) -> Iterator[int]:
    """The handle of a new file that takes the place of ``path``, on disk, once all went well.

    Close what is opened over it first. Raises OSError; then, and after any other failure, the old content stands.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        try:
            yield handle
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_private(path: Path, content: bytes) -> None:
    """Replace the file's content at once; nobody but its owner may read it. Raises OSError as whole_file."""
    with whole_file(path, PRIVATE) as handle, os.fdopen(handle, "wb", closefd=False) as file:
        file.write(content)


def sweep(path: Path) -> None:
    """Remove what a killed program left half written beside ``path``."""
    for draft in path.parent.glob(f".{path.name}.*.part"):
        draft.unlink(missing_ok=True)


def sync_file(file: Path) -> None:
    """Put on disk what somebody else has written into a file. Raises OSError."""
    _sync(file, os.O_RDWR)


def sync_folder(folder: Path) -> None:
    """Put on disk that a file is there. Raises OSError."""
    if os.name == "nt":
        return
    _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

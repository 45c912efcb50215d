"""A file that appears whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from monitor.errors import Unusable


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Text to write to; it takes the place of ``path`` once all went well. Raises Unusable when it cannot."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with draft.open("x", encoding="utf-8", newline="") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror or error}.", detail=repr(error)) from error

"""The process in which files are written, read back and sent on, so that none of it is felt beside the stream.

It reads orders from its standard input and answers on its standard output, a line of JSON each; it ends when its input
does, so it never outlives the program. It fills drafts only: what takes whose place is decided by the program.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from monitor.errors import MonitorError
from monitor.store.connect import connect_reading
from monitor.store.tiers import parquet
from monitor.store.tiers.inspection import inspect
from monitor.store.tiers.places import Mismatch, Places
from monitor.store.tiers.tables import TABLES
from monitor.store.tiers.writing import keys_of, write_day

_NICE = 10
_LONGEST_REST = 0.25

Order = dict[str, Any]
Answer = dict[str, Any]


class Worker:
    """Does what it is told over the database at ``path``; ``gently`` rests as long as it works."""

    def __init__(self, path: Path, gently: bool, tell: Callable[[Answer], None]) -> None:
        self._connection = connect_reading(path)
        self._places = Places(path.parent)
        self._gently = gently
        self._tell = tell

    def do(self, order: Order) -> None:
        """Answer an order, the last answer with ``done``. Raises what went wrong."""
        orders = {
            "write": self._write,
            "inspect": self._inspect,
            "keys": self._keys,
            "checksum": self._checksum,
            "list": self._list,
            "copy": self._copy,
            "remove": self._remove,
        }
        orders[order["do"]](order)

    def _write(self, order: Order) -> None:
        table, day = TABLES[order["table"]], date.fromisoformat(order["day"])
        filled = write_day(self._connection, Path(order["draft"]), table, day, self._rest)
        self._tell({"done": asdict(filled)})

    def _inspect(self, order: Order) -> None:
        table, day = TABLES[order["table"]], date.fromisoformat(order["day"])
        found = inspect(self._connection, self._places, order["place"], table, day, self._rest)
        self._tell({"done": asdict(found)})

    def _keys(self, order: Order) -> None:
        for keys in keys_of(self._connection, self._places.source(order["place"]), TABLES[order["table"]]):
            self._tell({"keys": keys})
        self._tell({"done": None})

    def _checksum(self, order: Order) -> None:
        self._tell({"done": self._places.checksum(order["place"])})

    def _list(self, order: Order) -> None:
        self._tell({"done": self._places.listed(order["cold"])})

    def _copy(self, order: Order) -> None:
        path = self._places.path(order["place"])
        if self._places.checksum(order["place"]) != (order["bytes"], order["checksum"]):
            raise Mismatch(f"{path} is not what was written")
        self._tell({"done": self._places.copy(path, order["cold"], order["name"])})

    def _remove(self, order: Order) -> None:
        self._places.remove(order["place"])
        self._tell({"done": None})

    def _rest(self, seconds: float, rows: int) -> None:
        self._tell({"rows": rows})
        if self._gently:
            time.sleep(min(seconds, _LONGEST_REST))


def failure(error: Exception) -> Answer:
    """What went wrong, as ``process.raised`` reads it."""
    kinds = (Mismatch, FileNotFoundError, FileExistsError, MonitorError, OSError)
    kind = next((each.__name__ for each in kinds if isinstance(error, each)), "")
    known = isinstance(error, parquet.FAILURES)
    sentence = error.sentence if isinstance(error, MonitorError) else getattr(error, "strerror", None) or str(error)
    return {"failed": kind or ("Mismatch" if known else ""), "sentence": sentence, "detail": traceback.format_exc()}


def _orders() -> Iterator[Order]:
    for line in sys.stdin:
        yield json.loads(line)


def _tell(answer: Answer) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the input ends: ``worker DATABASE gently|briskly``."""
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(_NICE)
    worker = Worker(Path(sys.argv[1]), sys.argv[2] == "gently", _tell)
    for order in _orders():
        try:
            worker.do(order)
        except Exception as error:  # noqa: BLE001  told to the program, which logs it
            _tell(failure(error))


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):
        main()

"""The worker's process, as the program sees it: orders out, answers in, and an end at any moment."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from monitor.errors import StoreUnavailable
from monitor.store.tiers.ledger import TierFile
from monitor.store.tiers.places import Mismatch

_log = logging.getLogger(__name__)
_WORKER = "monitor.store.tiers.worker"
_END_SECONDS = 5.0


class Stopped(Exception):
    """The move was cancelled, or the program ends."""


class FileProcess:
    """Started by the first order; used on one thread. ``stopped`` is asked at every answer."""

    def __init__(self, database: Path, gently: bool, stopped: Callable[[], bool]) -> None:
        self._database = database
        self._pace = "gently" if gently else "briskly"
        self._stopped = stopped
        self._child: subprocess.Popen[str] | None = None

    def write(self, draft: Path, table: str, day: date, tell: Callable[[int], None]) -> dict[str, Any]:
        """Fill the draft; gives what ``writing.Filled`` says, and tells how many rows it holds by now.

        Raises OSError, StoreUnavailable and Stopped.
        """
        filled: dict[str, Any] = {}
        for answer in self._answers(do="write", draft=str(draft), table=table, day=day.isoformat()):
            if "rows" in answer:
                tell(answer["rows"])
            filled = answer.get("done", filled)
        return filled

    def inspect(self, place: str, table: str, day: date) -> dict[str, Any]:
        """Read all of a file; gives what ``inspection.Inspected`` says. Raises as ``write``; Mismatch for a file that
        is damaged or no such one."""
        return dict(self._outcome(do="inspect", place=place, table=table, day=day.isoformat()))

    def checksum(self, place: str) -> tuple[int, str]:
        """Bytes and SHA-256 of a file, wherever it is. Raises as ``write``."""
        size, found = self._outcome(do="checksum", place=place)
        return size, found

    def listed(self, cold: str) -> dict[str, int]:
        """The files of the cold tier and their bytes, by place. Raises as ``write``."""
        return dict(self._outcome(do="list", cold=cold))

    def keys(self, file: TierFile) -> Iterator[list[list[Any]]]:
        """The keys of the file's rows, a slice at a time. Raises as ``write``."""
        for answer in self._answers(do="keys", table=file.table, place=file.place):
            if "keys" in answer:
                yield answer["keys"]

    def copy(self, file: TierFile, cold: str, name: str) -> str:
        """Copy the file to the cold tier and read it back; gives its place there. Raises as ``write``; Mismatch for a
        file that is no longer what the ledger says, FileExistsError where another one is in that place."""
        return str(
            self._outcome(do="copy", place=file.place, bytes=file.bytes, checksum=file.checksum, cold=cold, name=name)
        )

    def remove(self, place: str) -> None:
        """Remove a file, wherever it is. Raises as ``write``."""
        self._outcome(do="remove", place=place)

    def kill(self) -> None:
        """End what it does at once; from any thread."""
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """End the process, whatever it does."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate(timeout=_END_SECONDS)

    def _outcome(self, **order: Any) -> Any:
        return list(self._answers(**order))[-1]["done"]

    def _answers(self, **order: Any) -> Iterator[dict[str, Any]]:
        """Up to the one that says ``done``."""
        child = self._child = self._child or self._start()
        assert child.stdin is not None  # noqa: S101  piped
        assert child.stdout is not None  # noqa: S101
        try:
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
        except OSError:
            _log.warning("the worker's process takes no more orders")
        while line := child.stdout.readline():
            if self._stopped():
                raise Stopped
            answer = json.loads(line)
            if "failed" in answer:
                raise raised(answer)
            yield answer
            if "done" in answer:
                return
        if self._stopped():
            raise Stopped
        self.close()
        raise StoreUnavailable(
            "The process that writes files has ended by itself; what it did not end stays as it was."
        )

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", _WORKER, str(self._database), self._pace],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)
            | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )


def raised(answer: dict[str, Any]) -> Exception:
    """The error that the worker told of."""
    kind, sentence = answer["failed"], answer["sentence"]
    _log.info("the worker failed: %s", answer["detail"])
    if kind == "FileNotFoundError":
        return FileNotFoundError(2, sentence)
    if kind == "FileExistsError":
        return FileExistsError(17, sentence)
    if kind == "Mismatch":
        return Mismatch(5, sentence)
    if kind == "OSError":
        return OSError(5, sentence)
    known = sentence if kind == "MonitorError" else "Files could not be written; the log has the details."
    return StoreUnavailable(known, answer["detail"])

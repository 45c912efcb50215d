"""A lock that one holder at a time has, and that no child process keeps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.file_lock import FileLock


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "x.lock"), FileLock(tmp_path / "x.lock")
    assert first.take()
    assert first.take()  # still ours
    assert not second.take()
    assert (first.held, second.held) == (True, False)
    first.release()
    first.release()
    assert second.take()
    second.release()


def test_a_program_that_was_started_meanwhile_does_not_keep_it(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "x.lock"), FileLock(tmp_path / "x.lock")
    assert first.take()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        first.release()
        assert second.take()
    finally:
        second.release()
        child.communicate(b"\n")


@pytest.mark.skipif(sys.platform == "win32", reason="left out: Windows starts programs without a fork")
def test_nor_does_one_that_is_just_being_started(tmp_path: Path) -> None:
    """Between fork and exec a child has every handle of its parent, as a copy has."""
    first, second = FileLock(tmp_path / "x.lock"), FileLock(tmp_path / "x.lock")
    assert first.take()
    assert first._handle is not None
    copy = os.dup(first._handle)
    try:
        first.release()
        assert second.take()
    finally:
        second.release()
        os.close(copy)


def test_a_folder_that_cannot_be_locked_is_no_lock_that_somebody_holds(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "none" / "x.lock").take()

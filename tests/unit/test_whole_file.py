"""A file that is replaced: readers see the old or the new, failures leave the old, and nothing is left lying about."""

import os
from pathlib import Path

import pytest

from monitor.whole_file import sweep, whole_file, write_private


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    return path


def test_whoever_has_it_open_goes_on_reading_the_old_one(path: Path) -> None:
    with path.open("rb") as reader:
        write_private(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600


def test_after_a_failure_the_old_content_stands_alone(path: Path) -> None:
    def write_half() -> None:
        with whole_file(path) as handle:
            os.write(handle, b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"old"
    assert [file.name for file in path.parent.iterdir()] == ["x.bin"]


def test_a_place_that_is_taken_by_a_folder_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="x"):
        write_private(tmp_path / "x", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def test_what_a_killed_program_left_is_swept_away_and_nothing_else(path: Path) -> None:
    for name in (".x.bin.0123.part", ".y.bin.0123.part"):
        (path.parent / name).write_bytes(b"")
    sweep(path)
    assert sorted(file.name for file in path.parent.iterdir()) == [".y.bin.0123.part", "x.bin"]

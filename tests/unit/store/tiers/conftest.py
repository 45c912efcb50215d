"""The folders that old rows go to, and what another program does to the database meanwhile."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.ports import StorageRules

Change = Callable[..., None]


@pytest.fixture
def warm(path: Path) -> Path:
    return path.parent / "warm"


@pytest.fixture
def nas(tmp_path: Path) -> Path:
    """A folder for cold files, which is not there yet."""
    return tmp_path / "nas"


@pytest.fixture
def to_nas(nas: Path) -> StorageRules:
    return StorageRules(cold=str(nas))


@pytest.fixture
def change(path: Path) -> Change:
    """``change(sql, *values)``: what another program would do to the database while this one runs."""

    def run(sql: str, *values: object) -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as connection:
            connection.execute(sql, values)

    return run

"""A store in a folder of its own, what it complains of, and a look at the file by SQLite alone."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.store import Store, open_store
from tests.support.first_version import make_first_version

Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A test that leaves a thread of the store behind fails."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("store")] == []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "monitor.db"


@pytest.fixture
def first(path: Path) -> Path:
    """A database as the first version made it."""
    make_first_version(path)
    return path


@pytest.fixture
def troubles() -> "asyncio.Queue[str]":
    """The sentences the store gave to ``on_trouble``."""
    return asyncio.Queue()


@pytest.fixture
async def store(path: Path, troubles: "asyncio.Queue[str]") -> AsyncIterator[Store]:
    opened = open_store(path, sandbox=True, on_trouble=troubles.put_nowait)
    yield opened
    await opened.close()


@pytest.fixture
def rows(path: Path) -> Rows:
    """``rows(sql, *values)``: what another program reads from the file."""

    def read(sql: str, *values: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(path)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    return read

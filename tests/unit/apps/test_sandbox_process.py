"""The sandbox as a child of the desktop program."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.apps import sandbox_process
from monitor.apps.sandbox_process import SandboxProcess
from monitor.errors import Unusable


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SandboxProcess]:
    process = SandboxProcess(None, tmp_path / "logs" / "sandbox.log")
    yield process
    process.stop()


async def test_it_says_where_it_listens_and_its_end_is_noticed(
    process: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_process, "_LOOK_SECONDS", 0.01)
    assert process.address().control_url.startswith("http://127.0.0.1:")
    ended = asyncio.ensure_future(process.ended())
    await asyncio.sleep(0)
    assert not ended.done()
    os.kill(process._process.pid, signal.SIGTERM)
    await asyncio.wait_for(ended, 60)


def test_one_that_cannot_start_is_one_sentence_and_its_log_is_the_owners(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "sandbox.log"
    process = SandboxProcess(tmp_path / "no such file", log)
    with pytest.raises(Unusable, match="did not start"):
        process.address()
    process.stop()
    assert log.read_text()
    assert os.name == "nt" or log.stat().st_mode & 0o077 == 0

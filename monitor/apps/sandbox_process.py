"""The sandbox as a child process of the desktop program: started, asked where it listens, and ended with us."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from monitor.errors import Unusable
from monitor.schwab.headless import SandboxDetails

_LOOK_SECONDS = 0.5


class SandboxAddress(SandboxDetails, frozen=True):
    """What the sandbox prints when it listens; its credentials open nothing but the sandbox."""

    base_url: str
    control_url: str


class SandboxProcess:
    """A running sandbox. It ends by itself when this program does, because its standard input then closes."""

    def __init__(self, replay: Path | None, log: Path) -> None:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "monitor"]
        options = ["sandbox", "--port", "0", "--until-stdin-closes"]
        if replay is not None:
            options += ["--replay", str(replay)]
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as errors:
            self._process = subprocess.Popen(
                program + options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )

    def address(self) -> SandboxAddress:
        """Wait for the sandbox's first line. Raises Unusable when it ends without one."""
        assert self._process.stdout is not None  # noqa: S101  PIPE was asked for above
        line = self._process.stdout.readline()
        try:
            return msgspec.json.decode(line, type=SandboxAddress)
        except msgspec.DecodeError as error:
            raise Unusable(
                "The sandbox did not start; its log is sandbox.log in the logs folder.", str(error)
            ) from None

    async def ended(self) -> None:
        """Wait until the process has ended, for whatever reason."""
        while self._process.poll() is None:  # noqa: ASYNC110  a thread that waits could not be called off
            await asyncio.sleep(_LOOK_SECONDS)

    def stop(self) -> None:
        """Close its input, so that it ends; end it the hard way if it does not within three seconds."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

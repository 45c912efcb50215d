"""How the stream, the recording and the process are doing, and raw frames for whoever looks closely."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from monitor.ports.stream import StreamPhase


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """How one streamer service is doing; times in ms, ``None`` where there is nothing to tell yet.

    ``rate`` is items a second over the last ten seconds, ``lag_ms`` the receive time less the time the streamer sent
    it (median of the last minute, less what is known of this machine's clock), ``quiet`` the symbols that should have
    sent something and did not, ``gaps`` the holes of today.
    """

    service: str
    symbols: int
    age_ms: int | None
    rate: float
    lag_ms: float | None
    items: int
    rejected: int
    sentence: str = ""
    ok: bool = True
    quiet: tuple[str, ...] = ()
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """How the stream's connection is doing; ``since_ms`` is when its phase began.

    ``clock_ms`` is how far this machine's clock is ahead of the streamer's (negative: behind), as far as heartbeats
    tell it; None where there is nothing worth telling. ``rejected`` counts by kind what could not be read.
    """

    phase: StreamPhase
    sentence: str = ""
    since_ms: int | None = None
    reconnects: int = 0
    host: str = ""
    clock_ms: int | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """What this program takes of the machine; ``cpu`` is the share of one core since the last question."""

    memory_bytes: int | None
    cpu: float | None


class Health(Protocol):
    """How the stream, the recording and the connection are doing, for whoever wants to look closely."""

    def services(self) -> list[ServiceHealth]: ...

    def connection(self) -> ConnectionHealth: ...

    def process(self) -> ProcessHealth: ...

    def restart(self, service: str = "") -> None:
        """Ask for a service's symbols anew; without a service, connect anew."""

    def report(self) -> str:
        """All of it as text that can be given away: no secret, no account."""


class FrameFile(Protocol):
    """Writes the stream's frames as they came into a file that the sandbox can replay."""

    @property
    def path(self) -> Path | None:
        """The file being written, or None."""

    @property
    def frames(self) -> int:
        """How many frames are in it so far."""

    def start(self, path: Path) -> None:
        """Write every frame from now on. Raises Unusable when the file cannot be written."""

    def stop(self) -> None: ...

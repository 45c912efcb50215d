"""What the screen needs besides: figures, preferences, and whose profile it shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from monitor.ports.archive import StoreMeter
from monitor.ports.requests import RequestMeter


class Meters(Protocol):
    """The figures of the status bar, read when it repaints."""

    def requests(self) -> RequestMeter: ...

    def store(self) -> StoreMeter: ...

    def stream_age_ms(self) -> int | None:
        """Milliseconds since the last frame of any kind, or None when there is no connection."""

    def stream_lag_ms(self) -> float | None:
        """How late everything is that comes; None when nothing came for some seconds."""

    def now_ms(self) -> int: ...


class Preferences(Protocol):
    """Small settings of the screen, kept in the profile's own settings file."""

    def get(self, key: str, default: str = "") -> str: ...

    def set(self, key: str, value: str) -> None: ...

    def get_bytes(self, key: str) -> bytes: ...

    def set_bytes(self, key: str, value: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """The program that holds a profile: it alone writes the database, renews the sign-in and streams.

    ``program`` is empty, and ``since_ms`` 0, where one holds it that has not said who it is.
    """

    program: str  # "window" or "collector"
    pid: int
    since_ms: int

    @property
    def name(self) -> str:
        """Words for it within a sentence."""
        return f"the {self.program} (process {self.pid})" if self.program else "another Market Monitor"


@dataclass(frozen=True, slots=True)
class Profile:
    """Which world this program instance lives in: the sandbox's or the real one, and where its files are."""

    sandbox: bool
    data_dir: Path

"""What each command was asked to do, as plain values: the command line makes them, the programs take them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GuiOptions:
    """The window. ``tour`` is a folder: the guided tour runs and leaves its pictures and CSV there."""

    sandbox: bool = False
    replay: Path | None = None
    data_dir: Path | None = None
    screenshot: Path | None = None
    quit_after: float | None = None
    tour: Path | None = None
    offscreen: bool = False


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """Recording without a screen. ``books`` are symbols too; ``seconds`` None records until interrupted."""

    symbols: tuple[str, ...]
    books: tuple[str, ...] = ()
    sandbox_url: str = ""
    seconds: float | None = None
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Recorded rows to a file. ``interval``, ``start`` and ``end`` are as typed; an empty text means no limit."""

    what: str
    symbols: tuple[str, ...]
    out: Path
    interval: str = "1m"
    start: str = ""
    end: str = ""
    data_dir: Path | None = None
    venues: bool = False


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """The check-up. ``json`` prints it for programs instead of people."""

    json: bool = False
    data_dir: Path | None = None

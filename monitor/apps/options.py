"""What each command was asked to do, as plain values: the command line makes them, the programs take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.market.bar import Interval


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

    @property
    def sandboxed(self) -> bool:
        """A replay is played by the sandbox too."""
        return self.sandbox or self.replay is not None

    @property
    def unattended(self) -> bool:
        """Whether nobody sits in front of the window, which then ends by itself."""
        return bool(self.screenshot or self.quit_after or self.tour)

    @property
    def chosen_folder(self) -> Path | None:
        """The data folder asked for; a tour keeps its data beside its pictures."""
        return self.data_dir or (self.tour / "data" if self.tour else None)


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """Recording without a screen. ``books`` are symbols too; ``seconds`` None records until interrupted.

    ``subscribe`` are pairs of a streamer service and one of its keys, for what the symbols do not bring.
    Where another program holds the data folder, ``take_over`` asks it to give up, ``stand_by`` waits for its end.
    """

    symbols: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    subscribe: Sequence[tuple[str, str]] = ()
    sandbox_url: str = ""
    seconds: float | None = None
    hours: str = "always"  # extended or regular: those of the market
    record_raw: Path | None = None  # where the frames go as they came
    take_over: bool = False
    stand_by: bool = False
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Recorded rows to a file; the range is [start_ms, end_ms) UTC. A ``recipe`` by name says all of it but ``out``."""

    what: str | None
    symbols: tuple[str, ...]
    out: Path | None
    interval: "Interval"
    start_ms: int
    end_ms: int
    data_dir: Path | None = None
    venues: bool = False
    hours: str = "always"  # of bars within the day
    zone: str = "new-york"
    decimal: str = "point"
    sidecar: bool = True
    recipe: str = ""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Bars of a CSV into the database; ``interval`` None finds it from the file."""

    file: Path
    symbol: str = ""
    interval: "Interval | None" = None
    zone: str = "new-york"  # of times without an offset
    replace: bool = False  # Schwab's own bars too
    preview: bool = False  # tell what is in the file, and store nothing
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """The check-up. ``json`` prints it for programs instead of people."""

    json: bool = False
    data_dir: Path | None = None

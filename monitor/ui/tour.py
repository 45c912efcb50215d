"""The guided tour: the program used as a person would, with a picture of every stop and a CSV at the end."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, SignalInstance
from PySide6.QtWidgets import QWidget

from monitor.errors import Unusable
from monitor.live.events import HistoryProgress, StreamChanged
from monitor.market.bar import Interval
from monitor.ports import StreamPhase, Wanted
from monitor.ui.export.forms import ChartForm
from monitor.ui.signin.dialog import SignInDialog
from monitor.ui.view_ports import ViewPorts
from monitor.ui.window import MainWindow

#: A page is painted a moment after it has loaded.
_PAINTED_MS = 500
_SIZE = (1600, 900)


def press_enter_on_every_page(dialog: SignInDialog, before: Callable[[], None] = lambda: None) -> None:
    """Go through the sandbox's sign-in pages, whose forms are filled in already; ``before`` runs ahead of each."""

    def press() -> None:
        before()
        dialog.press_enter()

    dialog.page_loaded.connect(lambda _: QTimer.singleShot(_PAINTED_MS, dialog, press))


def _first(signal: SignalInstance) -> "asyncio.Future[Any]":
    """What the signal carries when it is next sent."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def settle(value: object) -> None:
        if not future.done():
            future.set_result(value)

    signal.connect(settle)
    return future


class Tour:
    """Signs in, watches, charts, reads the book and exports; ``say`` hears a sentence about each stop."""

    def __init__(self, window: MainWindow, ports: ViewPorts, folder: Path, say: Callable[[str], None]) -> None:
        self._window = window
        self._ports = ports
        self._folder = folder.absolute()
        self._say = say
        self._pictures = 0
        self._streaming = False
        self._loaded: set[str] = set()
        ports.bus.listen(StreamChanged, self._hear_stream)
        ports.bus.listen(HistoryProgress, self._hear_history)

    async def run(self) -> None:
        """The whole tour. Raises Unusable when a stop is not reached in time."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._window.resize(*_SIZE)
        await self._sign_in()
        await self._watch()
        await self._look_around()
        await self._export()

    async def _sign_in(self) -> None:
        dialog = self._window.open_sign_in()
        ended = _first(dialog.sign_in_finished)
        press_enter_on_every_page(dialog, lambda: self._picture("sign-in", dialog))
        try:
            signed_in = await asyncio.wait_for(ended, 30)
        except TimeoutError:
            raise Unusable("The tour ended early: the sign-in page did not answer within 30 s.") from None
        if not signed_in:
            raise Unusable("The tour ended early: the sandbox refused the sign-in.")
        self._say("Signed in through the embedded browser.")

    async def _watch(self) -> None:
        symbol = self._window.link.symbol
        await self._until(lambda: self._streaming, "the stream")
        await self._until(lambda: self._window.chart.bar_count > 50, f"the history of {symbol}")
        await self._until(lambda: bool(self._ports.board.books(symbol)), f"the book of {symbol}")
        await self._until(lambda: len(self._ports.board.tape(symbol)) >= 5, f"prints of {symbol}")
        await self._until(lambda: symbol in self._loaded, f"all history of {symbol}")
        self._picture("market")
        self._say(f"Watching {symbol}: quotes, chart, Level 2 book and time & sales are live.")
        await asyncio.sleep(3)
        self._picture("market-3-seconds-later")

    async def _look_around(self) -> None:
        for interval in (Interval.M5, Interval.DAY):
            self._window.set_interval(interval)
            await asyncio.sleep(1)
            self._picture(f"chart-{interval.label}")
        self._window.set_interval(Interval.M1)
        self._window.commands.colours.trigger()
        self._window.resize(1280, 720)
        await asyncio.sleep(1)
        self._picture("light-1280x720")
        self._window.commands.colours.trigger()
        self._window.resize(*_SIZE)
        self._say("Looked at 5-minute and daily bars, and at the light colours.")

    async def _export(self) -> None:
        """Export what is on disk of the symbol, once nothing more is added to it, so that file and database agree."""
        for owner in ("watchlist", "chart", "book", "tape"):
            self._ports.watching.want(owner, Wanted())
        await self._ports.recorder.flushed()
        dialog = self._window.exporting.open_chart()
        form = dialog.form
        if isinstance(form, ChartForm):
            form.on_disk.setChecked(True)
        path = self._folder / Path(dialog.path.text()).name
        path.unlink(missing_ok=True)  # of an earlier tour
        dialog.path.setText(str(path))
        written = _first(dialog.exported)
        dialog.begin()
        try:
            result = await asyncio.wait_for(written, 20)
        except TimeoutError:
            raise Unusable(f"The tour ended early: the export said “{dialog.sentence.text()}”") from None
        self._picture("export", dialog)
        dialog.close()
        self._say(f"Exported {result.rows:,} bars to {result.path}.")

    async def _until(self, reached: Callable[[], bool], what: str, seconds: float = 30) -> None:
        for _ in range(int(seconds * 20)):
            if reached():
                return
            await asyncio.sleep(0.05)
        raise Unusable(f"The tour ended early: {what} did not come within {seconds:.0f} s.")

    def _picture(self, name: str, widget: QWidget | None = None) -> None:
        self._pictures += 1
        path = self._folder / f"{self._pictures:02d}-{name}.png"
        if not (widget or self._window).grab().save(str(path)):
            raise Unusable(f"The picture {path} could not be written.")
        self._say(f"Picture: {path}")

    def _hear_stream(self, change: StreamChanged) -> None:
        self._streaming = change.phase is StreamPhase.LIVE

    def _hear_history(self, progress: HistoryProgress) -> None:
        if progress.finished:
            self._loaded.add(progress.symbol)

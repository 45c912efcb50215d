"""The desktop program: one world after the other on the screen, each while its profile is ours."""

import asyncio
import logging
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from monitor.apps import crash, logs
from monitor.apps.garbage import collected_here
from monitor.apps.holding import Conversation, Held
from monitor.apps.machine import settle_browser
from monitor.apps.options import GuiOptions
from monitor.apps.ownership import Ownership, holds
from monitor.apps.screen import Screen
from monitor.apps.settings import data_dir, read_settings
from monitor.errors import MonitorError, Unusable
from monitor.interrupt import Interrupt
from monitor.ports import Owner
from monitor.store import OpeningStopped
from monitor.ui.owner.curtain import Curtain
from monitor.ui.owner.window import OwnerWindow
from monitor.ui.theme import Theme

_log = logging.getLogger(__name__)


def run(options: GuiOptions, interrupt: Interrupt) -> int:
    """Open the window and give the exit code once it is closed. Raises MonitorError when it cannot start."""
    qInstallMessageHandler(_log_qt)
    # QtWebEngine is imported only when somebody signs in, which this attribute allows.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication(["market-monitor"])
    application.setApplicationName("Market Monitor")
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)  # leaving goes through the services' own ending
    loop = QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(_main(options, interrupt))
    return 0


@collected_here()
async def _main(options: GuiOptions, interrupt: Interrupt) -> None:
    """Go from world to world until the person leaves. Raises MonitorError when the first cannot open."""
    sandbox: bool | None = options.sandboxed
    before: bool | None = None
    warning = crash.last_crash()
    curtain = Curtain()
    while sandbox is not None:
        try:
            visit = _Visit(options, sandbox, before, interrupt, curtain)
            sandbox, before, warning = await visit.run(warning), sandbox, ""
        except MonitorError as error:
            if before is None:
                raise
            _log.warning("the other world does not open: %s %s", error.sentence, error.detail)
            sandbox, before, warning = before, None, error.sentence
        if sandbox is not None:  # whichever way it goes on, there is something to see until the next window
            curtain.fall(f"Opening {_named(sandbox)}…")


class _Visit:
    """One world, from getting hold of its profile until the person leaves it. ``before`` is the world they came from.

    The data folder that was asked for is that of the world that was asked for; the other world has its own.
    """

    def __init__(
        self, options: GuiOptions, sandbox: bool, before: bool | None, interrupt: Interrupt, curtain: Curtain
    ) -> None:
        self._options = options
        self._sandbox = sandbox
        self._before = before
        self._interrupt = interrupt
        self._curtain = curtain
        self._folder = data_dir(sandbox, options.chosen_folder if sandbox == options.sandboxed else None)
        self._ownership = Ownership(self._folder, "window")

    async def run(self, warning: str) -> bool | None:
        """The world to go to next, or None. Raises MonitorError when this one cannot open."""
        warning = _log_into(self._folder) or warning
        settle_browser(self._sandbox)
        taken_by: Owner | None = None
        try:
            while True:
                held = await self._get_hold(taken_by)
                if held is None:
                    return None if self._interrupt.wanted else self._before
                screen = Screen(
                    *(self._options, self._sandbox, self._folder, self._ownership, self._interrupt, self._curtain),
                    back=_named(self._before),
                )
                following = await screen.run(held, warning)
                self._ownership.release()
                taken_by, warning = following.taken_by, ""
                if taken_by is None:
                    return following.sandbox
                if self._options.unattended:
                    raise MonitorError(f"Handed over to {taken_by.name}.")
        except OpeningStopped:
            return None if self._interrupt.wanted else self._before
        finally:
            self._ownership.release()

    async def _get_hold(self, taken_by: Owner | None) -> Held | None:
        """Make the profile ours, or stand by for the program that took it; None when the person leaves.

        Raises Unusable when there is nobody to ask.
        """
        owner = taken_by or self._ownership.take()
        if owner is None:
            return Held()
        if self._options.unattended:
            raise Unusable(f"{holds(owner)}. Close it first, or use another --data-dir.")
        theme = Theme()
        theme.restore(self._settings())
        window = OwnerWindow(theme, self._sandbox, _way_back(self._before))
        held = list[Held]()

        async def talk() -> None:
            held.extend(filter(None, [await Conversation(self._ownership, window, owner, taken_by is not None).run()]))

        window.show()
        self._curtain.hide()
        await self._interrupt.cuts_short(talk())
        window.close()
        window.deleteLater()
        return held[0] if held else None

    def _settings(self) -> dict[str, str]:
        """What the person has chosen; none where the file cannot be read, which is its owner's business."""
        try:
            return read_settings(self._folder / "settings.json")
        except Unusable:
            return {}


def _log_into(folder: Path) -> str:
    """Keep the log of this world in its own folder; gives a sentence when it crashed there the last time."""
    if logs.log_file() == folder / "logs" / logs.FILE_NAME:
        return ""
    logs.set_up_file(folder)
    return crash.set_up(folder)


def _way_back(before: bool | None) -> str:
    return "" if before is None else f"Go back to {_named(before)}."


def _named(world: bool | None) -> str:
    """The world that is the sandbox's or not, for people; empty for none."""
    return "" if world is None else "the sandbox" if world else "the live market"


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """What Qt has to say belongs in the log, not on the terminal."""
    serious = kind in {QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg}
    logging.getLogger("qt").log(logging.ERROR if serious else logging.INFO, "%s", message)

"""A first run in the whole program, offscreen, by a scripted person: the sandbox first, then an account of one's own.

``python -m tests.support.first_run FOLDER`` leaves a picture of every page in FOLDER, and prints what the person reads
on the way. A sandbox poses as Schwab. The developer key is typed with the two mistakes that people make with its
callback address: one is noticed while it is typed, the other by Schwab alone.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from qasync import QEventLoop

from monitor.apps import desktop, settings, world
from monitor.apps.options import GuiOptions
from monitor.apps.world import World
from monitor.interrupt import Interrupt
from monitor.schwab.address import Address
from monitor.ui.signin import browser
from monitor.ui.signin.dialog import SignInDialog
from monitor.ui.signin.walls import Way
from monitor.ui.tour import press_enter_on_every_page
from monitor.ui.window import MainWindow
from tests.support.sandbox import RunningSandbox, running_sandbox

LIVE, SANDBOX = "Market Monitor", "Market Monitor — SANDBOX"
PASSPHRASE = "four unrelated words: owl, brick, jam, tide"
_PATIENCE_SECONDS = 30.0
#: What was just typed is laid out and painted by then.
_SETTLED_SECONDS = 0.1


class Person:
    """Goes through the guide as a person would who has read nothing before."""

    def __init__(self, folder: Path, schwab: RunningSandbox) -> None:
        self._folder = folder
        self._schwab = schwab
        self._pictures = 0

    async def play(self) -> None:
        """The whole first run. Raises TimeoutError when a page does not come."""
        guide = await self._guide(LIVE)
        await self._picture("welcome", guide)
        guide.welcome.what.click()
        await self._picture("what-is-needed", guide)
        guide.welcome.sandbox.click()
        await self._use_the_sandbox()
        guide = await self._guide(LIVE)
        guide.welcome.account.click()
        await self._settle(guide)
        await self._meet_a_wall(guide)
        await self._sign_in(guide, LIVE)

    async def _use_the_sandbox(self) -> None:
        guide = await self._guide(SANDBOX)
        await self._sign_in(guide, SANDBOX)
        self._window(SANDBOX).commands.other_world.trigger()

    async def _settle(self, guide: SignInDialog) -> None:
        """Terms, the developer key with a mistake that is noticed at once, and where the sign-in is kept."""
        await self._picture("terms", guide)
        guide.terms.non_professional.click()
        await self._picture("terms-chosen", guide)
        guide.terms.accept.click()
        await self._picture("key", guide)
        _type(guide.key.client_id.line, self._schwab.client_id)
        _type(guide.key.secret.line, self._schwab.client_secret)
        _type(guide.key.callback.line, self._schwab.callback_url.replace("https", "HTTPS"))
        await self._picture("key-stopped", guide)
        _read(guide.key.callback.remark.text(), _can_go_on(guide))
        _type(guide.key.callback.line, self._schwab.callback_url.rstrip("/"))
        await self._picture("key-unusual", guide)
        _read(guide.key.callback.remark.text(), _can_go_on(guide))
        guide.key.go.click()
        await self._picture("keeping", guide)
        _type(guide.keep.passphrase, PASSPHRASE)
        _type(guide.keep.again, PASSPHRASE)
        await self._picture("keeping-typed", guide)
        guide.keep.keep.click()

    async def _meet_a_wall(self, guide: SignInDialog) -> None:
        """Schwab refuses a callback without its slash; the key is changed, and the page asked for again."""
        card = guide.browser.card
        await _until(card.isVisible, "the wall of a wrong callback")
        await self._picture("wall", guide)
        _read(card.sentence.text())
        card.buttons[Way.KEY].click()
        await self._picture("key-change", guide)
        _type(guide.key.secret.line, self._schwab.client_secret)
        _type(guide.key.callback.line, self._schwab.callback_url)
        _read(guide.key.callback.remark.text(), _can_go_on(guide))
        guide.key.go.click()
        guide.page.other.click()
        await self._picture("other-ways", guide)
        guide.back.click()

    async def _sign_in(self, guide: SignInDialog, title: str) -> None:
        """Log in and allow the access on the pages, whose forms are filled in already, and watch the market."""
        ends: list[bool] = []
        guide.sign_in_finished.connect(ends.append)
        press_enter_on_every_page(guide, lambda: self._take_picture("page", guide))
        await _until(lambda: ends, f"the sign-in of {title}")
        _read(title, "signed in" if ends[0] else "refused")
        window = self._window(title)
        await _until(lambda: window.chart.bar_count > 50, f"the history of {title}")
        await _until(lambda: window.tape.table.model().rowCount() > 0, f"prints of {title}")
        await self._picture("window", window)
        _read(title, "streams")

    async def _guide(self, title: str) -> SignInDialog:
        def found() -> list[SignInDialog]:
            windows = [each for each in _windows() if each.windowTitle() == title]
            return [dialog for each in windows for dialog in each.findChildren(SignInDialog) if dialog.isVisible()]

        await _until(found, f"the guide of {title}")
        return found()[0]

    def _window(self, title: str) -> MainWindow:
        return next(window for window in _windows() if window.windowTitle() == title)

    async def _picture(self, name: str, widget: QWidget) -> None:
        await asyncio.sleep(_SETTLED_SECONDS)
        self._take_picture(name, widget)

    def _take_picture(self, name: str, widget: QWidget) -> None:
        self._pictures += 1
        widget.grab().save(str(self._folder / f"{self._pictures:02d}-{name}.png"))


def _read(*words: str) -> None:
    sys.stdout.write(f"{' '.join(words)}\n")
    sys.stdout.flush()


def _windows() -> list[MainWindow]:
    return [
        widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow) and widget.isVisible()
    ]


def _can_go_on(guide: SignInDialog) -> str:
    return "Continue is on." if guide.key.go.isEnabled() else "Continue is off."


def _type(line: QLineEdit, text: str) -> None:
    line.selectAll()
    QTest.keyClicks(line, text)


async def _until(reached: Callable[[], object], what: str) -> None:
    for _ in range(int(_PATIENCE_SECONDS * 20)):
        if reached():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{what} did not come")


@contextmanager
def posing(folder: Path, schwab: RunningSandbox) -> Iterator[None]:
    """The program finds its data in ``folder``, no password store, and ``schwab`` where Schwab should be."""
    live = World(Address(schwab.base_url), (urlsplit(schwab.base_url).netloc,))
    with (
        patch.dict(os.environ, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"),
        patch.object(settings, "default_data_dir", lambda sandbox: folder / ("sandbox" if sandbox else "live")),
        patch.object(world, "live_world", lambda: live),
        # As root Chromium opens no page of the real Schwab; this one is none.
        patch.object(browser, "refuse_unsafe_environment", lambda _sandbox: None),
    ):
        yield


async def _run(person: Person) -> None:
    interrupt = Interrupt()
    program = asyncio.create_task(desktop._main(GuiOptions(), interrupt))
    playing = asyncio.create_task(person.play())
    await asyncio.wait({program, playing}, return_when=asyncio.FIRST_COMPLETED)
    interrupt.want()
    await program
    await playing


def main(folder: Path) -> None:
    """Play it, with pictures and data in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(["market-monitor"])
    application.setQuitOnLastWindowClosed(False)
    with running_sandbox() as schwab, posing(folder, schwab), QEventLoop(application) as loop:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_run(Person(folder, schwab)))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    main(Path(sys.argv[1]))

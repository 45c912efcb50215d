"""The desktop program from world to world, without processes: what refuses to open, and what it does by itself."""

import asyncio
from itertools import count
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.apps import desktop, ownership, screen, world
from monitor.apps.options import GuiOptions
from monitor.apps.ownership import Ownership
from monitor.apps.sandbox_process import SandboxAddress
from monitor.apps.wiring import running_services
from monitor.errors import Unusable
from monitor.interrupt import Interrupt
from monitor.schwab.address import Address
from monitor.store import Store
from monitor.ui.owner.curtain import Curtain
from monitor.ui.window import MainWindow
from tests.support.ports import until

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def alone(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live world in which nothing answers, a sandbox's folder that cannot be made, and the log left as it is."""
    monkeypatch.setattr(world, "live_world", lambda: world.World(Address(NOWHERE), ("127.0.0.1:9",)))
    (tmp_path / "file").touch()
    monkeypatch.setattr("monitor.apps.settings.default_data_dir", lambda _: tmp_path / "file" / "sandbox")
    monkeypatch.setattr(desktop, "_log_into", lambda _: "")


def main_windows() -> list[MainWindow]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()]


async def test_a_window_that_nobody_sits_in_front_of_does_not_ask(tmp_path: Path) -> None:
    collector = Ownership(tmp_path, "collector")
    assert collector.take() is None
    with pytest.raises(Unusable, match=r"^The collector \(process .*\. Close it first, or use another --data-dir\.$"):
        await desktop._main(GuiOptions(data_dir=tmp_path, quit_after=1), Interrupt())
    collector.release()


async def test_a_world_that_does_not_open_leads_back_to_the_one_before(tmp_path: Path) -> None:
    running = asyncio.create_task(desktop._main(GuiOptions(data_dir=tmp_path / "live"), Interrupt()))
    await until(main_windows)
    first = main_windows()[0]
    first.world_wanted.emit(True)
    await until(lambda: any(isinstance(w, Curtain) and w.isVisible() for w in QApplication.topLevelWidgets()))
    await until(lambda: main_windows() not in ([], [first]))
    again = main_windows()[0]
    assert again.windowTitle() == "Market Monitor"
    assert not any(isinstance(w, Curtain) and w.isVisible() for w in QApplication.topLevelWidgets())
    await until(lambda: "cannot be written to" in again.messages.text)
    again.close()
    await asyncio.wait_for(running, 60)


async def test_a_wish_to_see_the_window_is_left_alone_once_it_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks then would otherwise be told that the window is shown, and end without one."""
    monkeypatch.setattr(ownership, "LOOK_SECONDS", 0.01)
    goes_on, ending = asyncio.Event(), asyncio.Event()
    close = Store.close

    async def slowly(store: Store) -> None:
        ending.set()
        await goes_on.wait()
        await close(store)

    monkeypatch.setattr(Store, "close", slowly)
    running = asyncio.create_task(desktop._main(GuiOptions(data_dir=tmp_path), Interrupt()))
    await until(main_windows)
    main_windows()[0].close()
    await ending.wait()
    other = Ownership(tmp_path, "window")
    assert other.take() is not None
    asking = asyncio.create_task(other.show())
    await until((tmp_path / "owner.wish").exists)
    looks = count()
    await until(lambda: next(looks) > 50)
    assert not asking.done()
    asking.cancel()
    await asyncio.wait({asking})
    goes_on.set()
    await asyncio.wait_for(running, 60)


async def test_ctrl_c_ends_the_question_too(tmp_path: Path) -> None:
    collector, interrupt = Ownership(tmp_path, "collector"), Interrupt()
    assert collector.take() is None
    running = asyncio.create_task(desktop._main(GuiOptions(data_dir=tmp_path), interrupt))
    await until(
        lambda: any(type(w).__name__ == "OwnerWindow" and w.isVisible() for w in QApplication.topLevelWidgets())
    )
    interrupt.want()
    await asyncio.wait_for(running, 60)
    collector.release()


async def test_the_sandboxs_key_is_there_again_after_a_sign_out(tmp_path: Path) -> None:
    details = SandboxAddress("k" * 32, "s" * 16, "https://127.0.0.1:8182/", "trader", "x", NOWHERE, NOWHERE)
    async with running_services(Address.of_sandbox(NOWHERE), tmp_path) as services:
        screen._keep_key(services, details)
        assert services.sign_in.configured
        await services.sign_in.sign_out()
        assert services.sign_in.configured

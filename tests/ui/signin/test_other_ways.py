"""The ways around the embedded page: the system's browser, and pasting the address that it ends on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from monitor.errors import BadData, Unusable
from monitor.ui.signin.other_ways import OtherWaysSheet
from tests.support.ports import FakeSignIn, until, view_ports

REDIRECT = "https://127.0.0.1:8182/?code=C0.abc%40&session=1&state=s"


@dataclass
class Shown:
    """The sheet with what a test watches of it."""

    sheet: OtherWaysSheet
    sign_in: FakeSignIn
    opened: list[str] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)
    there_is_a_browser: bool = True

    def open(self, address: str) -> bool:
        self.opened.append(address)
        return self.there_is_a_browser

    def paste(self, text: str = REDIRECT) -> None:
        QGuiApplication.clipboard().setText(text)
        self.sheet.pasted.paste()
        self.sheet.finish.click()


class Counting(FakeSignIn):
    """Each attempt has an address of its own."""

    def __init__(self) -> None:
        super().__init__(signed_in=False)
        self.begun = 0

    def begin(self) -> str:
        self.begun += 1
        return f"{self.address}{self.begun}"


@pytest.fixture
def make(qtbot: QtBot) -> Callable[..., Shown]:
    def make_one(sign_in: FakeSignIn | None = None) -> Shown:
        given = sign_in or Counting()
        shown: Any = Shown(None, given)  # type: ignore[arg-type]
        shown.sheet = OtherWaysSheet(view_ports(sign_in=given), lambda address: shown.open(address))
        shown.sheet.finished.connect(shown.ends.append)
        qtbot.addWidget(shown.sheet)
        shown.sheet.show()
        shown.sheet.arrive()
        return shown

    return make_one


async def test_the_browser_is_opened_and_waited_for(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.sign_in.comes_back = asyncio.Event()
    shown.sheet.use.click()
    await until(lambda: shown.opened)
    assert shown.sheet.waiting.text() == "Waiting for your browser to come back to https://127.0.0.1:8182/ …"
    assert (shown.sheet.progress.isVisible(), shown.sheet.stop.isVisible(), shown.sheet.use.isVisible()) == (
        True,
        True,
        False,
    )
    shown.sign_in.comes_back.set()
    await until(lambda: shown.ends)
    assert (shown.ends, shown.sign_in.signed_in) == ([True], True)


async def test_waiting_can_be_stopped(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.sign_in.comes_back = asyncio.Event()
    shown.sheet.use.click()
    await until(lambda: shown.opened)
    shown.sheet.stop.click()
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert (shown.ends, shown.sheet.use.isVisible(), shown.sheet.progress.isVisible()) == ([], True, False)


async def test_a_taken_port_is_said_and_the_other_way_still_works(make: Callable[..., Shown]) -> None:
    class Taken(Counting):
        async def finish_in_browser(self, open_page: Callable[[str], object]) -> None:
            raise Unusable("Port 8182 is used by another program. End it, or paste the address instead.")

    shown = make(Taken())
    shown.sheet.use.click()
    await until(lambda: shown.sheet.failure.text())
    assert shown.sheet.failure.text() == "Port 8182 is used by another program. End it, or paste the address instead."
    assert shown.sheet.use.isVisible()
    shown.sheet.open.click()
    shown.paste()
    await until(lambda: shown.ends)
    assert shown.sign_in.finished == [REDIRECT]


def test_the_certificates_warning_is_explained_where_there_will_be_one(make: Callable[..., Shown]) -> None:
    shown = make()
    assert "made on this machine a moment ago" in shown.sheet.warning.text()
    assert shown.sheet.warning.isVisible()
    shown.sign_in.callback_url = "http://127.0.0.1:8182/"
    shown.sheet.arrive()
    assert not shown.sheet.warning.isVisible()


def test_the_page_is_opened_once_and_the_pasted_address_signs_in(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.sheet.open.click()
    shown.sheet.open.click()
    assert shown.opened == [f"{shown.sign_in.address}1"] * 2
    shown.sheet.copy.click()
    assert QGuiApplication.clipboard().text() == f"{shown.sign_in.address}1"
    shown.paste(f"  {REDIRECT}\n")
    assert (shown.sign_in.finished, shown.ends) == ([REDIRECT], [True])


def test_without_a_browser_the_address_can_be_copied(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.there_is_a_browser = False
    shown.sheet.open.click()
    assert shown.sheet.opened.text().startswith("No browser could be opened. Copy the address")


@pytest.mark.parametrize(
    "failure", [None, BadData("This address belongs to another attempt.")], ids=["fine", "refused"]
)
def test_a_pasted_address_does_not_stay_anywhere(make: Callable[..., Shown], failure: BadData | None) -> None:
    shown = make()
    shown.sign_in.failure = failure
    shown.paste()
    assert (shown.sheet.pasted.text(), QGuiApplication.clipboard().text()) == ("", "")
    assert shown.sheet.paste_failure.text() == (failure.sentence if failure else "")


def test_another_text_on_the_clipboard_is_left_alone(make: Callable[..., Shown]) -> None:
    shown = make()
    QGuiApplication.clipboard().setText("a shopping list")
    shown.sheet.pasted.setText(REDIRECT)
    shown.sheet.finish.click()
    assert QGuiApplication.clipboard().text() == "a shopping list"


def test_leaving_takes_the_address_out_of_the_field(make: Callable[..., Shown]) -> None:
    shown = make()
    QGuiApplication.clipboard().setText(REDIRECT)
    shown.sheet.pasted.paste()
    shown.sheet.leave()
    assert (shown.sheet.pasted.text(), QGuiApplication.clipboard().text()) == ("", "")
    assert shown.sign_in.finished == []


def test_after_a_refusal_the_page_is_opened_for_a_new_attempt(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.sheet.open.click()
    shown.sign_in.failure = BadData("This address belongs to another attempt.")
    shown.paste()
    assert shown.sheet.focusWidget() is shown.sheet.pasted
    shown.sheet.open.click()
    assert shown.opened == [f"{shown.sign_in.address}1", f"{shown.sign_in.address}2"]


def test_enter_in_the_field_signs_in(make: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = make()
    qtbot.keyClick(shown.sheet.pasted, Qt.Key.Key_Return)
    assert shown.sign_in.finished == []
    shown.sheet.pasted.setText(REDIRECT)
    qtbot.keyClick(shown.sheet.pasted, Qt.Key.Key_Return)
    assert shown.sign_in.finished == [REDIRECT]


async def test_pasting_while_the_browser_is_waited_for_ends_the_wait(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.sign_in.comes_back = asyncio.Event()
    shown.sheet.use.click()
    await until(lambda: shown.opened)
    shown.sheet.open.click()
    assert shown.opened == [f"{shown.sign_in.address}1"] * 2, "both are ways through one attempt"
    shown.paste()
    await until(lambda: shown.ends and len(asyncio.all_tasks()) == 1)
    assert (shown.ends, shown.sign_in.finished) == ([True], [REDIRECT])


async def test_a_wrong_paste_lets_the_wait_go_on(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.sign_in.comes_back = asyncio.Event()
    shown.sheet.use.click()
    await until(lambda: shown.opened)
    shown.sign_in.failure = BadData("This address belongs to another attempt.")
    shown.paste()
    await until(lambda: shown.sheet.paste_failure.text())
    assert shown.sheet.progress.isVisible()
    shown.sign_in.failure = None
    shown.sign_in.comes_back.set()
    await until(lambda: shown.ends)

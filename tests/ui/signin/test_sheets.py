"""What each sheet of the guide says and does by itself: the welcome, the developer key, and keeping."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from monitor.errors import BadData
from monitor.ports import Profile, Remark
from monitor.ui.signin.developer_key import KeySheet
from monitor.ui.signin.keeping import KeepSheet, UnlockSheet, strength
from monitor.ui.signin.outside import open_outside
from monitor.ui.signin.sheet import Sheet
from monitor.ui.signin.terms import TermsSheet
from monitor.ui.signin.welcome import WelcomeSheet
from monitor.ui.theme import Theme
from tests.support.ports import FakeSignIn, until, view_ports


def shown(qtbot: QtBot, sheet: Any) -> Any:
    qtbot.addWidget(sheet)
    sheet.show()
    sheet.arrive()
    return sheet


def heard(sheet: Sheet) -> list[bool]:
    ends: list[bool] = []
    sheet.settled.connect(lambda: ends.append(True))
    return ends


# ---------------------------------------------------------------------------------------------- welcome


def test_what_is_needed_unfolds_and_the_portal_opens_outside(qtbot: QtBot) -> None:
    opened: list[str] = []
    sheet = shown(qtbot, WelcomeSheet(Theme(), lambda address: not opened.append(address)))
    assert not sheet.portal.isVisible()
    sheet.what.click()
    sheet.portal.click()
    assert opened == ["https://developer.schwab.com"]
    sheet.copy.click()
    assert QGuiApplication.clipboard().text() == "https://developer.schwab.com"


def test_without_a_browser_the_welcome_says_what_to_do(qtbot: QtBot) -> None:
    sheet = shown(qtbot, WelcomeSheet(Theme(), lambda _address: False))
    sheet.what.click()
    sheet.portal.click()
    assert sheet.failure.text().startswith("No browser could be opened. Copy the address")


@pytest.mark.parametrize(
    ("address", "opens"),
    [
        ("https://developer.schwab.com", True),
        ("http://127.0.0.1:8100/v1/oauth/authorize", True),
        ("http://developer.schwab.com", False),
        ("http://127.0.0.1.example.com/", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
    ],
)
def test_only_safe_addresses_are_opened_outside(monkeypatch: pytest.MonkeyPatch, address: str, opens: bool) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: not opened.append(url.toString()))
    assert open_outside(address) is opens
    assert opened == ([address] if opens else [])


# ---------------------------------------------------------------------------------------------- terms


def test_neither_status_is_chosen_beforehand_and_keys_choose_too(qtbot: QtBot) -> None:
    sheet = shown(qtbot, TermsSheet(view_ports(profile=Profile(False, Path("unused")))))
    assert sheet.status.checkedButton() is None
    assert not sheet.accept.isEnabled()
    qtbot.keyClick(sheet.non_professional, Qt.Key.Key_Space)
    assert sheet.accept.isEnabled()


# ---------------------------------------------------------------------------------------------- developer key


@pytest.fixture
def sign_in() -> FakeSignIn:
    return FakeSignIn(signed_in=False, configured=False)


@pytest.fixture
def key(qtbot: QtBot, sign_in: FakeSignIn) -> KeySheet:
    return shown(qtbot, KeySheet(sign_in, Theme()))


def paste(line: QLineEdit, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    line.selectAll()
    line.paste()


def test_pasting_trims_blanks_and_the_usual_callback_stands_there(key: KeySheet, sign_in: FakeSignIn) -> None:
    paste(key.client_id.line, f"  {'k' * 32}\n")
    paste(key.secret.line, f"{'s' * 16} ")
    key.go.click()
    assert sign_in.configuration == ("k" * 32, "s" * 16, "https://127.0.0.1:8182/")


def test_lengths_are_counted(key: KeySheet) -> None:
    assert key.client_id.count.text() == ""
    paste(key.client_id.line, "k" * 31)
    assert (key.client_id.count.text(), key.client_id.count.property("tone")) == ("31 of 32", "unusual")
    paste(key.client_id.line, "k" * 32)
    assert (key.client_id.count.text(), key.client_id.count.property("tone")) == ("32 of 32", "")


def test_a_field_is_empty_fine_unusual_or_wrong(key: KeySheet, sign_in: FakeSignIn) -> None:
    assert (key.client_id.tone, key.client_id.remark.text()) == ("", "The portal calls it “App Key”.")
    paste(key.client_id.line, "k" * 32)
    assert (key.client_id.tone, key.client_id.remark.text()) == ("fine", "Looks right.")
    sign_in.noticed = [
        Remark("client_id", "Odd."),
        Remark("client_id", "Very odd."),
        Remark("callback_url", "No.", True),
    ]
    paste(key.secret.line, "s" * 16)
    assert (key.client_id.tone, key.client_id.remark.text()) == ("unusual", "Odd. Very odd.")
    assert (key.callback.tone, key.callback.remark.text()) == ("wrong", "No.")
    assert key.secret.tone == "fine"
    assert key.callback.line.accessibleDescription() == "No."


def test_what_stops_is_said_before_what_is_odd(key: KeySheet, sign_in: FakeSignIn) -> None:
    sign_in.noticed = [Remark("client_id", "Odd."), Remark("client_id", "No.", True)]
    paste(key.client_id.line, "k")
    assert (key.client_id.tone, key.client_id.remark.text()) == ("wrong", "No.")


def test_one_goes_on_when_all_is_filled_and_nothing_stops(key: KeySheet, sign_in: FakeSignIn) -> None:
    assert not key.go.isEnabled()
    paste(key.client_id.line, "k")
    assert not key.go.isEnabled()
    sign_in.noticed = [Remark("client_id", "Odd.")]
    paste(key.secret.line, "s")
    assert key.go.isEnabled()
    sign_in.noticed = [Remark("client_id", "No.", True)]
    paste(key.secret.line, "t")
    assert not key.go.isEnabled()


def test_the_secret_shows_while_the_eye_is_held(qtbot: QtBot, key: KeySheet) -> None:
    eye = key.secret.eye
    assert eye is not None
    paste(key.secret.line, "s" * 16)
    assert key.secret.line.displayText() != "s" * 16
    qtbot.mousePress(eye, Qt.MouseButton.LeftButton)
    assert key.secret.line.displayText() == "s" * 16
    qtbot.mouseRelease(eye, Qt.MouseButton.LeftButton)
    assert key.secret.line.displayText() != "s" * 16


def test_what_the_sign_in_finds_wrong_is_said_below(key: KeySheet, sign_in: FakeSignIn) -> None:
    sign_in.failure = BadData("The callback URL must begin with https://.")
    ends = heard(key)
    paste(key.client_id.line, "k")
    paste(key.secret.line, "s")
    key.go.click()
    assert (key.failure.text(), key.failure.isVisible(), ends) == (
        "The callback URL must begin with https://.",
        True,
        [],
    )


# ---------------------------------------------------------------------------------------------- keeping


def test_nothing_is_kept_before_the_choice(qtbot: QtBot) -> None:
    sign_in = FakeSignIn(signed_in=False, kept_by="session")
    sheet = shown(qtbot, KeepSheet(sign_in, view_ports().tasks))
    ends = heard(sheet)
    assert not sheet.keep.isEnabled()
    sheet.passphrase.setText("one")
    sheet.again.setText("two")
    sheet.keep.click()
    assert (sheet.failure.text(), sign_in.passphrase, ends) == ("The two passphrases differ.", "", [])
    sheet.again.setText("one")
    sheet.keep.click()
    assert (sign_in.passphrase, ends) == ("one", [True])
    sheet.leave()
    assert (sheet.passphrase.text(), sheet.again.text()) == ("", "")


def test_this_session_only_writes_nothing(qtbot: QtBot) -> None:
    sign_in = FakeSignIn(signed_in=False, kept_by="session")
    sheet = shown(qtbot, KeepSheet(sign_in, view_ports().tasks))
    ends = heard(sheet)
    sheet.session_only.click()
    assert not sheet.passphrase.isVisible()
    sheet.keep.click()
    assert (sign_in.passphrase, sign_in.kept_by, ends) == ("", "session", [True])


def test_the_strength_is_said_in_words() -> None:
    tones = [strength("x" * length)[1] for length in (0, 7, 8, 11, 12, 20)]
    assert tones == ["", "wrong", "unusual", "unusual", "fine", "fine"]
    assert strength("x" * 7)[0].startswith("Very short")


def test_a_passphrase_that_cannot_be_kept_says_why_and_can_be_tried_again(qtbot: QtBot) -> None:
    sign_in = FakeSignIn(signed_in=False, kept_by="session")
    sheet = shown(qtbot, KeepSheet(sign_in, view_ports().tasks))
    sign_in.failure = BadData("The disk is full.")
    sheet.passphrase.setText("one")
    sheet.again.setText("one")
    sheet.keep.click()
    assert (sheet.failure.text(), sheet.keep.isEnabled()) == ("The disk is full.", True)


class Slow(FakeSignIn):
    """Takes its time over a passphrase, as scrypt does."""

    def __init__(self) -> None:
        super().__init__(signed_in=False, kept_by="session")
        self.gate = asyncio.Event()
        self.locked_by = "open sesame"

    async def keep_with_passphrase(self, passphrase: str) -> None:
        await self.gate.wait()
        await super().keep_with_passphrase(passphrase)


async def test_the_sheet_waits_while_the_passphrase_is_tried(qtbot: QtBot) -> None:
    sign_in = Slow()
    sheet = shown(qtbot, UnlockSheet(sign_in, view_ports().tasks))
    ends = heard(sheet)
    sheet.passphrase.setText("open sesame")
    sheet.unlock.click()
    await asyncio.sleep(0)
    assert not sheet.isEnabled()
    assert not sheet.unlock.isEnabled()
    sign_in.gate.set()
    await until(lambda: ends)
    assert sign_in.signed_in


async def test_leaving_while_the_passphrase_is_tried_is_quiet(qtbot: QtBot) -> None:
    sign_in = Slow()
    sheet = shown(qtbot, UnlockSheet(sign_in, view_ports().tasks))
    ends = heard(sheet)
    sheet.passphrase.setText("open sesame")
    sheet.unlock.click()
    await asyncio.sleep(0)
    sheet.leave()
    sign_in.gate.set()
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert (ends, sheet.isEnabled(), sign_in.signed_in) == ([], True, False)

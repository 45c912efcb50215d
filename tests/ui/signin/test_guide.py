"""The guide: which steps a person meets from the first run to the renewal, in which order, and by which keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from monitor.ports import Profile
from monitor.ui.signin import browser
from monitor.ui.signin.dialog import SignInDialog, fitting_height
from monitor.ui.signin.sheet import WordsSheet
from monitor.ui.theme import Theme
from tests.support.ports import NOW_MS, FakePreferences, FakeRecorder, FakeSignIn, view_ports


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded page itself is tested elsewhere; here it only notes that it was asked for."""
    monkeypatch.setattr(browser.SignInBrowser, "begin", lambda self: self._ports.sign_in.begin())


def accepted() -> FakePreferences:
    preferences = FakePreferences()
    preferences.set("terms/accepted", "non-professional")
    return preferences


def nobody(kept_by: str = "session") -> FakeSignIn:
    """A machine on which nobody has signed in yet."""
    return FakeSignIn(signed_in=False, configured=False, kept_by=kept_by)


def locked() -> FakeSignIn:
    sign_in = nobody()
    sign_in.locked_by = "open sesame"
    return sign_in


def make(qtbot: QtBot, sign_in: FakeSignIn, sandbox: bool = False, **ports: Any) -> SignInDialog:
    given = view_ports(sign_in=sign_in, profile=Profile(sandbox=sandbox, data_dir=Path("unused")), **ports)
    dialog = SignInDialog(given, Theme(), ["127.0.0.1:1"], open_page=lambda _address: True)
    qtbot.addWidget(dialog)
    dialog.start()
    return dialog


def heading(dialog: SignInDialog) -> str:
    sheet = dialog.stack.currentWidget()
    label = sheet.findChild(QLabel, "pageHeading") or sheet.findChild(QLabel, "heading")
    return label.text()


def fill_key(dialog: SignInDialog) -> None:
    for field, text in ((dialog.key.client_id, "k" * 32), (dialog.key.secret, "s" * 16)):
        field.line.clear()
        field.line.insert(text)
        field.line.textEdited.emit(text)


def walk(dialog: SignInDialog, settle: dict[str, Any]) -> list[str]:
    """The headings met on the way to the page, each step settled as ``settle`` says."""
    met = [heading(dialog)]
    while met[-1] in settle:
        settle[met[-1]](dialog)
        met.append(heading(dialog))
    return met


def choose_session(dialog: SignInDialog) -> None:
    dialog.keep.session_only.click()
    dialog.keep.keep.click()


def accept_terms(dialog: SignInDialog) -> None:
    dialog.terms.non_professional.click()
    dialog.terms.accept.click()


def give_key(dialog: SignInDialog) -> None:
    fill_key(dialog)
    dialog.key.go.click()


WAYS = {
    "Welcome to Market Monitor": lambda dialog: dialog.welcome.account.click(),
    "What comes with the data": accept_terms,
    "Your developer key": give_key,
    "Where should the sign-in be kept?": choose_session,
}

# ---------------------------------------------------------------------------------------------- the order of steps


def test_a_first_run_meets_every_step(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody())
    assert walk(dialog, WAYS) == [*WAYS, "Sign in at Schwab"]
    assert dialog.bar.accessibleName() == "Step 4 of 4: Sign in"
    assert dialog.back.isHidden()


def test_with_a_password_store_nothing_is_asked_about_keeping(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody(kept_by="keyring"))
    assert walk(dialog, WAYS) == [*list(WAYS)[:3], "Sign in at Schwab"]


def test_what_was_settled_before_is_not_asked_again(qtbot: QtBot) -> None:
    dialog = make(qtbot, FakeSignIn(signed_in=False), preferences=accepted())
    assert heading(dialog) == "Sign in at Schwab"
    assert dialog.bar.isHidden()


def test_the_sandbox_asks_nothing(qtbot: QtBot) -> None:
    dialog = make(qtbot, FakeSignIn(signed_in=False, kept_by="session"), sandbox=True)
    assert heading(dialog) == "Sign in to the sandbox"
    assert "SANDBOX" in dialog.page.words.text()
    assert "SANDBOX" in dialog.windowTitle()
    assert dialog.page.key.isHidden()


def test_a_locked_sign_in_is_unlocked_and_done(qtbot: QtBot) -> None:
    dialog = make(qtbot, locked(), preferences=accepted())
    ends: list[bool] = []
    dialog.sign_in_finished.connect(ends.append)
    assert heading(dialog) == "Unlock your sign-in"
    dialog.unlock.passphrase.setText("wrong")
    dialog.unlock.unlock.click()
    assert dialog.unlock.failure.text() == "This passphrase does not open the stored sign-in."
    assert (dialog.focusWidget(), dialog.unlock.passphrase.selectionLength()) == (dialog.unlock.passphrase, 5)
    dialog.unlock.passphrase.setText("open sesame")
    dialog.unlock.unlock.click()
    assert (ends, dialog.isHidden(), dialog.unlock.passphrase.text()) == ([True], True, "")


def test_a_locked_sign_in_that_has_ended_leads_to_the_page(qtbot: QtBot) -> None:
    class Ended(FakeSignIn):
        async def keep_with_passphrase(self, passphrase: str) -> None:
            await super().keep_with_passphrase(passphrase)
            self.signed_in, self.ended = False, True

    sign_in = Ended(signed_in=False, configured=False, kept_by="session")
    sign_in.locked_by = "open sesame"
    dialog = make(qtbot, sign_in, preferences=accepted())
    dialog.unlock.passphrase.setText("open sesame")
    dialog.unlock.unlock.click()
    assert heading(dialog) == "Sign in again"
    assert dialog.back.isHidden()


def test_starting_over_is_explained_and_asked_twice(qtbot: QtBot) -> None:
    sign_in = locked()
    dialog = make(qtbot, sign_in, preferences=accepted())
    assert not dialog.unlock.over.isVisible()
    dialog.unlock.forget.click()
    assert dialog.unlock.over.isVisible()
    assert not sign_in.started_over
    dialog.unlock.over.click()
    assert sign_in.started_over
    assert heading(dialog) == "Your developer key"
    assert dialog.back.isHidden()


def test_renewing_opens_the_page_at_once_and_says_until_when(qtbot: QtBot) -> None:
    dialog = make(qtbot, FakeSignIn(), preferences=accepted())
    assert heading(dialog) == "Renew your sign-in"
    assert dialog.page.words.text().startswith("Your sign-in holds until Thu 26 Nov 14:46 ET")
    assert "the stream goes on meanwhile" in dialog.page.words.text()
    assert dialog.page.proposal.text().startswith("A good moment is Sunday 18:00 ET")


def test_renewing_in_memory_is_not_asked_about_keeping_again(qtbot: QtBot) -> None:
    dialog = make(qtbot, FakeSignIn(kept_by="session"), preferences=accepted())
    assert heading(dialog) == "Renew your sign-in"


def test_an_ended_sign_in_says_so(qtbot: QtBot) -> None:
    sign_in = FakeSignIn(signed_in=False)
    sign_in.ended = True
    dialog = make(qtbot, sign_in, preferences=accepted())
    assert heading(dialog) == "Sign in again"
    assert dialog.page.words.text().startswith("Schwab has ended your sign-in")
    assert dialog.page.proposal.isHidden()


def test_seven_days_that_are_over_hold_no_longer_even_before_schwab_says_so(qtbot: QtBot) -> None:
    sign_in = FakeSignIn()
    sign_in.expires_ms = NOW_MS - 1
    dialog = make(qtbot, sign_in, preferences=accepted())
    assert heading(dialog) == "Sign in again"
    assert dialog.page.proposal.isHidden()


def test_the_key_can_be_changed_later_and_leads_back_to_the_page(qtbot: QtBot) -> None:
    sign_in = FakeSignIn()
    dialog = make(qtbot, sign_in, preferences=accepted())
    dialog.page.key.click()
    assert heading(dialog) == "Change the developer key"
    assert (dialog.key.client_id.text, dialog.key.secret.text) == ("k" * 32, "")
    assert "enter it again" in dialog.key.words.text()
    assert not dialog.key.go.isEnabled()
    give_key(dialog)
    assert sign_in.configuration == ("k" * 32, "s" * 16, "https://127.0.0.1:8182/")
    assert heading(dialog) == "Renew your sign-in"


# ---------------------------------------------------------------------------------------------- to and fro


def test_back_leads_the_way_one_came(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody())
    assert dialog.back.isHidden()
    WAYS["Welcome to Market Monitor"](dialog)
    accept_terms(dialog)
    give_key(dialog)
    met = []
    while dialog.back.isVisible():
        dialog.back.click()
        met.append(heading(dialog))
    assert met == ["Change the developer key", "What comes with the data", "Welcome to Market Monitor"]


def test_going_back_and_forth_asks_the_same_again(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody())
    WAYS["Welcome to Market Monitor"](dialog)
    accept_terms(dialog)
    dialog.back.click()
    dialog.terms.accept.click()
    assert heading(dialog) == "Your developer key"


def test_the_page_leads_to_other_ways_and_back_with_a_new_attempt(qtbot: QtBot, monkeypatch: Any) -> None:
    begun: list[bool] = []
    monkeypatch.setattr(browser.SignInBrowser, "begin", lambda _browser: begun.append(True))
    dialog = make(qtbot, FakeSignIn(), preferences=accepted())
    dialog.page.other.click()
    assert heading(dialog) == "Other ways to sign in"
    dialog.back.click()
    assert heading(dialog) == "Renew your sign-in"
    assert len(begun) == 2


def test_enter_goes_back_from_the_other_ways_where_back_has_the_keyboard(qtbot: QtBot) -> None:
    dialog = make(qtbot, FakeSignIn(), preferences=accepted())
    dialog.page.other.click()
    qtbot.keyClick(dialog.other.pasted, Qt.Key.Key_Return)
    assert heading(dialog) == "Other ways to sign in"
    dialog.back.setFocus()
    qtbot.keyClick(dialog.back, Qt.Key.Key_Return)
    assert heading(dialog) == "Renew your sign-in"


def test_the_sandbox_can_be_wanted_in_place_of_an_account(qtbot: QtBot) -> None:
    sign_in = nobody()
    dialog = make(qtbot, sign_in)
    wanted: list[bool] = []
    dialog.sandbox_wanted.connect(lambda: wanted.append(dialog.isHidden()))
    dialog.welcome.sandbox.click()
    assert wanted == [True]


# ---------------------------------------------------------------------------------------------- keys and screens


def sheets(dialog: SignInDialog) -> Iterator[str]:
    """Every sheet in turn, each as a person meets it."""
    yield heading(dialog)
    for settle in WAYS.values():
        settle(dialog)
        yield heading(dialog)
    dialog.page.other.click()
    yield heading(dialog)


@pytest.mark.parametrize("sign_in", [nobody(), locked()], ids=["first run", "locked"])
def test_no_two_things_have_the_same_letter(qtbot: QtBot, sign_in: FakeSignIn) -> None:
    dialog = make(qtbot, sign_in)
    for name in sheets(dialog) if not sign_in.locked else ["locked"]:
        for hidden in dialog.findChildren(QAbstractButton, "link"):
            hidden.setChecked(True)
        letters = [
            text[text.index("&") + 1].lower()
            for kind in (QAbstractButton, QLabel)
            for text in (part.text() for part in dialog.findChildren(kind) if part.isVisible())
            if "&" in text
        ]
        assert len(letters) == len(set(letters)), f"{name}: {sorted(letters)}"


def test_everything_to_type_in_has_a_name(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody())
    nameless = [
        line for line in dialog.findChildren(QWidget) if line.inherits("QLineEdit") and not line.accessibleName()
    ]
    assert nameless == []


def test_enter_goes_on_and_escape_cancels(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody(), preferences=accepted())
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert heading(dialog) == "Your developer key"
    fill_key(dialog)
    qtbot.keyClick(dialog.key.secret.line, Qt.Key.Key_Return)
    assert heading(dialog) == "Where should the sign-in be kept?"
    dialog.keep.passphrase.setText("one")
    dialog.keep.again.setText("another")
    qtbot.keyClick(dialog.keep.again, Qt.Key.Key_Return)
    assert dialog.keep.failure.text() == "The two passphrases differ."
    qtbot.keyClick(dialog.keep.again, Qt.Key.Key_Escape)
    assert dialog.isHidden()


def test_enter_on_the_page_presses_nothing_of_the_dialog(qtbot: QtBot) -> None:
    dialog = make(qtbot, FakeSignIn(), preferences=accepted())
    shown = [button for button in dialog.findChildren(QPushButton) if button.isVisible()]
    assert [button.text() for button in shown if button.isDefault() or button.autoDefault()] == []
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert heading(dialog) == "Renew your sign-in"


@pytest.mark.parametrize(("available", "height"), [(1080, 720), (800, 720), (720, 680), (680, 640)])
def test_the_dialog_fits_the_screen_with_its_frame(available: int, height: int) -> None:
    assert fitting_height(available) == height


def test_every_sheet_fits_a_small_screen_and_scrolls_where_letters_are_large(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody())
    dialog.resize(640, 600)
    for name in sheets(dialog):
        assert (dialog.width(), dialog.height()) == (640, 600), name
        sheet = dialog.stack.currentWidget()
        if isinstance(sheet, WordsSheet):
            assert sheet.minimumSizeHint().height() < 200, name


def test_with_letters_twice_as_large_words_wrap_and_nothing_is_cut_off(qtbot: QtBot, qapp: QApplication) -> None:
    usual = qapp.font()
    large = QFont(usual)
    large.setPointSizeF(usual.pointSizeF() * 2)
    qapp.setFont(large)
    try:
        dialog = make(qtbot, nobody())
        for name in sheets(dialog):
            if dialog.welcome.isVisible():
                dialog.welcome.what.setChecked(True)
            qapp.processEvents()
            sheet = dialog.stack.currentWidget()
            if isinstance(sheet, WordsSheet):
                scroll = sheet.findChild(QScrollArea)
                assert scroll.widget().minimumSizeHint().width() <= scroll.viewport().width(), name
            assert dialog.height() <= 720, name
    finally:
        qapp.setFont(usual)


def test_cancelling_takes_secrets_out_of_the_fields(qtbot: QtBot) -> None:
    dialog = make(qtbot, nobody(), preferences=accepted())
    WAYS["Welcome to Market Monitor"](dialog)
    fill_key(dialog)
    dialog.cancel.click()
    assert dialog.key.secret.text == ""
    assert dialog.result() == QDialog.DialogCode.Rejected


def test_the_terms_are_recorded_once_with_the_status(qtbot: QtBot) -> None:
    recorder, preferences = FakeRecorder(), FakePreferences()
    dialog = make(qtbot, FakeSignIn(signed_in=False), recorder=recorder, preferences=preferences)
    assert not dialog.terms.accept.isEnabled()
    dialog.terms.professional.click()
    dialog.terms.accept.click()
    sentence = "The terms of the data were accepted as a professional: personal use, no redistribution."
    assert recorder.audits == [("terms", sentence)]
    dialog.reject()
    again = make(qtbot, FakeSignIn(signed_in=False), recorder=recorder, preferences=preferences)
    assert heading(again) == "Sign in at Schwab"
    assert len(recorder.audits) == 1

"""The message line: what a person should notice now, and what is offered about it."""

import pytest
from pytestqt.qtbot import QtBot

from monitor.live.bus import Bus
from monitor.live.events import Level, Notice, Offer, SignInChanged
from monitor.ports import SignInState
from monitor.ui import message_bar
from monitor.ui.message_bar import MessageBar
from monitor.ui.theme import Theme

ENDS = Notice(Level.WARNING, "The sign-in ends Tuesday 09:12 ET, in 2 days.", offer=Offer.RENEW)
OVER = Notice(Level.ERROR, "The seven days of the sign-in are over.", offer=Offer.SIGN_IN)
FULL = Notice(Level.ERROR, "The disk is full.")


def make(qtbot: QtBot) -> tuple[Bus, MessageBar]:
    bus = Bus()
    bar = MessageBar(bus, Theme())
    qtbot.addWidget(bar)
    return bus, bar


def test_a_symbol_that_looks_like_markup_is_shown_as_it_is(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(Notice(Level.WARNING, "<img src=x>"))
    assert bar.text == "<img src=x>"


def test_warnings_are_shown_and_their_repeats_counted(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(Notice(Level.INFO, "All is well."))
    assert bar.isHidden()
    for _ in range(3):
        bus.publish(FULL)
    assert (bar.isHidden(), bar.text) == (False, "The disk is full. (×3)")
    bar.dismiss()
    assert bar.isHidden()


def test_warnings_leave_by_themselves_while_errors_and_offers_stay(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_bar, "WARNING_MS", 1)
    bars = {}
    for notice in (FULL, ENDS, Notice(Level.WARNING, "Slow.")):  # the passing one last, so that the others had time
        bus, bars[notice.sentence] = make(qtbot)
        bus.publish(notice)
    qtbot.waitUntil(bars["Slow."].isHidden)
    assert not bars[FULL.sentence].isHidden()
    assert not bars[ENDS.sentence].isHidden()


@pytest.mark.parametrize(("notice", "words"), [(ENDS, "Renew now"), (OVER, "Sign in again"), (FULL, "")])
def test_the_button_says_what_is_offered(qtbot: QtBot, notice: Notice, words: str) -> None:
    bus, bar = make(qtbot)
    bus.publish(notice)
    assert bar.offer.text() * (not bar.offer.isHidden()) == words


def test_the_button_asks_for_the_sign_in_and_the_offer_stays_until_it_is_done(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(ENDS)
    with qtbot.waitSignal(bar.sign_in_wanted):
        bar.offer.click()
    assert not bar.isHidden()
    bus.publish(SignInChanged(SignInState.SIGNED_IN, "Signed in."))
    assert bar.isHidden()


def test_an_offer_comes_back_when_what_covered_it_is_dismissed(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(ENDS)
    bus.publish(FULL)
    assert (bar.text, bar.offer.isHidden()) == ("The disk is full.", True)
    bar.dismiss()
    assert (bar.text, bar.offer.isHidden()) == (ENDS.sentence, False)
    bar.dismiss()
    assert bar.isHidden()


def test_an_offer_comes_back_when_a_passing_warning_has_left(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_bar, "WARNING_MS", 1)
    bus, bar = make(qtbot)
    bus.publish(OVER)
    bus.publish(Notice(Level.WARNING, "Slow."))
    assert bar.text == "Slow."
    qtbot.waitUntil(lambda: bar.text == OVER.sentence)
    assert not bar.offer.isHidden()


def test_a_later_stage_takes_the_place_of_an_earlier_one(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(ENDS)
    bus.publish(OVER)
    bar.dismiss()
    assert bar.isHidden()


def test_what_covers_a_settled_offer_stays_and_nothing_comes_back(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(ENDS)
    bus.publish(FULL)
    bus.publish(SignInChanged(SignInState.SIGNED_IN, "Signed in."))
    assert bar.text == FULL.sentence
    bar.dismiss()
    assert bar.isHidden()


def test_an_end_does_not_settle_the_offer(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(OVER)
    bus.publish(SignInChanged(SignInState.ENDED, "Schwab has ended this sign-in."))
    assert (bar.isHidden(), bar.text) == (False, OVER.sentence)


def test_what_stays_stands_there_until_it_is_dismissed(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    bus.publish(Notice(Level.INFO, "While you were away: nothing."))
    assert bar.isHidden()
    bus.publish(Notice(Level.INFO, "While you were away: nothing.", stays=True))
    assert bar.text == "While you were away: nothing."
    assert not bar._leave.isActive()
    bar.dismiss()
    assert bar.isHidden()


def test_what_stays_comes_back_when_what_covered_it_has_left_beside_an_offer(qtbot: QtBot) -> None:
    bus, bar = make(qtbot)
    saved = Notice(Level.WARNING, "The database was damaged: all of it was saved.", stays=True)
    bus.publish(saved)
    bus.publish(ENDS)
    bus.publish(FULL)
    bar.dismiss()
    assert bar.text == ENDS.sentence
    bus.publish(SignInChanged(SignInState.SIGNED_IN, "Signed in."))
    assert bar.text == saved.sentence
    bar.dismiss()
    assert bar.isHidden()

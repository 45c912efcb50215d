"""How the window comes to hold a profile: what the person chooses, and what the other program does meanwhile."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from monitor.apps import ownership
from monitor.apps.holding import Conversation, Held
from monitor.apps.ownership import Ownership, Program, What, Wish
from monitor.ports import Owner
from monitor.ui.owner.window import Choice, OwnerWindow
from monitor.ui.theme import Theme
from tests.support.ports import until


class Profile:
    """A folder that another program holds, and the window that wants it."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self._folder = folder
        self._qtbot = qtbot
        self.ours = Ownership(folder, "window")
        self.talk: asyncio.Task[Held | None]

    def held_by(self, program: Program) -> Ownership:
        other = Ownership(self._folder, program)
        assert other.take() is None
        return other

    def begin(self, handed_over: bool = False) -> OwnerWindow:
        owner = self.ours.take()
        assert owner is not None
        window = OwnerWindow(Theme(), sandbox=False)
        self._qtbot.addWidget(window)
        self.talk = asyncio.create_task(Conversation(self.ours, window, owner, handed_over).run())
        return window


@pytest.fixture
def profile(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Profile]:
    monkeypatch.setattr(ownership, "LOOK_SECONDS", 0.002)
    profile = Profile(tmp_path, qtbot)
    yield profile
    profile.ours.release()


async def choose(window: OwnerWindow, choice: Choice) -> None:
    """Press the button once it is offered."""
    button = window.button(choice)
    await until(lambda: button.isVisibleTo(window))
    button.click()


async def answer(owner: Ownership) -> Wish:
    wish = await owner.asked()
    if wish.what is What.GIVE_UP:
        owner.release()
    return wish


async def ended(profile: Profile) -> Held | None:
    return await asyncio.wait_for(profile.talk, 60)


async def test_taking_over(profile: Profile) -> None:
    collector = profile.held_by("collector")
    window = profile.begin()
    await choose(window, Choice.TAKE_OVER)
    await answer(collector)
    held = await ended(profile)
    assert held is not None
    assert held.before is not None
    assert held.before.program == "collector"


async def test_taking_over_called_off(profile: Profile, tmp_path: Path) -> None:
    collector = profile.held_by("collector")
    window = profile.begin()
    await choose(window, Choice.TAKE_OVER)
    await until((tmp_path / "owner.wish").exists)
    await choose(window, Choice.CANCEL)
    await choose(window, Choice.LEAVE)
    assert await ended(profile) is None
    assert not (tmp_path / "owner.wish").exists()
    collector.release()


async def test_an_owner_that_does_not_answer_can_be_asked_again(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "ANSWER_SECONDS", 0.03)
    collector = profile.held_by("collector")
    window = profile.begin()
    await choose(window, Choice.TAKE_OVER)
    await until(lambda: "does not answer" in window.sentence)
    monkeypatch.setattr(ownership, "ANSWER_SECONDS", 15.0)
    await choose(window, Choice.TAKE_OVER)
    await answer(collector)
    assert isinstance(await ended(profile), Held)


async def test_standing_by_until_the_other_has_ended(profile: Profile) -> None:
    collector = profile.held_by("collector")
    window = profile.begin()
    await choose(window, Choice.STAND_BY)
    await until(lambda: "once the collector" in window.sentence)
    collector.release()
    assert await ended(profile) == Held()


async def test_what_was_taken_comes_back_by_itself_or_is_taken_back(profile: Profile) -> None:
    collector = profile.held_by("collector")
    window = profile.begin(handed_over=True)
    await until(lambda: "comes back by itself" in window.sentence)
    await choose(window, Choice.TAKE_OVER)
    await choose(window, Choice.CANCEL)
    await until(lambda: "comes back by itself" in window.sentence)
    collector.release()
    assert await ended(profile) == Held()


async def test_while_standing_by_the_next_owner_is_named(profile: Profile, tmp_path: Path) -> None:
    collector = profile.held_by("collector")
    window = profile.begin(handed_over=True)
    await until(lambda: "once the collector" in window.sentence)
    (tmp_path / "owner.json").write_text('{"program":"window","pid":77,"since_ms":5}')
    await until(lambda: "once the window (process 77)" in window.sentence)
    collector.release()
    assert await ended(profile) == Held()


async def test_the_other_window_is_shown_and_this_one_leaves(profile: Profile) -> None:
    other = profile.held_by("window")
    window = profile.begin()
    await choose(window, Choice.SHOW)
    assert (await answer(other)).what is What.SHOW
    assert await ended(profile) is None
    assert isinstance(profile.ours.take(), Owner)
    other.release()


async def test_a_window_that_has_ended_meanwhile_need_not_be_shown(profile: Profile) -> None:
    other = profile.held_by("window")
    window = profile.begin()
    await until(lambda: window.button(Choice.SHOW).isVisibleTo(window))
    other.release()
    window.button(Choice.SHOW).click()
    assert await ended(profile) == Held()


async def test_closing_the_window_leaves(profile: Profile) -> None:
    collector = profile.held_by("collector")
    window = profile.begin()
    window.show()
    window.close()
    assert await ended(profile) is None
    collector.release()

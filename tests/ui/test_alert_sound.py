"""Alerts are heard when that is chosen, once for many, and fail nowhere for want of a device."""

import logging
import sys
import wave

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.live.bus import Bus
from monitor.live.events import AlertFired
from monitor.market.alert import Direction, Firing
from monitor.resource import resource
from monitor.ui.alert_sound import AlertSound, chime
from tests.support.ports import FakePreferences

FIRED = AlertFired(Firing("a", "AAPL", 0, Direction.UP, 10.0, 10.1))


class Player:
    """Stands for a machine that plays sounds, and counts them."""

    def __init__(self) -> None:
        self.found = self.played = 0

    def find(self) -> "Player":
        self.found += 1
        return self

    def __call__(self) -> None:
        self.played += 1


def wanted() -> FakePreferences:
    """What is kept where the sound was chosen."""
    kept = FakePreferences()
    kept.set("alert-sound", "on")
    return kept


def rest(sound: AlertSound) -> None:
    """Let so much time pass that the sound is over."""
    sound.findChild(QTimer).stop()


def test_an_alert_is_heard_only_when_that_is_chosen(qtbot: QtBot) -> None:
    bus, kept, player, choice = Bus(), FakePreferences(), Player(), QAction()
    choice.setCheckable(True)
    sound = AlertSound(choice, kept, bus, player.find)
    bus.publish(FIRED)
    assert (player.found, player.played) == (0, 0)
    choice.trigger()
    assert player.played == 1  # so that one knows what it will be
    rest(sound)
    bus.publish(FIRED)
    assert player.played == 2
    rest(sound)
    choice.trigger()
    bus.publish(FIRED)
    assert (player.found, player.played) == (1, 2)


def test_alerts_that_fire_together_are_heard_once(qtbot: QtBot) -> None:
    bus, player, choice = Bus(), Player(), QAction()
    choice.setCheckable(True)
    sound = AlertSound(choice, wanted(), bus, player.find)
    for _ in range(5):
        bus.publish(FIRED)
    assert player.played == 1
    qtbot.waitUntil(lambda: not sound.findChild(QTimer).isActive())
    bus.publish(FIRED)
    assert player.played == 2


def test_the_choice_is_kept_and_a_window_that_is_gone_is_silent(qtbot: QtBot) -> None:
    bus, kept, player = Bus(), FakePreferences(), Player()
    for expected in (False, True, False):
        choice = QAction()
        choice.setCheckable(True)
        sound = AlertSound(choice, kept, bus, player.find)
        assert choice.isChecked() is expected
        choice.trigger()
        sound.stop()
    before = player.played
    bus.publish(FIRED)
    assert player.played == before


def test_without_the_libraries_it_beeps_and_says_so_once(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    beeps: list[None] = []
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append(None))
    bus, choice = Bus(), QAction()
    choice.setCheckable(True)
    sound = AlertSound(choice, wanted(), bus)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            bus.publish(FIRED)
            rest(sound)
    assert len(beeps) == 3
    assert [record.levelno for record in caplog.records if record.name == chime.__module__] == [logging.INFO]


def test_without_a_device_it_beeps_and_with_one_it_plays(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    outputs: list[str] = []

    class Multimedia:
        """Qt's module on a machine where a device is plugged in later."""

        class QMediaDevices:
            audioOutputs = staticmethod(lambda: outputs)  # noqa: N815  Qt's name

        class QSoundEffect:
            def __init__(self, _parent: object) -> None: ...

            def setSource(self, source: object) -> None:
                self.source = source

            def play(self) -> None:
                heard.append(self.source.fileName())

    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", Multimedia)
    monkeypatch.setattr(QApplication, "beep", lambda: heard.append("beep"))
    play = chime()
    play()
    outputs.append("headphones")
    play()
    assert heard == ["beep", "alert.wav"]


def test_the_sound_is_short_and_fades_out() -> None:
    with wave.open(str(resource("alert.wav"))) as sound:
        assert 0.1 < sound.getnframes() / sound.getframerate() < 1
        assert (sound.getsampwidth(), sound.getnchannels()) == (2, 1)
        data = memoryview(sound.readframes(sound.getnframes())).cast("h")
    assert max(data) > 8_000
    assert abs(data[0]) < 500
    assert abs(data[-1]) < 500

"""The sound of alerts that fire: by choice, and never more than one at a time."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from monitor.live.bus import Bus
from monitor.live.events import AlertFired
from monitor.ports import Preferences
from monitor.resource import resource

_KEY = "alert-sound"
#: As long as the sound: alerts that fire together are heard as one.
_REST_MS = 600

_log = logging.getLogger(__name__)


class AlertSound(QObject):
    """Heard while ``choice`` is ticked, which is kept; ticking it lets it be heard once."""

    def __init__(
        self,
        choice: QAction,
        preferences: Preferences,
        bus: Bus,
        find_player: Callable[[], Callable[[], None]] | None = None,
        parent: QObject | None = None,
    ) -> None:
        """``find_player``, asked when there is first something to play, gives what plays it; else this machine's."""
        super().__init__(parent)
        self._choice, self._preferences = choice, preferences
        self._find_player = find_player or chime
        self._play: Callable[[], None] | None = None
        self._resting = QTimer(self, singleShot=True, interval=_REST_MS)
        choice.setChecked(preferences.get(_KEY) == "on")
        choice.toggled.connect(self._choose)
        self.stop = bus.listen(AlertFired, lambda _: self._sound())

    def _choose(self, wanted: bool) -> None:
        self._preferences.set(_KEY, "on" if wanted else "")
        self._sound()

    def _sound(self) -> None:
        if not self._choice.isChecked() or self._resting.isActive():
            return
        self._resting.start()
        if self._play is None:
            self._play = self._find_player()
        self._play()


def chime() -> Callable[[], None]:
    """What plays the program's own sound, or the system's beep where no device plays sounds."""
    try:
        # Loaded by who wants to hear it only, for it takes a moment; and Linux may lack the libraries that it needs.
        from PySide6.QtMultimedia import QMediaDevices, QSoundEffect
    except ImportError as error:
        _log.info("Alerts beep, for sounds cannot be played here: %s", error)
        return QApplication.beep
    effect = QSoundEffect(QApplication.instance())
    effect.setSource(QUrl.fromLocalFile(str(resource("alert.wav"))))

    def play() -> None:
        if QMediaDevices.audioOutputs():  # which come and go with what is plugged in
            effect.play()
        else:
            QApplication.beep()

    return play

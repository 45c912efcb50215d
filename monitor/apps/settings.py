"""Where a profile keeps its files, and the small settings of the screen in ``settings.json``."""

import base64
import binascii
import json
import logging
import os
import tempfile
from pathlib import Path

import platformdirs

from monitor.errors import Unusable
from monitor.whole_file import write_private

_log = logging.getLogger(__name__)


def data_dir(sandbox: bool, given: Path | None = None) -> Path:
    """The folder of the profile, or the one that was asked for: made if need be, and only its owner's to enter.

    Raises Unusable when it cannot be made or written to.
    """
    folder = (given or default_data_dir(sandbox)).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name != "nt":
            _shut(folder, ours=given is None)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Unusable(f"The data folder {folder} cannot be written to.", str(error)) from error
    return folder


def default_data_dir(sandbox: bool) -> Path:
    """The profile's own folder; the sandbox's and the real one share nothing."""
    own = platformdirs.user_data_path("market-monitor", appauthor=False)
    return own / ("sandbox" if sandbox else "live")


def _shut(folder: Path, ours: bool) -> None:
    """Close our own folder to others; one that somebody chose stays as it is, but the log tells. Raises OSError."""
    found = folder.stat()
    if not found.st_mode & 0o077:
        return
    if ours and found.st_uid == os.getuid():
        folder.chmod(0o700)
    else:
        _log.warning("Others on this machine may enter the data folder %s.", folder)


class Settings:
    """Preferences of the screen, as texts by key; every change is on disk when ``set`` returns.

    A file that cannot be read is set aside as ``settings.json.bad`` and the defaults apply. A change that cannot be
    written is kept in memory and logged: the window goes on.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "settings.json"
        self.warning = ""
        self._values = self._read()

    def get(self, key: str, default: str = "") -> str:
        return self._values.get(key, default)

    def set(self, key: str, value: str) -> None:
        if self._values.get(key) == value:
            return
        self._values[key] = value
        self._write()

    def get_bytes(self, key: str) -> bytes:
        """The bytes kept under ``key``; empty when there are none, or when somebody spoiled them."""
        try:
            return base64.b64decode(self._values.get(key, ""), validate=True)
        except (binascii.Error, ValueError):
            return b""

    def set_bytes(self, key: str, value: bytes) -> None:
        self.set(key, base64.b64encode(value).decode("ascii"))

    def _read(self) -> dict[str, str]:
        try:
            return read_settings(self.path)
        except Unusable as error:
            self.warning = f"{error.sentence} It was set aside, and the defaults apply."
            _log.warning("%s %s", self.warning, error.detail)
            self._set_aside()
            return {}

    def _set_aside(self) -> None:
        try:
            self.path.replace(self.path.with_name("settings.json.bad"))
        except OSError as error:
            _log.warning("The unreadable settings could not be set aside: %s", error)

    def _write(self) -> None:
        text = json.dumps(self._values, indent=1, sort_keys=True, ensure_ascii=False)
        try:
            write_private(self.path, text.encode())
        except OSError as error:
            _log.warning("The settings could not be kept: %s", error)


def read_settings(path: Path) -> dict[str, str]:
    """The settings in the file; none when there is no file. Raises Unusable when it is not what we wrote."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise Unusable(f"The settings file {path} cannot be read.", str(error)) from error
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise Unusable(f"The settings file {path} does not hold settings.")
    return values

"""The settings of one chart among several: its own by number, all others those of the program."""

from monitor.ports import Preferences

#: What each chart has for itself. The first chart's are kept under these keys, the others' with their number in them.
OWN = ("interval", "chart/looks", "chart/indicators", "chart/compared")


class OwnPreferences:
    """Preferences for the chart of that number, 1 to 9."""

    def __init__(self, preferences: Preferences, number: int) -> None:
        self._preferences, self._number = preferences, number

    @property
    def begun(self) -> bool:
        """Whether anything was ever kept for this chart."""
        return any(self.get(key) for key in OWN)

    def copy(self, other: "OwnPreferences") -> None:
        """Begin with what another chart has."""
        for key in OWN:
            if value := other.get(key):
                self.set(key, value)

    def get(self, key: str, default: str = "") -> str:
        return self._preferences.get(self._key(key), default)

    def set(self, key: str, value: str) -> None:
        self._preferences.set(self._key(key), value)

    def get_bytes(self, key: str) -> bytes:
        return self._preferences.get_bytes(self._key(key))

    def set_bytes(self, key: str, value: bytes) -> None:
        self._preferences.set_bytes(self._key(key), value)

    def _key(self, key: str) -> str:
        if self._number == 1 or key not in OWN:
            return key
        return f"chart/{self._number}/{key.removeprefix('chart/')}"

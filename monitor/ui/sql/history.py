"""The queries that were run, the newest kept in the preferences, to go through one by one."""

import json

from monitor.ports import Preferences

KEPT = 50
_KEY = "sql/history"
_LONGEST = 20_000


class History:
    """``entries`` are newest first; a query that is run again moves to the front."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self.entries = _read(preferences.get(_KEY))
        self._place = -1
        self._draft = ""

    def add(self, sql: str) -> None:
        """Take in a query that is run; one longer than a person writes is not kept."""
        self._place = -1
        if len(sql) > _LONGEST or (self.entries and self.entries[0] == sql):
            return
        self.entries = [sql, *(each for each in self.entries if each != sql)][:KEPT]
        self._preferences.set(_KEY, json.dumps(self.entries, ensure_ascii=False))

    def older(self, text: str) -> str:
        """The query before; ``text`` is what is written now, and comes back at the newest end."""
        if self._place == -1:
            self._draft = text
            if self.entries and self.entries[0] == text.strip():
                self._place = 0  # it is on the screen already
        self._place = min(self._place + 1, len(self.entries) - 1)
        return self.entries[self._place] if self.entries else text

    def newer(self, text: str) -> str:
        """The query after, and in the end what was written before."""
        if self._place == -1:
            return text
        self._place -= 1
        return self.entries[self._place] if self._place >= 0 else self._draft


def _read(kept: str) -> list[str]:
    try:
        entries = json.loads(kept or "[]")
    except ValueError:
        return []
    return [each for each in entries if isinstance(each, str)][:KEPT] if isinstance(entries, list) else []

"""Recipes: exports that are made again and again, kept by name in the preferences."""

from datetime import date, time, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms, is_trading_day
from monitor.market.hours import Hours
from monitor.ports.export import DecimalMark, ExportRequest, Layout, Zone
from monitor.ports.screen import Preferences

RECIPES_KEY = "export/recipes"
_RAN_KEY = "export/recipes ran"
_FAILED_KEY = "export/recipes failed"


class Recipe(Struct, frozen=True, forbid_unknown_fields=True):
    """What is exported of the last ``days`` trading days, today's among them, into ``folder``.

    ``daily_at`` is a New York time of day such as 16:30 at which it is made by itself; empty when only asked for.
    """

    name: str
    what: str
    symbols: tuple[str, ...]
    folder: str
    days: int = 5
    interval: str = "1m"
    hours: Hours = Hours.ALWAYS
    venues: bool = False
    suffix: str = ".csv"
    zone: Zone = Zone.NEW_YORK
    decimal: DecimalMark = DecimalMark.POINT
    sidecar: bool = True
    daily_at: str = ""

    def request(self, at_ms: int, sandbox: bool) -> ExportRequest:
        """What to write, seen from ``at_ms``; the file is named after the recipe and that day. Raises BadData."""
        today = from_ms(at_ms).date()
        first = today
        for _ in range(self.days - 1 if is_trading_day(today) else self.days):
            first = _trading_day_before(first)
        return ExportRequest(
            what=self.what,
            symbols=self.symbols,
            out=Path(self.folder) / file_name(f"{self.name}-{today}", sandbox, self.suffix),
            interval=Interval.parse(self.interval),
            start_ms=at_new_york(first, time(0)),
            end_ms=at_new_york(today + timedelta(days=1), time(0)),
            venues=self.venues,
            hours=self.hours,
            layout=Layout(self.zone, self.decimal),
            sidecar=self.sidecar,
        )

    def due_at(self, now_ms: int) -> int | None:
        """When it was last due by its schedule, ms UTC; None without one."""
        if not self.daily_at:
            return None
        clock, today = time.fromisoformat(self.daily_at), from_ms(now_ms).date()
        due = at_new_york(today, clock)
        return due if due <= now_ms else at_new_york(today - timedelta(days=1), clock)


class Recipes:
    """The recipes by name, as the preferences have them; what is no recipe there is passed over."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def all(self) -> dict[str, Recipe]:
        """In the order in which they were saved."""
        return recipes_in(self._preferences.get(RECIPES_KEY))

    def save(self, recipe: Recipe, now_ms: int) -> None:
        """Keep it, in place of one of the same name; its schedule counts from now on. Raises BadData."""
        if not recipe.name.strip():
            raise BadData("A recipe needs a name.")
        self._put(self.all() | {recipe.name: recipe})
        self.note_run(recipe.name, now_ms)

    def remove(self, name: str) -> None:
        self._put({kept: recipe for kept, recipe in self.all().items() if kept != name})

    def due(self, now_ms: int) -> list[tuple[Recipe, int]]:
        """Those whose moment has come since they ran last, each with that moment, ms UTC."""
        ran = self._ran()
        moments = [(recipe, recipe.due_at(now_ms)) for recipe in self.all().values()]
        return [(recipe, at) for recipe, at in moments if at is not None and at > ran.get(recipe.name, now_ms)]

    def note_run(self, name: str, now_ms: int) -> None:
        """It was made or failed, begun at ``now_ms``, so that it is not due before its next moment.

        Of two that overlap the one begun last counts, whichever ends first.
        """
        ran = self._ran()
        ran[name] = max(ran.get(name, now_ms), now_ms)
        self._preferences.set(_RAN_KEY, msgspec.json.encode(ran).decode())

    def note_failure(self, name: str, sentence: str) -> None:
        """It could not be made while no window was open; of each recipe the newest failure is kept."""
        self._preferences.set(_FAILED_KEY, msgspec.json.encode(self._failed() | {name: sentence}).decode())

    def take_failures(self) -> list[str]:
        """The sentences of what failed since this was called last."""
        failed = self._failed()
        if failed:
            self._preferences.set(_FAILED_KEY, "{}")
        return list(failed.values())

    def _put(self, recipes: dict[str, Recipe]) -> None:
        self._preferences.set(RECIPES_KEY, msgspec.json.encode(list(recipes.values())).decode())

    def _ran(self) -> dict[str, int]:
        try:
            return msgspec.json.decode(self._preferences.get(_RAN_KEY, "{}"), type=dict[str, int])
        except msgspec.DecodeError:
            return {}

    def _failed(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._preferences.get(_FAILED_KEY, "{}"), type=dict[str, str])
        except msgspec.DecodeError:
            return {}


def recipes_in(text: str) -> dict[str, Recipe]:
    """The recipes that a preference holds, by name."""
    try:
        kept = msgspec.json.decode(text or "[]", type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return {}
    found: dict[str, Recipe] = {}
    for raw in kept:
        try:
            recipe = msgspec.json.decode(raw, type=Recipe)
            if recipe.daily_at:
                time.fromisoformat(recipe.daily_at)
        except (msgspec.DecodeError, ValueError):
            continue
        found[recipe.name] = recipe
    return found


def file_name(stem: str, sandbox: bool, suffix: str = ".csv") -> str:
    """The default name of a file: what the sandbox made says so."""
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in stem).strip("_") or "export"
    return f"{plain}-SANDBOX{suffix}" if sandbox else f"{plain}{suffix}"


def _trading_day_before(day: date) -> date:
    day -= timedelta(days=1)
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return day

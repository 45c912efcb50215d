"""Recipes at work: each daily one is made once a day, by whichever program has the database then."""

import asyncio
import logging
from collections.abc import Callable

from monitor.clock import now_ms
from monitor.errors import MonitorError
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.market.calendar import from_ms
from monitor.ports import Exporter, Recipe, Recipes, Recorder, rows_in_words

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 20.0
#: A recipe that is made later than this after its moment was missed then.
_MISSED_MS = 600_000


class DailyRecipes:
    """Makes recipes: each when it is asked for, and the daily ones when they fall due while ``run`` runs."""

    def __init__(
        self,
        recipes: Recipes,
        exporter: Exporter,
        recorder: Recorder,
        bus: Bus,
        *,
        sandbox: bool,
        shows: bool = True,
        now_ms: Callable[[], int] = now_ms,
    ) -> None:
        """``shows`` is whether a window tells what comes of them; otherwise the next one tells of what failed."""
        self._recipes = recipes
        self._exporter = exporter
        self._recorder = recorder
        self._bus = bus
        self._sandbox = sandbox
        self._shows = shows
        self._now_ms = now_ms

    async def run(self) -> None:
        """Make what was missed while no program was there, then what falls due, until cancelled."""
        if self._shows:
            for sentence in self._recipes.take_failures():
                self._bus.publish(Notice(Level.ERROR, sentence))
        while True:
            for recipe, due_ms in self._recipes.due(self._now_ms()):
                if self._now_ms() - due_ms > _MISSED_MS:
                    self._tell(f"The recipe “{recipe.name}” was missed on {_moment(due_ms)}; it is made now.")
                await self.make(recipe, due_ms)
            await asyncio.sleep(_LOOK_SECONDS)

    async def make(self, recipe: Recipe, due_ms: int | None = None) -> None:
        """Write the file as of ``due_ms`` or now, and tell what came of it.

        Made or failed, a recipe is due again at its next moment; one that is cut short is still due.
        """
        began = self._now_ms()
        as_of = began if due_ms is None else due_ms
        try:
            request = recipe.request(as_of, self._sandbox)
            result = await self._exporter.export(request, lambda _done, _total: None, lambda: False)
        except MonitorError as error:
            self._tell_failure(recipe, as_of, error.sentence, error.detail)
        except Exception:  # noqa: BLE001  the others are made all the same
            _log.exception("the recipe %s failed", recipe.name)
            self._tell_failure(recipe, as_of, "Something went wrong; the log has the details.")
        else:
            if result is None:
                return
            wrote = f"The recipe “{recipe.name}” wrote {rows_in_words(result.rows)} to {result.path.name}."
            level = Level.WARNING if result.troubles else Level.INFO
            self._tell(" ".join([wrote, *result.troubles]), level, str(result.path))
        self._recipes.note_run(recipe.name, began)

    def _tell_failure(self, recipe: Recipe, as_of: int, why: str, detail: str = "") -> None:
        """Tell it here, in the audit, and where nobody looks on, in the next window too."""
        sentence = f"The recipe “{recipe.name}” of {_moment(as_of)} was not made. {why}"
        self._tell(sentence, Level.ERROR, detail)
        self._recorder.record_audit("export", sentence)
        if not self._shows:
            self._recipes.note_failure(recipe.name, sentence)

    def _tell(self, sentence: str, level: Level = Level.INFO, detail: str = "") -> None:
        self._bus.publish(Notice(level, sentence, detail))


def _moment(ms: int) -> str:
    return f"{from_ms(ms):%a %d %b %H:%M} ET"

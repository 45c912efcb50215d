"""Files that the ledger does not know, or not rightly: it was lost with a damaged database, is that of an older backup,
or a kill came between a file and its note.

Nothing is taken in that does not read whole, and nothing that is not known is deleted. A file whose rows the database
still has is noted as moving, so that the next move deletes them there, but only if they are the same.
"""

import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from monitor.errors import MonitorError
from monitor.ports import STREAMED, StorageRules, Tier
from monitor.store.tiers import ledger
from monitor.store.tiers.ledger import Beside, NoteFile, Relocate, State, TierFile
from monitor.store.tiers.places import WARM, Places, day_and_part, files_in, in_bucket
from monitor.store.tiers.reading import unreadable
from monitor.store.tiers.tables import TABLES
from monitor.store.tiers.turn import Turn
from monitor.store.writer import Writer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A file to be looked at; ``noted`` is what the ledger has at its place, if anything."""

    place: str
    tier: Tier
    bytes: int | None
    table: str
    day: date
    part: int
    noted: TierFile | None = None


def doubtful(files: Collection[TierFile], short: Collection[int], found: Mapping[str, int]) -> list[Doubtful]:
    """What the ledger does not say, or not rightly, of the files that were ``found`` (bytes by place).

    ``short`` are the numbers of the ledger's files of which it does not know all.
    """
    noted = {file.place: file for file in files}
    unknown = [_unknown(place, size) for place, size in sorted(found.items()) if place not in noted]
    changed = [
        Doubtful(file.place, file.tier, found.get(file.place), file.table, file.day, file.part, file)
        for file in files
        if file.state is not State.GOING and (file.id in short or found.get(file.place, file.bytes) != file.bytes)
    ]
    return [*unknown, *changed]


def _unknown(place: str, size: int) -> Doubtful:
    *_, table, name = place.partition("?")[0].replace("\\", "/").split("/")
    day, part = day_and_part(name) or (date.min, 1)
    return Doubtful(place, Tier.WARM if place == f"{WARM}/{table}/{name}" else Tier.COLD, size, table, day, part)


class Adoption:
    """One look at the files. ``looked_at`` are those that were read in vain before, which none is twice in a run."""

    def __init__(
        self,
        turn: Turn,
        places: Places,
        writer: Writer,
        number_of: Callable[[str], int],
        now_ms: Callable[[], int],
        looked_at: set[tuple[str, int | None]],
    ) -> None:
        self._turn = turn
        self._places = places
        self._writer = writer
        self._number_of = number_of
        self._now_ms = now_ms
        self._looked_at = looked_at
        self._days = set[date]()
        self._rows = 0
        self.troubles: list[str] = []

    @property
    def sentence(self) -> str:
        """What was taken in, for people; empty where nothing was."""
        if not self._days:
            return ""
        days = "1 day" if len(self._days) == 1 else f"{len(self._days):,} days"
        return f"{days} of old rows ({self._rows:,}) came back: the database had lost sight of their files."

    async def run(self, rules: StorageRules, buckets: bool) -> None:
        """Take in what is doubtful; a bucket is asked what it has only with ``buckets``.

        Raises StoreUnavailable and Stopped.
        """
        look = rules.cold if buckets or not in_bucket(rules.cold) else ""
        for each in await self._turn.on_thread(lambda connection: self._doubtful(connection, look)):
            if (each.place, each.bytes) not in self._looked_at and not await self._is_leftover(each):
                await self._take(each)

    def _doubtful(self, connection: sqlite3.Connection, cold: str) -> list[Doubtful]:
        found = {f"{WARM}/{name}": size for name, size in files_in(self._places.path(WARM)).items()}
        if cold:
            try:
                found |= self._turn.worker.listed(cold) if in_bucket(cold) else self._places.listed(cold)
            except (OSError, ValueError, MonitorError) as error:
                if self._turn.stopped():
                    raise
                _log.info("the cold tier is not looked through: %r", error)  # whoever needs it tells that
        return doubtful(ledger.files(connection), ledger.short_of_symbols(connection), found)

    async def _is_leftover(self, each: Doubtful) -> bool:
        """Whether it was a file here that went on, copied and noted, and is removed now."""

        def remove(connection: sqlite3.Connection) -> bool:
            key = each.table, each.day.isoformat(), each.part, each.bytes
            went = ledger.files(
                connection, "tier = 'cold' AND table_name = ? AND day = ? AND part = ? AND bytes = ?", key
            )
            with suppress(OSError):
                if went and self._places.checksum(each.place) == (went[0].bytes, went[0].checksum):
                    self._places.remove(each.place)
                    return True
            return False

        return each.noted is None and each.tier is Tier.WARM and await self._turn.on_thread(remove)

    async def _take(self, each: Doubtful) -> None:
        what = f"the {STREAMED[each.table]} of {each.day:%Y-%m-%d}"
        self._turn.tell(f"Reading {what}, of whose file the database does not know all…")
        try:
            found = await self._turn.on_thread(lambda _: self._turn.worker.inspect(each.place, each.table, each.day))
        except (OSError, MonitorError) as error:
            if self._turn.stopped():
                raise
            self._refuse(each, error)
            return
        filled, beside = found["filled"], Beside(found["beside"])
        if each.noted is None and (twin := await self._twin(each, filled["checksum"])):
            await self._join(each, twin, filled["rows"])
        elif each.noted and each.noted.state is State.MOVING and beside is Beside.OTHER:
            pass  # the move that goes on writes the day anew
        else:
            await self._note(each, filled, beside)

    async def _twin(self, each: Doubtful, checksum: str) -> TierFile | None:
        """The same file as the ledger knows it, of another place."""
        key = each.table, each.day.isoformat(), checksum
        found = await self._turn.files("state <> 'going' AND table_name = ? AND day = ? AND checksum = ?", key)
        return next(iter(found), None)

    async def _join(self, each: Doubtful, twin: TierFile, rows: int) -> None:
        """A copy stays what it is; where the ledger's own file is gone, it is taken for it."""
        gone = not in_bucket(twin.place) and not await self._turn.on_thread(lambda _: self._places.exists(twin.place))
        if gone:
            await self._writer.perform(Relocate(twin.id, each.place, each.tier))
            self._count(each, rows)
        else:
            self._looked_at.add((each.place, each.bytes))

    async def _note(self, each: Doubtful, filled: dict[str, Any], beside: Beside) -> None:
        symbols = filled.pop("symbols")
        part = each.part
        if each.noted is None:
            part = await self._turn.on_thread(lambda c: ledger.free_part(c, each.table, each.day, each.part))
        state = State.MOVING if beside is Beside.SAME else State.MOVED
        file = TierFile(
            each.noted.id if each.noted else 0, each.table, each.day, part, each.tier, each.place, state, **filled
        )
        if TABLES[each.table].of_instruments:
            for symbol in filter(None, symbols):
                self._number_of(symbol)  # so that it can be asked for
        await self._writer.perform(NoteFile(file, symbols, self._now_ms()))
        self._count(each, file.rows)

    def _count(self, each: Doubtful, rows: int) -> None:
        self._days.add(each.day)
        self._rows += rows
        _log.info("%s was taken in: %d rows", each.place, rows)

    def _refuse(self, each: Doubtful, error: Exception) -> None:
        self._looked_at.add((each.place, each.bytes))
        if each.noted is None:
            _log.warning("%s is not taken in: %r", each.place, error)
            place = each.place.partition("?")[0]
            self.troubles.append(f"{place} is not known to the database and cannot all be read: it is left as it is.")
        elif each.noted.state is not State.MOVING:
            self.troubles.append(unreadable(each.noted, error))

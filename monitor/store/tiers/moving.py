"""Moving old rows out of the database, and old files on: in steps that a kill at any point leaves whole.

A day's file is written and read back by a process of its own, and put in its place; the ledger notes it, and from then
on both hold the rows. Its keys are then deleted from the database, a slice a transaction of the writer, so that
recording never waits. A start after a kill goes on with what the ledger says is still moving. Only keys that a whole
file holds are ever deleted.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from monitor.clock import now_ms
from monitor.errors import BadData, StoreUnavailable
from monitor.market.calendar import from_ms
from monitor.ports import STREAMED, Moved, StorageRules, Tier, TierUse
from monitor.store.reader import Reader
from monitor.store.tiers import ledger, retention, tables
from monitor.store.tiers.adoption import Adoption
from monitor.store.tiers.ledger import Beside, DropRows, Forget, NoteFile, Relocate, SetState, State, TierFile
from monitor.store.tiers.places import WARM, Draft, Mismatch, Places, in_bucket, name_of, sweep
from monitor.store.tiers.process import Stopped
from monitor.store.tiers.reading import missing, unreadable
from monitor.store.tiers.tables import TABLES, Streamed
from monitor.store.tiers.turn import TierThread, Turn
from monitor.store.tiers.usage import uses
from monitor.store.writer import Writer

_log = logging.getLogger(__name__)
AUDIT_KIND = "deletion"
RETURN_KIND = "recovery"
_LONGEST_REST = 0.25


class StoredTiers:
    """Implements Tiers, over a database that ``writer`` writes.

    ``audit(kind, sentence)`` hears of what is deleted and of what came back; ``number_of(symbol)`` numbers instruments.
    """

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        path: Path,
        audit: Callable[[str, str], None],
        number_of: Callable[[str], int],
        now_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._audit = audit
        self._number_of = number_of
        self._now_ms = now_ms
        self._places = Places(path.parent)
        self._thread = TierThread(path)
        self._one_at_a_time = asyncio.Lock()
        self._looked_at = set[tuple[str, int | None]]()
        self._in_doubt = False

    def renew(self) -> None:
        """A new file has taken the damaged database's place, perhaps without all of the ledger; from any thread."""
        self._in_doubt = True
        self._thread.renew()

    def in_doubt(self) -> bool:
        return self._in_doubt

    async def uses(self) -> list[TierUse]:
        return await self._reader.ask(uses, limit_seconds=None)

    async def missing(self) -> list[str]:
        return await self._reader.ask(lambda connection: missing(connection, self._places), limit_seconds=None)

    async def due(self, rules: StorageRules) -> int:
        before_us = tables.bounds(self._days_ago(rules.warm_days))[0]
        return await self._reader.ask(
            lambda c: sum(len(tables.days_before(c, table, before_us)) for table in TABLES.values())
        )

    async def freed(self, rules: StorageRules) -> list[TierUse]:
        rules.check()
        files = await self._reader.ask(lambda connection: ledger.files(connection, "state <> 'going'"))
        return retention.used_by(retention.going(files, rules, self._days_ago(0)))

    async def adopt(self, rules: StorageRules) -> Moved:
        came = Moved()
        async with self._turn(lambda _: None, lambda: False, gently=True) as turn:
            with suppress(Stopped):
                came = await self._adopt(turn, rules, buckets=False)
        return came

    async def move(
        self, rules: StorageRules, progress: Callable[[str], None], cancelled: Callable[[], bool], gently: bool = False
    ) -> Moved:
        rules.check()
        self._check_place(rules.cold)
        came = Moved()
        async with self._turn(progress, cancelled, gently) as turn:
            move = _Move(turn, self._places, self._writer, rules, self._audit, self._now_ms)
            with suppress(Stopped):
                came = await self._adopt(turn, rules, buckets=True)
                await move.run()
            return move.came_to(came)

    async def close(self) -> None:
        """Stop what is being moved; the next start goes on with it."""
        self._thread.close()

    @asynccontextmanager
    async def _turn(
        self, progress: Callable[[str], None], cancelled: Callable[[], bool], gently: bool
    ) -> AsyncIterator[Turn]:
        """A turn at the files. Raises StoreUnavailable."""
        async with self._one_at_a_time:
            if self._thread.closing.is_set():
                raise StoreUnavailable("The database is closed.")
            turn = Turn(self._thread, progress, cancelled, gently)
            try:
                yield turn
            except OSError as error:
                where = self._places.path(WARM)
                raise StoreUnavailable(f"{where} cannot be written: {error.strerror or error}.", repr(error)) from error
            finally:
                await turn.close()

    async def _adopt(self, turn: Turn, rules: StorageRules, buckets: bool) -> Moved:
        self._in_doubt = False
        adoption = Adoption(turn, self._places, self._writer, self._number_of, self._now_ms, self._looked_at)
        try:
            await adoption.run(rules, buckets)
        finally:
            if adoption.sentence:
                self._audit(RETURN_KIND, adoption.sentence)
        return Moved(returned=adoption.sentence, troubles=tuple(adoption.troubles))

    def _check_place(self, cold: str) -> None:
        """Raises BadData for a folder in which the files are already."""
        warm = self._places.path(WARM).resolve()
        if cold and not in_bucket(cold) and warm in (Path(cold).resolve(), *Path(cold).resolve().parents):
            raise BadData("Old files are in that folder already: choose one outside the data folder.")

    def _days_ago(self, days: int) -> date:
        return _days_ago(self._now_ms(), days)


def _days_ago(now_ms: int, days: int) -> date:
    return from_ms(now_ms).date() - timedelta(days=days)


class _Move:
    """One move from its begin to its end; what touches files or reads runs on the tiers' own thread."""

    def __init__(
        self,
        turn: Turn,
        places: Places,
        writer: Writer,
        rules: StorageRules,
        audit: Callable[[str, str], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._turn = turn
        self._worker, self._tell, self._files, self._on_thread = turn.worker, turn.tell, turn.files, turn.on_thread
        self._places = places
        self._perform = writer.perform
        self._rules = rules
        self._audit = audit
        self._now_ms = now_ms
        self._doing = ""
        self._days = self._rows = self._cold = self._deleted = 0
        self._troubles: list[str] = []

    async def run(self) -> None:
        """Everything that is due. Raises StoreUnavailable and Stopped."""
        await self._on_thread(lambda _: sweep(self._places.folder / WARM, self._turn.stopped))
        for file in await self._files("state = 'moving'"):
            await self._go_on(file)
        for file in await self._files("state = 'going'"):
            await self._remove(file)
        due = await self._on_thread(self._due)
        for place, (table, day) in enumerate(due, start=1):
            await self._move_day(table, day, f"{place:,} of {len(due):,}")
        await self._delete()
        await self._move_on()

    def came_to(self, adopted: Moved) -> Moved:
        """What was done, after ``adopted`` was."""
        troubles = tuple(dict.fromkeys([*adopted.troubles, *self._troubles]))
        return Moved(self._days, self._rows, self._cold, self._deleted, adopted.returned, troubles)

    # ------------------------------------------------------------------------------------------ a day into a file

    def _due(self, connection: sqlite3.Connection) -> list[tuple[Streamed, date]]:
        before_us = tables.bounds(self._days_ago(self._rules.warm_days))[0]
        return [(table, day) for table in TABLES.values() for day in tables.days_before(connection, table, before_us)]

    async def _move_day(self, table: Streamed, day: date, which: str) -> None:
        self._doing = f"Writing the {STREAMED[table.name]} of {day:%Y-%m-%d} ({which})…"
        self._tell(self._doing)
        if await self._is_there_again(table, day):
            return
        file, symbols = await self._on_thread(partial(self._write, table, day))
        await self._perform(NoteFile(file, symbols, self._now_ms()))
        (file,) = await self._files(
            "table_name = ? AND day = ? AND part = ?", (file.table, file.day.isoformat(), file.part)
        )
        await self._empty(file)

    async def _is_there_again(self, table: Streamed, day: date) -> bool:
        """Whether the day had moved before and came back, as out of a backup: then its rows are deleted once more."""
        again = False
        key = table.name, day.isoformat()
        for file in await self._files("tier = 'warm' AND state = 'moved' AND table_name = ? AND day = ?", key):
            if await self._on_thread(lambda c: tables.count_of(c, table, day)) < file.rows:
                continue
            with suppress(OSError):
                found = await self._on_thread(partial(self._inspect, file))
                if found["beside"] == Beside.SAME and found["filled"]["checksum"] == file.checksum:
                    await self._perform(SetState(file.id, State.MOVING))
                    await self._empty(file)
                    again = True
        return again and not await self._on_thread(lambda c: tables.count_of(c, table, day))

    def _inspect(self, file: TierFile, _: sqlite3.Connection) -> dict[str, Any]:
        return self._worker.inspect(file.place, file.table, file.day)

    def _write(self, table: Streamed, day: date, connection: sqlite3.Connection) -> tuple[TierFile, dict[str, int]]:
        """The day's file, in its place, as the ledger will have it, and how many rows of whom it holds."""
        parts = count(ledger.next_part(connection, table.name, day))
        # A file that cannot be read is not known, and not replaced.
        part, target = next((n, path) for n in parts if not (path := self._places.path(_place(table, day, n))).exists())
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with Draft(target) as draft:
            filled = self._worker.write(draft.path, table.name, day, self._tell_rows)
            draft.keep()
        symbols = filled.pop("symbols")
        return TierFile(0, table.name, day, part, Tier.WARM, _place(table, day, part), State.MOVING, **filled), symbols

    async def _empty(self, file: TierFile) -> None:
        """Delete from the database what the file holds."""
        table = TABLES[file.table]
        self._tell(f"Freeing the {STREAMED[table.name]} of {file.day:%Y-%m-%d} in the database…")
        slices = self._worker.keys(file)
        while keys := await self._on_thread(lambda _: next(slices, None)):
            began = time.monotonic()
            await self._perform(DropRows(table, keys))
            if self._turn.gently:
                await asyncio.sleep(min(time.monotonic() - began, _LONGEST_REST))
        await self._perform(SetState(file.id, State.MOVED))
        self._days += 1
        self._rows += file.rows

    async def _go_on(self, file: TierFile) -> None:
        """A move that a kill cut short: nothing more is deleted unless the file is still what was verified."""
        try:
            if await self._on_thread(lambda _: self._is_whole(file)):
                await self._empty(file)
                return
            raise Mismatch(f"{file.place} is not what was written")
        except OSError as error:
            table = TABLES[file.table]
            if await self._on_thread(lambda c: tables.count_of(c, table, file.day)) >= file.rows:
                # Nothing was deleted: the day is written anew.
                await self._perform(Forget(file.id))
                await self._on_thread(partial(self._remove_file, file))
            else:
                self._troubles.append(unreadable(file, error))
                await self._perform(SetState(file.id, State.MOVED))

    def _is_whole(self, file: TierFile) -> bool:
        checksum = self._worker.checksum if in_bucket(file.place) else self._places.checksum
        return checksum(file.place) == (file.bytes, file.checksum)

    # ------------------------------------------------------------------------------------------ files on, and away

    async def _move_on(self) -> None:
        """Copy what is old enough to the cold tier, then remove it here."""
        if not self._rules.cold:
            return
        before = self._days_ago(self._rules.cold_days).isoformat()
        for file in await self._files("tier = 'warm' AND state = 'moved' AND day < ?", (before,)):
            self._tell(f"Moving the {STREAMED[file.table]} of {file.day:%Y-%m-%d} on…")
            try:
                place = await self._on_thread(partial(self._copy, file))
            except Mismatch as error:
                self._troubles.append(unreadable(file, error))
                continue
            except FileExistsError as error:
                _log.warning("%s does not go on: %r", file.place, error)
                self._troubles.append(
                    f"The {STREAMED[file.table]} of {file.day:%Y-%m-%d} stay in the data folder: another file has their"
                    f" name in {self._rules.cold.partition('?')[0]}."
                )
                continue
            except FileNotFoundError as error:
                if not self._places.path(file.place).exists():
                    self._troubles.append(unreadable(file, error))
                    continue
                self._refused(error)
                return
            except (OSError, ValueError) as error:
                self._refused(error)
                return
            await self._perform(Relocate(file.id, place))
            await self._on_thread(partial(self._remove_file, file))
            self._cold += 1

    def _refused(self, error: Exception) -> None:
        """The cold tier as a whole does not work: one sentence, and all files stay where they are."""
        _log.warning("the cold tier cannot be used: %r", error)
        where = self._rules.cold.partition("?")[0]
        self._troubles.append(f"Old files stay in the data folder: {where} cannot be used now.")

    def _copy(self, file: TierFile, _: sqlite3.Connection) -> str:
        return self._worker.copy(file, self._rules.cold, name_of(file.table, file.day.isoformat(), file.part))

    def _remove_file(self, file: TierFile, _: sqlite3.Connection) -> None:
        if in_bucket(file.place):
            self._worker.remove(file.place)
        else:
            self._places.remove(file.place)

    async def _delete(self) -> None:
        """What the rules say need not be kept."""
        files = retention.going(await self._files("state <> 'going'"), self._rules, self._days_ago(0))
        for use in retention.used_by(files):
            span = f"{use.first:%Y-%m-%d}" if use.first == use.last else f"{use.first:%Y-%m-%d} to {use.last:%Y-%m-%d}"
            self._audit(AUDIT_KIND, f"{use.rows:,} {STREAMED[use.table]} of {span}, by the rules of storage.")
        for file in files:
            await self._perform(SetState(file.id, State.GOING))
            self._deleted += 1
            await self._remove(file)

    async def _remove(self, file: TierFile) -> None:
        """Nobody reads it any more; what cannot be removed now is tried again by the next move."""
        self._tell(f"Deleting the {STREAMED[file.table]} of {file.day:%Y-%m-%d}…")
        try:
            await self._on_thread(partial(self._remove_file, file))
        except (OSError, ValueError) as error:
            _log.warning("%s cannot be removed: %r", file.place, error)
            self._troubles.append(f"{file.place.partition('?')[0]} cannot be deleted now.")
            return
        await self._perform(Forget(file.id))

    def _days_ago(self, days: int) -> date:
        return _days_ago(self._now_ms(), days)

    def _tell_rows(self, rows: int) -> None:
        """On the thread: how far the day is."""
        self._turn.tell_from_thread(f"{self._doing} {rows:,} rows")


def _place(table: Streamed, day: date, part: int) -> str:
    return f"{WARM}/{name_of(table.name, day.isoformat(), part)}"

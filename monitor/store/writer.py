"""The writer: one thread with the only connection that writes, taking what has gathered a few times a second.

The loop's side only appends to lists. The thread takes from their front, which the interpreter does in one step, so
neither side needs a lock. Order of taking: who waits, then rows, then tasks. So every row's instrument, queued before
the row, is in the same transaction, and who waits has everything recorded before in it too.
"""

import asyncio
import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from monitor.clock import now_ms
from monitor.errors import MonitorError, StoreUnavailable
from monitor.ports import StoreMeter
from monitor.store.about import OPEN, RECOVERY_UNTOLD, forget_fact, keep_fact, note_closed
from monitor.store.batch import Batch, Intake
from monitor.store.connect import empty_log, same_file, size_of
from monitor.store.errands import Errands, Work, settle
from monitor.store.overflow import Overflow
from monitor.store.recovery import Recovery, name_instruments
from monitor.store.rollups import Filling
from monitor.store.spill import Spill, note_taken
from monitor.store.tasks import know_instruments, run_apart
from monitor.store.trouble import FileMoved, counted, is_damage, is_sound, sentence_of

_log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH_SECONDS = 0.25
RETRY_SECONDS = 3.0
CLOSE_SECONDS = 5.0
_GRACE_SECONDS = 5.0
#: Waiting this long is no delay: the writer sleeps between two batches.
_BEHIND_MS = 1_000
_CHECKPOINT_SECONDS = 3.0
_LARGEST_WAL = 64 * 1024 * 1024


class Writer:
    """Puts the intake on disk until it is closed; while the disk refuses, everything is kept and tried again."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        spill: Spill,
        ids: Mapping[str, int],
        on_trouble: Callable[[str], None],
        recover: Callable[[], tuple[sqlite3.Connection, Recovery]],
    ) -> None:
        """Made on the loop's thread, where ``on_trouble`` will be called too; ``ids`` are the instruments' numbers.
        ``recover()`` saves what can be read of a damaged file into a new one, and opens that."""
        self.intake = Intake()
        self._spill = spill
        self._overflow = Overflow(self.intake, spill, ids, lambda: bool(self._trouble), self._in_hand, self._say)
        self._connection = connection
        self._path = path
        self._wal = path.with_name(path.name + "-wal")
        self._file = path.stat()
        self._ids = ids
        self._on_trouble = on_trouble
        self._recover = recover
        self._suspected: bool | None = None
        self._errands = Errands()
        self._beyond_recovery = False
        self._loop = asyncio.get_running_loop()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._ended = self._loop.create_future()
        self._hand: Batch | None = None
        self._written = self._commits = 0
        self._filling = Filling(connection)
        self._trouble = ""
        self._caught_up = self._taken = time.monotonic()
        self._committed_ms: int | None = None
        self._deadline = math.inf
        self._checkpointed = (0, time.monotonic())
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)

    # ---------------------------------------------------------------------------- the loop's side

    def start(self) -> None:
        self._thread.start()
        self._overflow.start()
        if self._spill.rows:
            _log.info("%d rows that had waited in %s are written", self._spill.rows, self._spill.path)
        if self._spill.torn:
            self._say(
                f"The last {self._spill.torn:,} bytes of what had waited in {self._spill.path.name} could not be read:"
                " the program was ended while it wrote them."
            )

    def meter(self) -> StoreMeter:
        """Rows that wait, rows written since the start, and the size on disk with what is not checkpointed yet."""
        hand = self._hand
        size = size_of(self._path) + size_of(self._wal)
        queued = self.intake.rows + self._spill.rows + (hand.rows_taken if hand and not hand.spilled else 0)
        behind = round((time.monotonic() - self._caught_up) * 1000)
        return StoreMeter(
            queued,
            self._written,
            size,
            f"SQLite {sqlite3.sqlite_version}",
            spilled=self._spill.size,
            behind_ms=behind if queued and behind >= _BEHIND_MS else 0,
            committed_ms=self._committed_ms,
            trouble=self._trouble,
            lost=self._overflow.lost,
            full=not self._overflow.has_room,
        )

    def has_room(self) -> bool:
        """As Recorder.has_room."""
        return self._overflow.has_room

    async def flushed(self) -> None:
        """Wait until all that was taken in so far is committed. Raises StoreUnavailable."""
        self._check_running()
        future: asyncio.Future[None] = self._loop.create_future()
        self.intake.waiting.append(future)
        self._wake.set()
        await future

    async def perform(self, task: Any) -> None:
        """Run a task at once and wait for its commit. Raises StoreUnavailable, and what the task raises."""
        self._check_running()
        future: asyncio.Future[None] = self._loop.create_future()
        self.intake.tasks.append((task, future))
        self._wake.set()
        await future

    async def close(self) -> None:
        """Write what waits, checkpoint and end the thread; what the disk still refuses by then is lost, and told."""
        self._closing.set()
        self._wake.set()
        written = -1
        while not self._ended.done() and written < self._written:  # a slow disk gets the time it needs
            written = self._written
            await asyncio.wait([self._ended], timeout=CLOSE_SECONDS + _GRACE_SECONDS)
        if self._ended.done():
            self._thread.join()
        else:
            meter = self.meter()
            self._overflow.lost += meter.queued - self._spill.rows
            _log.error("the store's writer did not end in time")

    def suspect(self, sure: bool = False) -> None:
        """The file seems damaged: save what can be read, unless a check finds it sound or all is sure. Any thread."""
        self._suspected = sure
        self._wake.set()

    async def lend(self, work: Work[T]) -> T:
        """Let ``work(connection, go_on)`` run on the writer's thread, outside of any transaction.

        It calls ``go_on()`` many times a second, which writes what has gathered. Raises StoreUnavailable when closed,
        and what the work raises.
        """
        self._check_running()
        answer = self._errands.add(work)
        self._wake.set()
        return await answer

    def _in_hand(self) -> int:
        hand = self._hand
        return hand.bytes if hand is not None and hand.spilled is None else 0

    def _check_running(self) -> None:
        if self._closing.is_set():
            raise StoreUnavailable("The database is closed.")

    # ---------------------------------------------------------------------------- the thread

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(BATCH_SECONDS)
            self._wake.clear()
            sure, self._suspected = self._suspected, None
            if sure or (sure is False and not is_sound(self._connection)):
                self._go_on_in_new_file()
            if not self._write_all():
                self._closing.wait(RETRY_SECONDS)
            elif self._filling.due and same_file(self._path, self._file):
                self._filling.make(self._connection)
                self._checkpointed = (-1, self._checkpointed[1])
                self._checkpoint()
            self._errands.run(lambda: self._connection, self._go_on)
        self._errands.run(lambda: self._connection, self._go_on)  # which end at once
        self._finish()
        self._connection.close()
        self._tell(self._end)

    def _go_on(self, lent: sqlite3.Connection) -> None:
        """Write what has gathered while the connection is lent. Raises StoreUnavailable when that has to end."""
        self._check_running()
        if self._wake.is_set() or time.monotonic() - self._taken > BATCH_SECONDS:
            self._wake.clear()
            self._write_all()
        if self._connection is not lent:
            raise StoreUnavailable("The database was damaged meanwhile; try again.")

    def _write_all(self) -> bool:
        """Commit until nothing waits but what came meanwhile; False when the disk refuses."""
        while True:
            try:
                batch = self._hand = self._hand or self._next()
                self._commit(batch)
            except Exception as error:  # noqa: BLE001  the thread must survive, and keeps the batch
                if is_damage(error) and self._go_on_in_new_file():
                    continue
                self._suffer(error)
                return False
            self._hand = None
            self._confirm(batch)
            self._checkpoint()
            if not batch.full:
                self._caught_up = self._taken
                return True
            if batch.spilled and time.monotonic() > self._deadline:
                return False

    def _next(self) -> Batch:
        """What came first: the spill's oldest block, or when there is none, what waits in memory."""
        with self._spill.lock:
            block = self._spill.next()
            if block is None:
                self._taken = time.monotonic()
                return self.intake.take()
            batch = Batch.of(block)
            batch.tasks += self.intake.take_asked()
            return batch

    def _commit(self, batch: Batch) -> None:
        """Everything of the batch, or nothing. Raises FileMoved and sqlite3.Error."""
        if not batch.size and not batch.spilled:
            return
        if not same_file(self._path, self._file):
            raise FileMoved
        # What streams may lose its last seconds in a power cut; ledgers, bars and what the person made may not.
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if batch.tasks else 'NORMAL'}")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            batch.outcomes = [(future, run_apart(self._connection, task)) for task, future in batch.tasks]
            batch.unfit = 0
            for stream, rows in batch.rows:
                if not rows:
                    continue
                columns = rows if batch.spilled else stream.encoded(rows)
                # A copy is sorted: given up in another order than they were made in, rows leave the memory so
                # scattered that whatever takes their place costs a third more.
                batch.unfit += stream.insert.run_sifted(self._connection, sorted(columns, key=itemgetter(0)))
                for statement in stream.afterwards:
                    self._connection.execute(statement)
            if batch.spilled:
                know_instruments(self._connection, batch.spilled.head.instruments)
                note_taken(self._connection, batch.spilled.position)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _confirm(self, batch: Batch) -> None:
        """Tell everyone concerned that the batch is on disk."""
        self._written += batch.rows_taken - batch.unfit
        if batch.size:
            self._commits += 1
            self._committed_ms = now_ms()
        if batch.spilled:
            self._spill.confirm(batch.spilled)
            if batch.spilled.body is None:
                self._overflow.lost += batch.spilled.head.rows
                self._say(
                    f"{batch.spilled.head.rows} rows that had waited beside the database were damaged and are lost."
                )
        if batch.size or batch.spilled:
            self._trouble = ""
        with self._spill.lock:
            if not self._trouble and self._overflow.spilling and not self._spill.size:
                self._overflow.spilling = False
                self._say("Recording goes on: what had waited is on disk.")
        if batch.unfit:
            self._say(f"{batch.unfit} recorded rows hold values that cannot be stored: they were left out and logged.")
        for future, error in batch.outcomes:
            self._answer(future, error)
        for future in batch.waiting:
            self._answer(future, None)

    def _go_on_in_new_file(self) -> bool:
        """Save what can be read of the damaged file; False when that is in vain, which is tried once only."""
        if self._beyond_recovery:
            return False
        self._connection.close()
        try:
            self._connection, recovery = self._recover()
            self._file = self._path.stat()
            name_instruments(self._connection, self._ids)
            keep_fact(self._connection, OPEN, str(now_ms()))
            if not self._closing.is_set():  # else nobody may be there to hear it
                forget_fact(self._connection, RECOVERY_UNTOLD)
            self._filling = Filling(self._connection)
        except (MonitorError, sqlite3.Error, OSError) as error:
            self._beyond_recovery = True
            _log.exception("the damaged database could not be saved")
            sentence = error.sentence if isinstance(error, MonitorError) else sentence_of(error, self._path)
            self._say(f"{sentence} What can be read of the damaged database could not be saved.")
            return False
        self._say(f"{recovery.sentence} Recording goes on in a new one.")
        return True

    def _checkpoint(self) -> None:
        commits, at = self._checkpointed
        now = time.monotonic()
        if commits == self._commits or now - at < _CHECKPOINT_SECONDS:
            return
        self._checkpointed = self._commits, now
        self._move_log_into_file(patient=size_of(self._wal) > _LARGEST_WAL)

    def _move_log_into_file(self, patient: bool) -> None:
        try:
            empty_log(self._connection, patient)
        except sqlite3.Error as error:
            # Nothing is lost: what is committed stays in the log until a later checkpoint succeeds.
            _log.warning("a checkpoint of %s failed: %s", self._path, error)

    def _finish(self) -> None:
        """Write the rest, however often that takes within CLOSE_SECONDS, and leave one tidy file."""
        self._overflow.end()
        self._deadline = time.monotonic() + CLOSE_SECONDS
        while not self._write_all() and time.monotonic() < self._deadline:
            time.sleep(0.2)
        self._leave_rest()
        try:
            note_closed(self._connection)
        except sqlite3.Error as error:
            _log.warning("the end could not be noted in %s: %s", self._path, error)
        self._move_log_into_file(patient=True)
        self._spill.close()

    def _leave_rest(self) -> None:
        """What could not be written by now waits in the spill for the next start; what not even that takes is lost."""
        hand, self._hand = self._hand, None
        rest = [] if hand is None or hand.spilled else [hand]
        while (batch := self.intake.take_recorded()).size:
            rest.append(batch)
        left = [batch for batch in rest if not self._overflow.keep(batch)]
        self._overflow.lost += sum(batch.rows_taken for batch in left)
        if lost := counted(sum(batch.rows_taken for batch in left), sum(len(batch.tasks) for batch in left)):
            self._say(f"{lost} could not be written to {self._path} and are lost.")
        if self._spill.rows:
            self._say(
                f"{self._spill.rows} recorded rows wait in {self._spill.path.name} and are written at the next start."
            )

    # ---------------------------------------------------------------------------- what others hear

    def _suffer(self, error: Exception) -> None:
        """The disk refused: tell it once, fail those who wait, keep the rest where a kill cannot reach it."""
        sentence = sentence_of(error, self._path)
        with self._spill.lock:
            dropped = [*(self._hand.drop_waiting() if self._hand else ()), *self.intake.drop_waiting()]
            for future in dropped:
                self._answer(future, StoreUnavailable(sentence, str(error)))
            # Only as the first: what the overflow has put there meanwhile came later.
            if self._hand and not self._hand.spilled and not self._spill.size and self._overflow.keep(self._hand):
                self._hand = None
            self._overflow.spilling = True
            told, self._trouble = self._trouble, sentence
        if sentence != told:
            _log.error("recording stopped: %s", sentence, exc_info=error)
            self._say(f"{sentence} What is recorded waits and is written as soon as that is possible.")

    def _say(self, sentence: str) -> None:
        self._tell(self._on_trouble, sentence)

    def _answer(self, future: "asyncio.Future[None] | None", error: Exception | None) -> None:
        if future is not None:
            self._tell(settle, future, error)

    def _tell(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            _log.debug("the loop is closed and cannot be told any more")

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

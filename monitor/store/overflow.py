"""Keeps what waits for the writer bounded in memory: what is too much, or is refused, goes to the spill.

The loop only appends, so it is another thread that looks, many times a second, how much has gathered. It counts rows,
each kind with what one takes in memory: looking costs nothing that a row would notice.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from monitor.market.gap import Cause, Gap
from monitor.market.instrument import Kind, kind_of
from monitor.store.batch import ACTIVITIES, BOOKS, HEADLINES, REJECTED, SCREENERS, STREAMS, Batch, Intake, Stream
from monitor.store.insert import Row, tell_unfit
from monitor.store.spill import Head, Spill
from monitor.store.tasks import SaveGap

_log = logging.getLogger(__name__)

#: More than this is not kept in memory; at so many times as much nothing more is taken from the socket.
LARGEST_QUEUE = 128 * 1024 * 1024
BRIM = 1.125
LOOK_SECONDS = 0.05
#: Below the smaller of both the disk is said to be nearly full.
LITTLE_BYTES = 1024**3
LITTLE_SHARE = 0.02
_SPACE_SECONDS = 10.0
_UNFIT = (OverflowError, UnicodeError)

_LEVEL_ONE = {
    Kind.SHARE: "LEVELONE_EQUITIES",
    Kind.INDEX: "LEVELONE_EQUITIES",
    Kind.OPTION: "LEVELONE_OPTIONS",
    Kind.FUTURE: "LEVELONE_FUTURES",
    Kind.FUTURE_OPTION: "LEVELONE_FUTURES_OPTIONS",
    Kind.FOREX: "LEVELONE_FOREX",
}


class Overflow:
    """The thread between intake and spill.

    ``refused`` says whether the database takes nothing at the moment, ``in_hand`` what the writer has in memory.
    """

    def __init__(
        self,
        intake: Intake,
        spill: Spill,
        ids: Mapping[str, int],
        refused: Callable[[], bool],
        in_hand: Callable[[], int],
        say: Callable[[str], None],
    ) -> None:
        self.lost = 0
        self.spilling = False  # until the writer has caught up
        self._intake = intake
        self._spill = spill
        self._ids = ids
        self._known = len(ids)  # numbers up to here are on disk; those above may not be
        self._refused = refused
        self._in_hand = in_hand
        self._moving = 0
        self._say = say
        self._ending = threading.Event()
        self._space_looked_at = 0.0
        self._told_space = False
        self._told_refusal = False
        self._told_loss = False
        self._losses: dict[str, Gap] = {}
        self._thread = threading.Thread(target=self._run, name="store overflow", daemon=True)

    @property
    def bytes(self) -> int:
        """About what everything takes in memory that is not on disk in one place or the other."""
        return self._intake.bytes + self._in_hand() + self._moving

    @property
    def has_room(self) -> bool:
        """False while more comes in than the file takes. Not when it takes nothing at all: then what is oldest goes."""
        return self._told_refusal or self.bytes <= LARGEST_QUEUE * BRIM

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._ending.set()
        self._thread.join()

    def keep(self, batch: Batch) -> bool:
        """Put a batch that nobody waits for into the spill; False when it cannot be written."""
        if not batch.size:
            return True
        rows = {stream.name: stream.encoded(part) for stream, part in batch.rows if part}
        tasks = batch.recorded
        try:
            try:
                self._spill.append(rows, tasks, self._head(rows))
            except _UNFIT:
                sifted = {name: [row for row in part if _fits(row, name)] for name, part in rows.items()}
                tasks = [task for task in tasks if _fits(task, type(task).__name__)]
                self._spill.append(sifted, tasks, self._head(sifted))
        except OSError as error:
            if not self._told_refusal:
                self._told_refusal = True
                _log.error("%s cannot be written: %s", self._spill.path, error)
            return False
        self._told_refusal = self._told_loss = False
        self._losses.clear()
        return True

    def look(self) -> None:
        """Bring what waits in memory below the bound; to nothing while the database refuses."""
        if self._refused():
            self._relieve(0)
        elif self.bytes > LARGEST_QUEUE:
            self._relieve(LARGEST_QUEUE // 2)

    # ---------------------------------------------------------------------------- the thread

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            try:
                self.look()
                self._look_at_space()
            except Exception:  # noqa: BLE001  the thread must survive
                _log.exception("what waits for the database could not be looked after")

    def _relieve(self, bound: int) -> None:
        while not self._ending.is_set():
            with self._spill.lock:
                if self.bytes <= bound:
                    return
                batch = self._intake.take_recorded()
                if not batch.size:
                    return
                self._moving = batch.bytes
                kept = self.keep(batch)
                self._moving = 0
                if not kept:
                    self._intake.give_back(batch)
                    self._drop_oldest()
                    return
                if not self.spilling:
                    self.spilling = True
                    self._say(
                        "More comes in than the disk takes at the moment:"
                        " the rest waits in a file and is written as soon as that is possible."
                    )

    def _drop_oldest(self) -> None:
        """Neither database nor spill take anything: what came first goes, and the hole it leaves is recorded."""
        while self.bytes > LARGEST_QUEUE:
            batch = self._intake.take_recorded()
            if not batch.rows_taken:
                self._intake.tasks.give_back(batch.tasks)
                return
            self.lost += batch.rows_taken
            for stream, rows in batch.rows:
                self._note_loss(stream, rows)
            self._intake.tasks.give_back(batch.tasks + [(SaveGap(gap), None) for gap in self._losses.values()])
            if not self._told_loss:
                self._told_loss = True
                self._say("The disk takes nothing any more and the memory set aside is full: what came first is lost.")

    def _note_loss(self, stream: Stream, rows: list[Any]) -> None:
        if stream is REJECTED:
            return
        symbols = {number: symbol for symbol, number in dict(self._ids).items()}
        for row in stream.encoded(rows):
            service = _service(stream, row, symbols)
            at = row[stream.stamp] // 1000
            known = self._losses.get(service) or Gap(
                service, at, Cause.SPILL, at, "", "It came, and could not be kept."
            )
            self._losses[service] = Gap(
                service, min(known.from_ms, at), Cause.SPILL, max(known.to_ms or at, at), "", known.sentence
            )

    def _look_at_space(self) -> None:
        now = time.monotonic()
        if now - self._space_looked_at < _SPACE_SECONDS:
            return
        self._space_looked_at = now
        folder = self._spill.path.parent
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            return
        little = min(LITTLE_BYTES, usage.total * LITTLE_SHARE)
        if usage.free < little and not self._told_space:
            self._told_space = True
            self._say(
                f"Only {usage.free / 1024**2:,.0f} MiB are free on the disk that holds {folder}."
                " Recording goes on until it is full."
            )
        elif usage.free > little * 1.2:
            self._told_space = False

    # ---------------------------------------------------------------------------- a block

    def _head(self, rows: Mapping[str, list[Row]]) -> Head:
        stamps = [row[STREAMS[name].stamp] for name, part in rows.items() for row in part]
        new = {symbol: number for symbol, number in dict(self._ids).items() if number > self._known}
        return Head(len(stamps), max(stamps, default=0), new)


def _fits(value: object, what: str) -> bool:
    """Whether the file can hold it; what it cannot, no column could."""
    try:
        msgspec.msgpack.encode(value)
    except _UNFIT as error:
        tell_unfit(error, what, value)
        return False
    return True


def _service(stream: Stream, row: Row, symbols: Mapping[int, str]) -> str:
    """The streamer's name of what brought a row that waits."""
    if stream is BOOKS:
        return str(row[1])
    if stream is SCREENERS:
        return str(row[2])
    if stream is ACTIVITIES:
        return "ACCT_ACTIVITY"
    if stream is HEADLINES:
        return "NEWS_HEADLINE"
    return _LEVEL_ONE[kind_of(symbols.get(row[0], ""))]

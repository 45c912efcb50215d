"""One owner of a profile: a lock says whether there is one, small files beside it who it is and what others ask of it.

Schwab allows one stream a user, and may give a new refresh token with every renewal: two programs on one sign-in would
push each other out. So whoever holds ``owner.lock`` is the only one to sign in, stream and write. ``owner.json`` tells
who that is; ``owner.wish`` is what another program asks of it: to come to the front, or to give up. Both are written
whole and read as data of a fixed shape, in a folder that only its owner may enter; what is not exactly that is ignored.
"""

import asyncio
import logging
import os
import secrets
import stat
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from monitor import clock
from monitor.errors import Unusable
from monitor.file_lock import FileLock
from monitor.market.calendar import from_ms
from monitor.ports import Owner
from monitor.whole_file import sweep, write_private

_log = logging.getLogger(__name__)

#: An owner looks for wishes, and who waits looks for the end of an owner, this often.
LOOK_SECONDS = 0.25
#: Who asks must be answered within this time, and a wish older than this is no longer meant.
ANSWER_SECONDS = 15.0
_RENEW_MS = 5_000
_MOST_BYTES = 1_024
_NOBODY_KNOWN = Owner("", 0, 0)

Program = Literal["window", "collector"]
Pid = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**45)]
M = TypeVar("M", bound=msgspec.Struct)


class What(StrEnum):
    """All that can be asked of an owner."""

    SHOW = "show"  # bring the window to the front
    GIVE_UP = "give up"  # end in good order, so that the one who asks can take over


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What another program asks; ``by`` tells apart who asks, also where process ids are the same."""

    what: What
    program: Program
    pid: Pid
    by: Annotated[str, msgspec.Meta(max_length=32)]
    at_ms: Moment

    @property
    def asker(self) -> Owner:
        """Who will be the owner once the wish is granted."""
        return Owner(self.program, self.pid, self.at_ms)


class _Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner tells of itself; ``leaving`` once it has heard the wish and ends in good order."""

    program: Program
    pid: Pid
    since_ms: Moment
    leaving: bool = False

    @property
    def owner(self) -> Owner:
        return Owner(self.program, self.pid, self.since_ms)


class Ownership:
    """A program's claim to the profile in ``folder``; ``program`` is what it tells others that it is."""

    def __init__(self, folder: Path, program: Program, now_ms: Callable[[], int] = clock.now_ms) -> None:
        self._lock = FileLock(folder / "owner.lock")
        self._holder_path = folder / "owner.json"
        self._wish_path = folder / "owner.wish"
        self._program = program
        self._id = secrets.token_hex(8)
        self._now_ms = now_ms
        self._answered: Wish | None = None

    # ------------------------------------------------------------------ getting it

    def take(self) -> Owner | None:
        """None when the profile is ours now, else who holds it. Raises Unusable where no lock can be had."""
        try:
            taken = self._lock.take()
        except OSError as error:
            raise Unusable(f"The folder {self._wish_path.parent} cannot be held by one program.", str(error)) from error
        if not taken:
            holder = self._holder()
            return holder.owner if holder else _NOBODY_KNOWN
        self._tell(leaving=False)
        self._clear_wish()
        return None

    async def stand_by(self, hear: Callable[[Owner], object] = lambda _: None) -> None:
        """Wait until the profile is free and take it; ``hear`` is told of each owner that is waited for."""
        heard = None
        while owner := self._take_in_turn():
            if owner.program and owner != heard:
                heard = owner
                hear(owner)
            await asyncio.sleep(LOOK_SECONDS)

    async def take_over(self) -> Owner | None:
        """Ask the owner to give up, and take its place: None when it is ours, else who was faster.

        Whoever asked first is served first. Cancelled, the wish is withdrawn. Raises Unusable when the owner does not
        answer; one that has heard the wish may take as long as its last rows need.
        """
        asked = None
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            while owner := self._take_in_turn():
                if owner.program:
                    asked = asked or owner
                    if owner != asked:
                        return owner
                if not self._ask(What.GIVE_UP) or self._is_leaving():
                    deadline = time.monotonic() + ANSWER_SECONDS
                elif time.monotonic() > deadline:
                    raise no_answer(asked or owner)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._withdraw()
        return None

    async def show(self) -> None:
        """Ask the owner to bring its window to the front, and wait until it does. Raises Unusable as take_over."""
        owner = (holder := self._holder()) and holder.owner
        self._ask(What.SHOW)
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            while self._wish(mine=True):
                if time.monotonic() > deadline:
                    raise no_answer(owner or _NOBODY_KNOWN)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._withdraw()

    # ------------------------------------------------------------------ having it

    async def asked(self) -> Wish:
        """Wait until another program asks something of us; who is asked to give up is from then on leaving."""
        while (wish := self._wish(mine=False)) is None or wish == self._answered:  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(LOOK_SECONDS)
        self._answered = wish
        if wish.what is What.GIVE_UP:
            self._tell(leaving=True)
        else:
            _remove(self._wish_path)
        return wish

    def release(self) -> None:
        """Let another program have the profile; nothing happens when it is not ours."""
        if self._lock.held:
            _remove(self._holder_path)
            self._lock.release()

    # ------------------------------------------------------------------ the files

    def _take_in_turn(self) -> Owner | None:
        """As take, but what somebody else has asked the owner to give up is theirs."""
        wish = self._wish(mine=False)
        if wish is not None and wish.what is What.GIVE_UP:
            holder = self._holder()
            return holder.owner if holder else _NOBODY_KNOWN
        return self.take()

    def _is_leaving(self) -> bool:
        holder = self._holder()
        return holder is not None and holder.leaving

    def _holder(self) -> _Holder | None:
        return _read(self._holder_path, _Holder)

    def _tell(self, leaving: bool) -> None:
        """Say who holds the profile. The lock is what counts: where this cannot be written, others name nobody."""
        since_ms = holder.since_ms if leaving and (holder := self._holder()) else self._now_ms()
        try:
            sweep(self._holder_path)
            write_private(
                self._holder_path, msgspec.json.encode(_Holder(self._program, os.getpid(), since_ms, leaving))
            )
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._holder_path, error)

    def _ask(self, what: What) -> bool:
        """See that our wish lies there and is fresh; False while somebody else's comes first. Raises Unusable."""
        other, own = self._wish(mine=False), self._wish(mine=True)
        if other is not None and other.what is What.GIVE_UP:
            return False
        now_ms = self._now_ms()
        if own is None or now_ms - own.at_ms > _RENEW_MS:
            wish = Wish(what, self._program, os.getpid(), self._id, now_ms)
            try:
                write_private(self._wish_path, msgspec.json.encode(wish))
            except OSError as error:
                raise Unusable("The program that holds the data folder cannot be asked.", str(error)) from error
        return True

    def _wish(self, mine: bool) -> Wish | None:
        """The wish that lies there, if it is fresh, and ours or somebody else's as wanted."""
        wish = _read(self._wish_path, Wish)
        if wish is None or (wish.by == self._id) != mine:
            return None
        return wish if abs(self._now_ms() - wish.at_ms) <= ANSWER_SECONDS * 1000 else None

    def _withdraw(self) -> None:
        if self._wish(mine=True):
            _remove(self._wish_path)

    def _clear_wish(self) -> None:
        """Once the profile is ours, what was asked before is done with; what somebody else just asked is not."""
        if self._wish(mine=False) is None:
            _remove(self._wish_path)


def holds(owner: Owner) -> str:
    """The sentence's beginning that tells who holds the profile since when, without its full stop."""
    name = owner.name[0].upper() + owner.name[1:]
    since = f" since {from_ms(owner.since_ms):%a %d %b %H:%M} New York time" if owner.since_ms else ""
    return f"{name} has been using this data folder{since}"


def no_answer(owner: Owner) -> Unusable:
    """The failure to be answered by ``owner``."""
    return Unusable(f"{owner.name[0].upper()}{owner.name[1:]} does not answer. End it, then try again.")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s stays behind: %s", path, error)


def _read(path: Path, kind: type[M]) -> M | None:
    """What the file holds if it is exactly of that kind, a plain file of our own, and small; else nothing."""
    try:
        about = path.lstat()
        ours = stat.S_ISREG(about.st_mode) and (os.name == "nt" or about.st_uid == os.getuid())
        if not ours or about.st_size > _MOST_BYTES:
            return None
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES + 1), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

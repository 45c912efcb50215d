"""The database of a program: brought into order off the loop, and looked at when the last program did not close it."""

import asyncio
import logging
from pathlib import Path

from monitor.apps.opening import Watch, prepared
from monitor.live.bus import Bus
from monitor.live.events import Audited, Level, Notice
from monitor.store import Recovery, Store, lost_track_of, open_store

_log = logging.getLogger(__name__)
_UNCLEAN = "The program was not closed in good order the last time."
_BROKEN_OFF = "The program was closed before it had checked the database after an unclean end."
#: A check that is over sooner is told with what it found.
_SOON_SECONDS = 1.0


async def open_database(path: Path, sandbox: bool, bus: Bus, watch: Watch) -> tuple[Store, tuple[Notice, ...]]:
    """The store, and what a person is to be told of its opening, which ``watch`` shows where it takes long.

    Raises StoreUnavailable, and OpeningStopped when the watcher wants that.
    """
    left = lost_track_of(path)
    await prepared(path, sandbox, watch)
    store = open_store(
        path,
        sandbox,
        on_trouble=lambda sentence: bus.publish(Notice(Level.WARNING, sentence)),
        on_audit=lambda entry: bus.publish(Audited(entry)),
    )
    greetings = [_told(recovery) for recovery in store.recoveries]
    if left is not None:
        sentence = (
            f"There was no {path.name} in {path.parent} any more, only {left.name}: a new database was begun. To go"
            " back to a backup, close the program and copy it there under that name."
        )
        greetings.append(Notice(Level.WARNING, sentence, str(left), stays=True))
    return store, tuple(greetings)


async def check_after_unclean_exit(store: Store, bus: Bus) -> None:
    """Look for damage beside the work, where the last program was killed or the power failed, and tell what was found.

    Raises StoreUnavailable.
    """
    if not store.check_due:
        return
    why = _UNCLEAN if store.left_open else _BROKEN_OFF
    begun = Notice(Level.INFO, f"{why} The database is being checked beside the work.")
    telling = asyncio.get_running_loop().call_later(_SOON_SECONDS, bus.publish, begun)
    try:
        check = await store.care.check(full=False)
    finally:
        telling.cancel()
    if check is None:
        return
    _log.info("the database was checked in %.1f s after an unclean exit: %s", check.seconds, check.problems or "sound")
    if check.problems:
        sentence = f"{why} A check found the database damaged: what can be read is saved into a new one."
        bus.publish(Notice(Level.ERROR, sentence, "; ".join(check.problems[:3])))
    else:
        bus.publish(Notice(Level.INFO, f"{why} The database was checked and is sound."))


def _told(recovery: Recovery) -> Notice:
    return Notice(Level.WARNING, recovery.sentence, recovery.detail, stays=True)

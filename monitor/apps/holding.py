"""How the window comes to hold a profile that another program holds: a word with the person, and then with that one."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from monitor.apps.ownership import Ownership
from monitor.errors import Unusable
from monitor.ports import Owner
from monitor.ui.owner.window import Choice, OwnerWindow


@dataclass(frozen=True, slots=True)
class Held:
    """The profile is ours; ``before`` is the program it was taken over from, if it was."""

    before: Owner | None = None


#: What comes next: what the person chose, the profile, or nothing yet.
Step = Choice | Held | None


class Conversation:
    """Asks the person through ``window`` what to do about the owner, and does it."""

    def __init__(self, ownership: Ownership, window: OwnerWindow, owner: Owner, handed_over: bool) -> None:
        self._ownership = ownership
        self._window = window
        self._owner = owner
        self._handed_over = handed_over
        self._waits = handed_over  # stand by when nothing else was chosen
        self._choices: asyncio.Queue[Choice] = asyncio.Queue()
        window.chosen.connect(self._choices.put_nowait)

    async def run(self) -> Held | None:
        """Go on until the profile is ours; None when the person leaves."""
        step: Step = None
        failure = ""
        while not isinstance(step, Held) and step is not Choice.LEAVE:
            try:
                step, failure = await self._after(step, failure), ""
            except Unusable as error:
                step, failure, self._waits = None, error.sentence, False
        return step if isinstance(step, Held) else None

    async def _after(self, choice: Choice | None, failure: str) -> Step:
        """Do what was chosen, until it has come to its end or the person chooses something else."""
        if choice is Choice.TAKE_OVER:
            self._window.ask(self._owner)
            return await self._unless_chosen(self._take_over())
        if choice is Choice.SHOW:
            self._window.ask(self._owner, to_show=True)
            return await self._unless_chosen(self._show())
        self._waits = self._waits or choice is Choice.STAND_BY
        if self._waits:
            self._hear(self._owner, failure)
            return await self._unless_chosen(self._stand_by())
        self._window.offer(self._owner, failure)
        return await self._choices.get()

    async def _take_over(self) -> Step:
        faster = await self._ownership.take_over()
        if faster is None:
            return Held(self._owner)
        self._owner = faster
        return None

    async def _show(self) -> Step:
        """Leave once the other window has come to the front; there may be none any more."""
        owner = self._ownership.take()
        if owner is None:
            return Held()
        if owner.program != "window":
            self._owner = owner
            return None
        await self._ownership.show()
        return Choice.LEAVE

    async def _stand_by(self) -> Step:
        await self._ownership.stand_by(self._hear)
        return Held()

    def _hear(self, owner: Owner, failure: str = "") -> None:
        self._owner = owner
        self._window.wait(owner, self._handed_over, failure)

    async def _unless_chosen(self, work: Coroutine[Any, Any, Step]) -> Step:
        """What the work comes to, or what the person chooses before. Raises what the work raises."""
        working, choosing = asyncio.create_task(work), asyncio.create_task(self._choices.get())
        try:
            await asyncio.wait({working, choosing}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else choosing.result()
        finally:
            working.cancel()
            choosing.cancel()
            await asyncio.wait({working, choosing})

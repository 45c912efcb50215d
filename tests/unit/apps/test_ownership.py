"""One owner of a profile: who is told, who is asked, who waits, and what lies in the folder that nobody meant."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.apps import ownership
from monitor.apps.ownership import Ownership, Program, What, Wish, holds
from monitor.errors import Unusable
from monitor.ports import Owner
from tests.support.builders import DAY, ms


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "LOOK_SECONDS", 0.002)


class Folder:
    """A profile's folder, and the programs of a test that want it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wish = path / "owner.wish"
        self.holder = path / "owner.json"
        self.now_ms = ms("09:31", DAY)
        self._made: list[Ownership] = []

    def program(self, kind: Program) -> Ownership:
        made = Ownership(self.path, kind, lambda: self.now_ms)
        self._made.append(made)
        return made

    def close(self) -> None:
        for made in self._made:
            made.release()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path)
    yield folder
    folder.close()


async def test_the_second_is_told_who_holds_the_profile_since_when(folder: Folder) -> None:
    collector, window = folder.program("collector"), folder.program("window")
    assert collector.take() is None
    folder.now_ms += 60_000
    owner = window.take()
    assert owner == Owner("collector", os.getpid(), ms("09:31", DAY))
    assert holds(owner) == (
        f"The collector (process {os.getpid()}) has been using this data folder since Wed 21 May 09:31 New York time"
    )
    assert os.name == "nt" or folder.holder.stat().st_mode & 0o777 == 0o600


async def test_a_free_profile_names_nobody(folder: Folder) -> None:
    collector, window = folder.program("collector"), folder.program("window")
    collector.take()
    collector.release()
    assert not folder.holder.exists()
    assert window.take() is None


async def test_an_owner_that_was_killed_is_forgotten(folder: Folder) -> None:
    folder.holder.write_text('{"program":"collector","pid":1,"since_ms":5}')
    folder.holder.with_name(".owner.json.0.part").write_text("{")
    window = folder.program("window")
    assert window.take() is None
    owner = folder.program("collector").take()
    assert owner is not None
    assert owner.program == "window"
    assert sorted(path.name for path in folder.path.iterdir()) == ["owner.json", "owner.lock"]


@pytest.mark.parametrize("text", ["", "{", '{"program":"rm -rf","pid":1,"since_ms":5}', "[" * 900])
async def test_an_owner_that_says_nothing_readable_has_no_name(folder: Folder, text: str) -> None:
    folder.program("collector").take()
    folder.holder.write_text(text)
    owner = folder.program("window").take()
    assert owner is not None
    assert holds(owner) == "Another Market Monitor has been using this data folder"


async def test_files_that_cannot_be_written_keep_nobody_from_the_profile(folder: Folder) -> None:
    """The lock is what counts; the rest only says who holds it."""
    folder.holder.mkdir()
    folder.wish.mkdir()
    collector, window = folder.program("collector"), folder.program("window")
    assert collector.take() is None
    owner = window.take()
    assert owner is not None
    assert owner.program == ""
    with pytest.raises(Unusable, match="cannot be asked"):
        await window.take_over()
    collector.release()
    assert window.take() is None


async def test_a_folder_that_cannot_be_locked_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be held by one program"):
        Ownership(tmp_path / "none", "window").take()


async def give_up(owner: Ownership) -> Wish:
    """What every owner does: hear the wish, end in good order, let go."""
    wish = await owner.asked()
    owner.release()
    return wish


async def test_the_owner_gives_up_to_whoever_asks(folder: Folder) -> None:
    collector, window = folder.program("collector"), folder.program("window")
    collector.take()
    wish, faster = await asyncio.gather(give_up(collector), window.take_over())
    assert (wish.what, wish.asker.name, faster) == (What.GIVE_UP, f"the window (process {os.getpid()})", None)
    owner = collector.take()
    assert owner is not None
    assert owner.program == "window"
    assert not folder.wish.exists()


async def test_who_stands_by_lets_the_one_who_asked_go_first_and_comes_after(folder: Folder) -> None:
    collector, window = folder.program("collector"), folder.program("window")
    collector.take()
    waited_for: list[str] = []

    async def give_up_and_stand_by() -> None:
        await give_up(collector)
        await collector.stand_by(lambda owner: waited_for.append(owner.program))

    standing_by = asyncio.create_task(give_up_and_stand_by())
    assert await window.take_over() is None
    while not waited_for:  # noqa: ASYNC110  it is told by polling
        await asyncio.sleep(0.001)
    assert not standing_by.done()
    window.release()
    await asyncio.wait_for(standing_by, 60)
    owner = window.take()
    assert (waited_for, owner and owner.program) == (["window"], "collector")


async def test_a_wish_whose_asker_is_gone_holds_nobody_up_for_long(folder: Folder) -> None:
    collector = folder.program("collector")
    folder.wish.write_bytes(a_wish(at_ms=folder.now_ms))
    standing_by = asyncio.create_task(collector.stand_by())
    await asyncio.sleep(0.02)
    assert not standing_by.done()
    folder.now_ms += 15_001
    await asyncio.wait_for(standing_by, 60)
    assert not folder.wish.exists()


async def test_an_owner_that_does_not_answer_is_named(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "ANSWER_SECONDS", 0.05)
    folder.program("collector").take()
    window = folder.program("window")
    with pytest.raises(Unusable) as caught:
        await window.take_over()
    assert caught.value.sentence == (f"The collector (process {os.getpid()}) does not answer. End it, then try again.")
    assert not folder.wish.exists()


async def test_an_owner_that_has_heard_the_wish_may_need_longer(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "ANSWER_SECONDS", 0.05)
    collector, window = folder.program("collector"), folder.program("window")
    collector.take()
    taking_over = asyncio.create_task(window.take_over())
    await collector.asked()
    await asyncio.sleep(0.2)
    assert not taking_over.done()
    collector.release()
    assert await asyncio.wait_for(taking_over, 60) is None


async def test_a_cancelled_wish_is_withdrawn(folder: Folder) -> None:
    collector, window = folder.program("collector"), folder.program("window")
    collector.take()
    taking_over = asyncio.create_task(window.take_over())
    while not folder.wish.exists():  # noqa: ASYNC110  it is told by polling
        await asyncio.sleep(0.001)
    taking_over.cancel()
    await asyncio.wait({taking_over})
    assert not folder.wish.exists()


async def test_of_two_who_ask_the_first_is_served_and_the_other_told(folder: Folder) -> None:
    owner, first, second = (folder.program(kind) for kind in ("collector", "window", "collector"))
    owner.take()
    asking = asyncio.create_task(first.take_over())
    while not folder.wish.exists():  # noqa: ASYNC110  it is told by polling
        await asyncio.sleep(0.001)
    asking_too = asyncio.create_task(second.take_over())
    await asyncio.sleep(0.02)
    await give_up(owner)
    assert await asyncio.wait_for(asking, 60) is None
    faster = await asyncio.wait_for(asking_too, 60)
    assert faster is not None
    assert faster.program == "window"


async def test_a_window_asked_to_show_itself_stays_the_owner(folder: Folder) -> None:
    window, other = folder.program("window"), folder.program("window")
    window.take()
    wish, _ = await asyncio.gather(window.asked(), asyncio.wait_for(other.show(), 60))
    assert wish.what is What.SHOW
    owner = other.take()
    assert owner is not None
    assert owner.program == "window"


async def test_a_wish_that_cannot_be_taken_away_is_answered_once(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "_remove", lambda _: None)
    window = folder.program("window")
    window.take()
    folder.wish.write_bytes(a_wish(what="show"))
    assert (await window.asked()).what is What.SHOW
    again = asyncio.create_task(window.asked())
    await asyncio.sleep(0.01)
    assert not again.done()
    again.cancel()


@pytest.mark.parametrize("jump_ms", [-86_400_000, -16_000, -14_000, 14_000, 16_000, 86_400_000])
async def test_a_clock_that_is_set_while_somebody_asks_changes_nothing(folder: Folder, jump_ms: int) -> None:
    owner, asker, waiter = (folder.program(kind) for kind in ("collector", "window", "collector"))
    owner.take()
    standing_by = asyncio.create_task(waiter.stand_by())
    asking = asyncio.create_task(asker.take_over())
    while not folder.wish.exists():  # noqa: ASYNC110  it is told by polling
        await asyncio.sleep(0.001)
    folder.now_ms += jump_ms
    assert (await asyncio.wait_for(give_up(owner), 60)).what is What.GIVE_UP
    assert await asyncio.wait_for(asking, 60) is None
    assert not standing_by.done()
    standing_by.cancel()


# ---------------------------------------------------------------------- what lies there that nobody meant


def a_wish(**changes: object) -> bytes:
    fields = {"what": "give up", "program": "window", "pid": 7, "by": "x", "at_ms": ms("09:31", DAY)}
    return msgspec.json.encode(fields | changes)


BAD_WISHES = {
    "garbage": b"\x00\xff{",
    "another word": a_wish(what="rm -rf /"),
    "another program": a_wish(program="<b>Schwab</b>"),
    "a field more": a_wish(command="ls"),
    "no process": a_wish(pid=0),
    "a process as text": a_wish(pid="7"),
    "older than meant": a_wish(at_ms=ms("09:31", DAY) - 15_001),
    "of the future": a_wish(at_ms=ms("09:31", DAY) + 15_001),
    "too large": a_wish() + b" " * 2_000,
    "a list": b"[" * 1000,
}


@pytest.mark.parametrize("content", BAD_WISHES.values(), ids=BAD_WISHES.keys())
async def test_what_is_no_wish_is_ignored(folder: Folder, content: bytes) -> None:
    window = folder.program("window")
    window.take()
    folder.wish.write_bytes(content)
    asked = asyncio.create_task(window.asked())
    await asyncio.sleep(0.01)
    assert not asked.done()
    folder.wish.write_bytes(a_wish())
    assert (await asyncio.wait_for(asked, 60)).pid == 7


@pytest.mark.skipif(os.name == "nt", reason="left out: Windows has no such files")
@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "of another user"])
async def test_a_wish_that_is_no_plain_file_of_ours_is_ignored(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    window = folder.program("window")
    window.take()
    if kind == "pipe":
        os.mkfifo(folder.wish)
    elif kind == "folder":
        folder.wish.mkdir()
    elif kind == "link":
        elsewhere = tmp_path_factory.mktemp("elsewhere") / "wish"
        elsewhere.write_bytes(a_wish())
        folder.wish.symlink_to(elsewhere)
    else:
        folder.wish.write_bytes(a_wish())
        own = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: own + 1)
    asked = asyncio.create_task(window.asked())
    await asyncio.sleep(0.01)
    assert not asked.done()
    asked.cancel()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=1_100),
        st.dictionaries(
            st.sampled_from(["what", "program", "pid", "by", "at_ms", "x"]),
            st.one_of(st.sampled_from(["show", "give up", "window", "collector"]), st.text(), st.integers(), st.none()),
        ).map(msgspec.json.encode),
    )
)
def test_whatever_lies_there_it_asks_for_show_or_give_up_or_nothing(folder: Folder, content: bytes) -> None:
    folder.wish.write_bytes(content)
    wish = folder.program("window")._wish(mine=False)
    assert wish is None or (wish.what in set(What) and wish.program in {"window", "collector"} and wish.pid > 0)


# ---------------------------------------------------------------------- many at once, and killed ones

CROWD = """
import asyncio, os, random, sys
from pathlib import Path
from monitor.apps import ownership
ownership.LOOK_SECONDS = 0.01

async def want(folder, log, number):
    rng = random.Random(number)
    while True:
        own = ownership.Ownership(folder, rng.choice(["window", "collector"]))
        if number % 2:
            while await own.take_over():
                await asyncio.sleep(0.01)
        else:
            await own.stand_by()
        os.write(log, f"in {os.getpid()}\\n".encode())
        try:
            async with asyncio.timeout(rng.random() * 0.05):
                await own.asked()
        except TimeoutError:
            pass
        await asyncio.sleep(rng.random() * 0.01)
        os.write(log, f"out {os.getpid()}\\n".encode())
        own.release()
        await asyncio.sleep(rng.random() * 0.05)

for number in range(20):
    if os.fork() == 0:
        log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        asyncio.run(want(Path(sys.argv[1]), log, number))
for _ in range(20):
    os.wait()
"""


@pytest.mark.skipif(os.name == "nt", reason="left out: Windows cannot fork")
def test_among_twenty_programs_there_is_never_a_second_owner_and_a_killed_one_is_followed(tmp_path: Path) -> None:
    profile, log = tmp_path / "profile", tmp_path / "log"
    profile.mkdir()
    crowd = subprocess.Popen([sys.executable, "-c", CROWD, profile, log], start_new_session=True)
    killed: set[str] = set()
    try:
        while len(killed) < 5:
            lines = _lines(log)
            assert crowd.poll() is None
            if len(lines) > 30 * (len(killed) + 1) and lines[-1].startswith("in "):
                pid = lines[-1].split()[1]
                os.kill(int(pid), signal.SIGKILL)
                killed.add(pid)
            time.sleep(random.random() * 0.01)
        enough = len(_lines(log)) + 30
        while len(_lines(log)) < enough:
            time.sleep(0.01)
    finally:
        os.killpg(crowd.pid, signal.SIGKILL)
        crowd.wait()
    inside = ""
    turns: Counter[str] = Counter()
    for line in _lines(log):
        word, pid = line.split()
        if word == "in":
            assert inside == "" or inside in killed
            inside = pid
            turns[pid] += 1
        else:
            assert inside == pid
            inside = ""
    assert len(turns) > 5


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []

"""What was sent outlives the program, for a minute: whatever the clocks, the machine or the file have been through."""

import logging
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.file_lock import FileLock
from monitor.ports import Priority
from monitor.schwab.sent_file import SentFile
from monitor.schwab.window import Window

LIMIT = 20


class Machine:
    """Its two clocks, and the programs on it: each has a window of its own over the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 5000.0
        self.wall = 1_795_000_000.0

    def program(self) -> Window:
        return Window(LIMIT, lambda: self.now, SentFile(self.path, lambda: round(self.wall * 1000)))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    def start_anew(self, seconds: float, wall: float = 0.0) -> None:
        """Off for a while; the wall clock may have been set meanwhile."""
        self.now = seconds / 2
        self.wall += seconds + wall


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "requests.sent")


def take_all(window: Window) -> int:
    """How many requests pass at this moment."""
    taken = 0
    while not window.take(Priority.PERSON):
        taken += 1
    return taken


def test_a_restart_forgets_nothing_of_the_last_minute(machine):
    assert take_all(machine.program()) == LIMIT  # all at the same moment
    machine.pass_time(59)
    window = machine.program()
    assert take_all(window) == 0
    assert window.used() == LIMIT
    machine.pass_time(1.3)
    assert take_all(machine.program()) == LIMIT


def test_two_programs_share_one_limit_at_the_same_time(machine):
    first, second = machine.program(), machine.program()
    taken = [0, 0]
    for number in range(30):
        taken[number % 2] += not (first, second)[number % 2].take(Priority.PERSON)
    assert taken == [10, 10]


def test_a_pause_and_a_halved_limit_outlive_the_program(machine):
    first = machine.program()
    first.take(Priority.PERSON)
    machine.pass_time(1)
    first.slow_down(machine.now - 1, 300)
    second = machine.program()
    assert second.take(Priority.PERSON) == pytest.approx(300)
    assert second.paused() == pytest.approx(300)
    machine.pass_time(300)
    assert second.take(Priority.PERSON) == 0
    assert second.ceiling() == LIMIT // 2


def test_after_a_start_of_the_machine_the_wall_clock_tells_how_long_ago_it_was(machine):
    take_all(machine.program())
    machine.start_anew(40)
    window = machine.program()
    assert take_all(window) == 0
    machine.pass_time(20.3)
    assert take_all(window) == LIMIT


@pytest.mark.parametrize("wall", [-1e9, -3600, 3600, 1e9])
def test_a_wall_clock_that_jumps_while_the_machine_is_on_changes_nothing(machine, wall):
    take_all(machine.program())
    machine.wall += wall
    machine.pass_time(59)
    assert take_all(machine.program()) == 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 90), st.sampled_from(["go on", "start anew"]), st.floats(-1e6, 0)),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_the_clocks_do_nobody_waits_for_more_than_a_minute(tmp_path_factory, steps):
    machine = Machine(tmp_path_factory.mktemp("profile") / "requests.sent")
    for seconds, what, wall in steps:
        window = machine.program()
        take_all(window)
        window.close()
        if what == "go on":
            machine.pass_time(seconds)
            machine.wall += wall
        else:
            machine.start_anew(seconds, wall)
    window = machine.program()
    assert window.take(Priority.PERSON) < 60.26
    assert window.paused() == 0
    machine.pass_time(60.3)
    assert take_all(window) == LIMIT


def test_a_clock_that_goes_back_under_a_running_program_holds_nobody_for_long(machine):
    window = machine.program()
    while not window.take(Priority.BACKGROUND):
        pass
    take_all(window)
    machine.now -= 4000
    assert 0 < window.take(Priority.BACKGROUND) < 60.26
    machine.pass_time(60.3)
    assert not window.take(Priority.BACKGROUND)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"x" * 1016, b"\0" * 1016, b"SENT 1\n\0" + struct.pack("<126d", *[float("nan")] * 126), b"y" * 9000],
    ids=["empty", "short", "foreign", "zeros", "no numbers", "long"],
)
def test_a_damaged_file_is_written_over(machine, content):
    machine.path.write_bytes(content)
    window = machine.program()
    assert take_all(window) == LIMIT
    assert window.paused() == 0
    assert take_all(machine.program()) == 0


def test_moments_that_nobody_can_have_written_hold_nobody_for_long(machine):
    far = struct.pack("<126d", 0.0, machine.wall, 1e12, 1e12, 1e12, 1e12, *[1e12] * 120)
    machine.path.write_bytes(b"SENT 1\n\0" + far)
    window = machine.program()
    assert 0 < window.take(Priority.PERSON) <= 3600
    assert window.paused() <= 3600


def test_a_pause_without_end_ends_after_an_hour(machine):
    content = struct.pack("<126d", machine.now, machine.wall, 1e12, 1.0, 0.0, 0.0, *[0.0] * 120)
    machine.path.write_bytes(b"SENT 1\n\0" + content)
    assert machine.program().take(Priority.PERSON) == pytest.approx(3600)


def test_a_file_that_cannot_be_opened_limits_this_run_alone(machine, caplog):
    machine.path.mkdir()
    with caplog.at_level(logging.WARNING):
        window = machine.program()
        assert take_all(window) == LIMIT
        assert window.take(Priority.PERSON) > 0
    assert len(caplog.records) == 1


def test_a_program_that_was_stopped_with_the_lock_stops_no_other(machine):
    lock = FileLock(machine.path.with_suffix(".lock"))
    assert lock.take()
    window = machine.program()
    assert window.take(Priority.PERSON) == pytest.approx(0.005)
    machine.pass_time(3)
    assert window.take(Priority.PERSON) == 0
    lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="there the mode says nothing")
def test_only_its_owner_may_read_it(machine):
    machine.program().take(Priority.PERSON)
    assert machine.path.stat().st_mode & 0o777 == 0o600
    assert machine.path.stat().st_size == 1016

"""Raw frames: the file holds what came, as it came, without what is nobody's business, and survives a kill."""

import asyncio
import errno
import gzip
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import Unusable
from monitor.sandbox.tape import Tape
from monitor.schwab import frame_file
from monitor.schwab.frame_file import FrameRecording
from tests.support.ports import until

QUOTE = b'{"data":[{"service":"LEVELONE_EQUITIES","timestamp":1700000000000,"content":[{"key":"A","1":214.0}]}]}'
BEAT = b'{"notify":[{"heartbeat":"1700000000123"}]}'


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


async def test_frames_are_written_as_they_came_with_their_moment(tmp_path: Path) -> None:
    path, clock = tmp_path / "frames.jsonl.gz", Clock()
    recording = FrameRecording(clock=clock)
    recording.start(path)
    assert recording.path == path
    recording.take(QUOTE)
    clock.now += 1.5
    recording.take(BEAT)
    recording.stop()
    assert gzip.decompress(path.read_bytes()) == b'{"t":0,"frame":%s}\n{"t":1500,"frame":%s}\n' % (QUOTE, BEAT)
    assert (recording.frames, recording.path, recording.taking) == (2, None, False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Tape.load(path).stamps == [1_700_000_000_000]


async def test_a_login_and_the_account_stay_out(tmp_path: Path) -> None:
    login = b'{"response":[{"service":"ADMIN","command":"LOGIN","content":{"code":0,"msg":"server=s"}}]}'
    activity = b'{"data":[{"service":"ACCT_ACTIVITY","timestamp":1,"content":[{"key":"k","1":"123","3":"{}"}]}]}'
    for with_activity, expected in ((False, 1), (True, 2)):
        path = tmp_path / f"{with_activity}.gz"
        recording = FrameRecording()
        recording.start(path, with_activity)
        for frame in (login, activity, QUOTE):
            recording.take(frame)
        recording.stop()
        assert recording.frames == len(lines(path)) == expected
        assert b"LOGIN" not in gzip.decompress(path.read_bytes())


async def test_a_recording_that_goes_on_adds_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / "frames.gz"
    for append, count in ((False, 1), (True, 2), (False, 1)):
        recording = FrameRecording()
        recording.start(path, append=append)
        recording.take(QUOTE)
        recording.stop()
        assert len(lines(path)) == len(Tape.load(path)) == count


async def test_what_is_no_json_or_has_line_breaks_stays_one_line(tmp_path: Path) -> None:
    path = tmp_path / "frames.gz"
    recording = FrameRecording()
    recording.start(path)
    for frame in (b'{"data":\n[]\r\n}', b"\xff\x00garbage\n", b'{"a":"\xff"}', QUOTE):
        recording.take(frame)
    recording.stop()
    read = lines(path)
    assert read[0]["frame"] == {"data": []}
    assert read[1]["raw"] == "�\x00garbage\n"
    assert read[2]["raw"] == '{"a":"�"}'
    assert len(Tape.load(path)) == 1


async def test_each_second_is_on_disk_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_file, "WRITE_SECONDS", 0.005)
    path = tmp_path / "frames.gz"
    recording = FrameRecording()
    recording.start(path)
    for count in range(1, 4):
        recording.take(QUOTE)
        await until(lambda count=count: recording.frames == count)
        assert len(lines(path)) == count  # while it is being written
    recording.stop()


async def test_a_torn_end_costs_no_more_than_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_file, "WRITE_SECONDS", 0.005)
    path = tmp_path / "frames.gz"
    recording = FrameRecording()
    recording.start(path)
    ends = []
    for count in (1, 2):
        recording.take(QUOTE)
        await until(lambda count=count: recording.frames == count)
        ends.append(path.stat().st_size)
    recording.stop()
    whole = path.read_bytes()
    for cut in range(ends[0], ends[1] + 1):
        path.write_bytes(whole[:cut])
        assert len(Tape.load(path)) in {1, 2}  # two where no more than the checksum is missing
    path.write_bytes(whole[: ends[0] - 20])
    with pytest.raises(Unusable, match="cannot be read"):
        Tape.load(path)


async def test_a_file_that_has_grown_large_is_followed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_file, "WRITE_SECONDS", 0.005)
    monkeypatch.setattr(frame_file, "LARGEST_FILE", 10)
    recording = FrameRecording()
    recording.start(tmp_path / "day.jsonl.gz")
    for count in (1, 2):
        recording.take(QUOTE)
        await until(lambda count=count: recording.frames == count)
    recording.stop()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["day-2.jsonl.gz", "day.jsonl.gz"]
    assert [len(lines(file)) for file in tmp_path.iterdir()] == [1, 1]


async def test_memory_is_bounded_when_the_disk_cannot_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_file, "LARGEST_QUEUE", 3 * len(QUOTE))
    recording = FrameRecording()
    recording.start(tmp_path / "frames.gz")
    for _ in range(10):
        recording.take(QUOTE)
    recording.stop()
    assert (recording.frames, recording.dropped) == (4, 6)


async def test_a_full_disk_ends_the_file_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_file, "WRITE_SECONDS", 0.005)
    heard: list[str] = []
    path, write = tmp_path / "frames.gz", os.write
    recording = FrameRecording(heard.append)
    recording.start(path)
    recording.take(QUOTE)
    await until(lambda: recording.frames == 1)

    def torn(handle: int, block: bytes) -> int:
        if len(block) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, block[:20])

    monkeypatch.setattr(os, "write", torn)
    recording.take(QUOTE * 2)
    await until(lambda: heard)
    monkeypatch.setattr(os, "write", write)
    assert "No space left on device" in heard[0]
    assert (recording.taking, recording.path) == (False, None)
    recording.stop()
    assert len(lines(path)) == 1


async def test_a_file_that_cannot_be_made_is_told_at_once(tmp_path: Path) -> None:
    recording = FrameRecording()
    with pytest.raises(Unusable, match="cannot be written"):
        recording.start(tmp_path / "nowhere" / "frames.gz")
    assert not recording.taking


KILLED = """
import asyncio, sys
from pathlib import Path
from monitor.schwab import frame_file
async def main():
    frame_file.WRITE_SECONDS = 0.001
    recording = frame_file.FrameRecording()
    recording.start(Path(sys.argv[1]))
    while True:
        recording.take(b'{"data":[]}')
        print(recording.frames, flush=True)
        await asyncio.sleep(0)
asyncio.run(main())
"""


async def test_a_killed_program_leaves_a_file_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "frames.gz"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    while (said := int(await child.stdout.readline())) < 500:
        pass
    child.kill()
    await child.communicate()
    assert len(lines(path)) >= said

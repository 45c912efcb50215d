"""A slow line is no dead one: what takes long is waited for as long as it comes, and a dead line is still noticed."""

import asyncio
from contextlib import suppress

import pytest

from monitor.schwab.address import Address
from monitor.schwab.connection import Connection, NoAnswer
from monitor.schwab.subscriptions import Command
from monitor.schwab.timing import Timing
from tests.unit.schwab.streamer import Listener, Preferences, Tokens, quotes, streaming, until

SANDBOX = Address.of_sandbox("http://127.0.0.1:1")
SUBSCRIPTION = Command("CHART_EQUITY", "SUBS", ("A",))
TIMING = Timing(measure=50)  # the streamer of these tests would answer in the middle of a message


class Line:
    """A connection whose clock and whose streamer's sending a test has in hand."""

    def __init__(self, streamer):
        self.streamer = streamer
        self.now = 1000.0
        self.listener = Listener()
        client = Preferences(streamer, Tokens())
        self.connection = Connection(client, SANDBOX, self.listener, lambda: self.now, TIMING)

    @property
    def end(self):
        ended = self.connection.ended
        return ended.result().sentence if ended.done() else ""

    def look(self, seconds):
        """One look a second, as the lookout does, for so long."""
        for _ in range(seconds):
            self.now += 1
            self.connection.check_deadlines(self.now)

    def hold(self):
        """Nothing that the streamer sends arrives any more, pongs neither."""
        self.connection._socket.transport.pause_reading()

    async def let_through(self, round_trips):
        """What was held arrives, until so many questions are answered."""
        self.connection._socket.transport.resume_reading()
        await until(lambda: len(self.connection._round_trips) >= round_trips)

    async def command(self):
        """A command that is on its way."""
        before = len(self.streamer.commands)
        task = asyncio.create_task(self.connection.command(SUBSCRIPTION))
        await until(lambda: len(self.streamer.commands) > before)
        return task


@pytest.fixture
async def line():
    async with streaming() as streamer:
        line = Line(streamer)
        await line.connection.login()
        yield line
        await line.connection.close(politely=False)


async def slow_round_trip(line, seconds):
    """A command whose answer takes so long."""
    line.hold()
    task = await line.command()
    line.now += seconds
    await line.let_through(3)
    await task


async def test_who_took_seconds_to_answer_is_not_given_up_for_doing_so_again(line):
    await slow_round_trip(line, 3)
    line.hold()
    line.look(14)  # a ping after five, and its answer is six seconds late by now
    assert line.end == ""
    await line.let_through(4)
    assert line.connection.round_trip == 9


async def test_a_line_is_as_slow_as_the_question_that_still_waits(line):
    assert line.connection.round_trip == 0
    line.hold()
    line.look(8)
    assert line.connection.round_trip == 3


async def test_a_line_that_was_quick_is_dead_after_five_seconds_without_an_answer(line):
    line.hold()
    line.look(11)
    assert "does not answer" in line.end


async def test_nothing_at_all_is_waited_for_longer_than_silence_may_last(line):
    await slow_round_trip(line, 20)
    line.hold()
    line.look(26)
    assert "Nothing came" in line.end


async def send_in_pieces(line, message, pieces):
    """Write the frame of ``message`` to the wire a piece at a time; yields after each has arrived."""
    text = message.encode()
    frame = b"\x81\x7f" + len(text).to_bytes(8, "big") + text
    transport = line.streamer.connections[-1].transport
    size = -(-len(frame) // pieces)
    for start in range(0, len(frame), size):
        before = len(line.connection._socket.protocol.reader.buffer)
        transport.write(frame[start : start + size])
        if start + size < len(frame):
            await until(lambda before=before: len(line.connection._socket.protocol.reader.buffer) > before)
            yield


async def test_a_large_message_on_a_slow_line_is_no_silence(line):
    item = '{"data":[{"service":"LEVELONE_EQUITIES","timestamp":5,"command":"SUBS","content":[{"key":"A","1":1}]}]}'
    async for _ in send_in_pieces(line, item + " " * 70_000, 40):
        line.look(1)  # forty seconds in all, with nothing whole
    await until(lambda: line.listener.quotes)
    assert line.end == ""


async def test_a_large_message_that_stays_half_is_silence(line):
    async for _ in send_in_pieces(line, " " * 70_000, 40):
        break
    line.look(1)
    line.hold()
    line.look(26)
    assert line.end


async def test_an_answer_behind_much_data_is_waited_for(line):
    line.streamer.answer = lambda _request: []
    task = await line.command()
    line.hold()
    for _ in range(61):  # data comes, and what was asked later is not answered either: the line is behind
        await asyncio.sleep(0)
        assert not task.done()
        line.look(1)
        line.connection.last_frame = line.now
    with pytest.raises(NoAnswer):  # no line is as slow as that
        await task


async def test_an_answer_that_was_overtaken_by_a_later_one_is_missed_after_ten_seconds(line):
    line.streamer.answer = lambda _request: []
    task = await line.command()
    line.now += 1
    for _ in range(11):
        line.look(1)
        await line.streamer.send(data=quotes({"key": "A", "1": 1}))
        heard = len(line.listener.quotes)
        await until(lambda heard=heard: len(line.listener.quotes) > heard)
        with suppress(TimeoutError):
            await until(lambda: len(line.connection._round_trips) > 2, 0.5 if line.connection._ping else 0.001)
        if task.done():
            break
    with pytest.raises(NoAnswer):
        await task


async def test_a_line_on_which_data_comes_is_measured_all_the_same(line):
    for _ in range(51):
        line.look(1)
        line.connection.last_frame = line.now
    await until(lambda: len(line.connection._round_trips) == 3)

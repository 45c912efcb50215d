"""The live feed against a small streamer: what is asked, what is heard, and how it comes back."""

import asyncio
import json
import logging
import zlib

import pytest

from monitor.analysis.budget import Sort
from monitor.errors import Refused, SignInNeeded, Transient
from monitor.market.book import BookService
from monitor.market.instrument import Kind
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.connection import Connection, Ended, NoAnswer
from monitor.schwab.stream import SchwabStream
from monitor.schwab.subscriptions import Command
from tests.unit.schwab.streamer import Listener, Preferences, Streamer, Tokens, quotes, streaming, until

SANDBOX = Address.of_sandbox("http://127.0.0.1:1")
AAPL = Wanted(frozenset({"AAPL"}))
STOP = {"service": "ADMIN", "timestamp": 1, "content": {"code": 30, "msg": "Stop streaming due to empty subscription"}}


class Scene:
    """A stream under test with everything around it."""

    def __init__(self, streamer: Streamer) -> None:
        self.streamer = streamer
        self.tokens, self.listener = Tokens(), Listener()
        self.client = Preferences(streamer, self.tokens)
        self.delays: list[float] = []
        self.refused: list[dict[str, str]] = []
        self.stream = SchwabStream(self.client, self.tokens, SANDBOX, on_refused=self.refused.append, sleep=self.sleep)
        self.task: asyncio.Task[None] | None = None

    async def sleep(self, seconds: float) -> None:
        self.delays.append(seconds)
        await asyncio.sleep(0)

    def start(self, wanted: Wanted = AAPL) -> None:
        self.stream.want(wanted)
        self.task = asyncio.create_task(self.stream.run(self.listener))

    async def live(self, wanted: Wanted = AAPL) -> None:
        """Run until everything wanted was asked for."""
        self.start(wanted)
        await until(lambda: self.listener.count(StreamPhase.LIVE) and self.settled())

    def settled(self) -> bool:
        return self.stream._subscriptions.next_command() is None

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def scene():
    async with streaming() as streamer:
        scene = Scene(streamer)
        yield scene
        await scene.stop()


async def test_it_logs_in_first_and_then_asks_for_all_fields(scene):
    await scene.live(Wanted(frozenset({"AAPL"}), frozenset({"AAPL"}), frozenset({"AAPL"})))
    commands = scene.streamer.commands
    assert [(c["service"], c["command"]) for c in commands] == [
        ("ADMIN", "LOGIN"),
        ("LEVELONE_EQUITIES", "SUBS"),
        ("NYSE_BOOK", "SUBS"),
        ("NASDAQ_BOOK", "SUBS"),
        ("CHART_EQUITY", "SUBS"),
    ]
    assert commands[0]["parameters"]["Authorization"] == "canary-token-0"
    assert commands[1]["parameters"]["fields"] == ",".join(str(n) for n in range(52))
    assert commands[1]["SchwabClientCustomerId"] == "CustomerId"


async def test_data_of_each_service_reaches_the_listener(scene, shared):
    await scene.live()
    samples = shared / "schwab/samples/stream"
    for name in ("NYSE_BOOK_F_2025-12-09.json", "CHART_EQUITY_MSFT_2024-05-17.json"):
        await scene.streamer.send(**json.loads((samples / name).read_text()))
    await scene.streamer.send(data=quotes({"key": "AAPL", "1": 233.22}, {"key": "SPY", "2": 214}))
    heard = scene.listener
    await until(lambda: len(heard.quotes) == 2)
    assert [(change.symbol, change.bid, change.ask, sent) for change, sent in heard.quotes] == [
        ("AAPL", 233.22, None, 5),
        ("SPY", None, 214, 5),
    ]
    assert heard.books[0][0] is BookService.NYSE
    assert heard.books[0][1].symbol == "F"
    assert heard.bars[0].symbol == "MSFT"


async def test_a_heartbeat_before_the_answer_and_everything_in_one_frame(scene):
    def late(request):
        if request["service"] == "ADMIN":
            return [0]
        asyncio.get_running_loop().create_task(mixed(request))
        return []

    async def mixed(request):
        answer = {name: request[name] for name in ("service", "command", "requestid")} | {"content": {"code": 26}}
        await scene.streamer.send(notify=[{"heartbeat": "1755118704127"}])
        await scene.streamer.send(response=[answer], notify=[{"heartbeat": "9"}], data=quotes({"key": "AAPL"}))

    scene.streamer.answer = late
    await scene.live()
    assert scene.listener.beats == [1755118704127, 9]
    assert len(scene.listener.quotes) == 1


async def test_a_wish_is_sent_at_once_without_waiting_for_data(scene):
    await scene.live()
    scene.stream.want(Wanted(frozenset({"AAPL", "SPY"})))
    await until(lambda: scene.streamer.asked("LEVELONE_EQUITIES")[1:] == [("ADD", "SPY")])
    scene.stream.want(Wanted(frozenset({"SPY"})))
    await until(lambda: scene.streamer.asked("LEVELONE_EQUITIES")[2:] == [("UNSUBS", "AAPL")])


async def test_places_are_taken_by_what_is_wanted_also_without_a_connection(scene):
    scene.stream.want(Wanted(frozenset({"AAPL", "EUR/USD"}), frozenset({"AAPL"}), frozenset({"AAPL"})))
    places = scene.stream.places
    assert {service: set(keys) for service, keys in places.taken.items()} == {
        "LEVELONE_EQUITIES": {"AAPL"},
        "LEVELONE_FOREX": {"EUR/USD"},
        "NYSE_BOOK": {"AAPL"},
        "NASDAQ_BOOK": {"AAPL"},
        "CHART_EQUITY": {"AAPL"},
    }
    assert places.most["CHART_EQUITY"] == 300
    assert places.services[Sort.BOOKS, Kind.SHARE] == ("NYSE_BOOK", "NASDAQ_BOOK")


async def test_a_limit_answered_twice_names_what_was_left_out(scene):
    scene.streamer.answer = lambda request: [19, 24] if request["service"] == "CHART_EQUITY" else [0]
    await scene.live(Wanted(frozenset({"AAPL"}), bars=frozenset({"AAPL", "SPY"})))
    await until(lambda: scene.refused)
    assert sorted(scene.refused[-1]) == ["AAPL", "SPY"]
    scene.stream.want(Wanted(frozenset({"AAPL", "SPY"}), bars=frozenset({"AAPL", "SPY"})))
    await until(lambda: scene.streamer.asked("LEVELONE_EQUITIES")[1:] == [("ADD", "SPY")])
    assert len(scene.streamer.connections) == 1


@pytest.mark.parametrize("code", [26, 27, 28, 29])
async def test_every_success_of_the_guide_is_one(scene, code):
    scene.streamer.answer = lambda _request: [code]
    await scene.live(Wanted(frozenset({"AAPL"}), bars=frozenset({"AAPL"})))
    assert len(scene.streamer.connections) == 1
    assert scene.stream.refused == {}


@pytest.mark.parametrize(("lost", "connections"), [(1, 1), (2, 2)])
async def test_a_command_whose_answer_is_lost_is_sent_once_more_and_then_the_connection_is_made_anew(
    scene, lost, connections
):
    left = [[]] * lost
    scene.streamer.answer = lambda request: left.pop() if left and request["service"] == "LEVELONE_EQUITIES" else [0]
    scene.start()
    for asked in range(1, lost + 1):
        await until(lambda asked=asked: len(scene.streamer.asked("LEVELONE_EQUITIES")) == asked)
        connection = scene.stream._connection
        began = connection.last_frame
        connection.check_deadlines(began + 6)  # asks how far away the other side is; what was sent before has arrived
        await until(lambda connection=connection: connection._ping is not None and connection._ping.done())
        connection.check_deadlines(began + 11)
    await until(lambda: scene.listener.count(StreamPhase.LIVE) and scene.settled())
    assert scene.streamer.asked("LEVELONE_EQUITIES") == [("SUBS", "AAPL")] * (lost + 1)
    assert len(scene.streamer.connections) == connections


async def test_a_failed_command_is_tried_once_more(scene):
    left = [24, 0]
    scene.streamer.answer = lambda request: [0] if request["service"] == "ADMIN" else [left.pop(0)]
    await scene.live()
    assert scene.streamer.asked("LEVELONE_EQUITIES") == [("SUBS", "AAPL")] * 2
    assert scene.stream.refused == {}


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_after_a_drop_everything_is_asked_for_again(scene, how):
    await scene.live(Wanted(frozenset({"AAPL", "SPY"}), bars=frozenset({"SPY"})))
    first = [(c["service"], c["parameters"].get("keys")) for c in scene.streamer.commands]
    if how == "abort":
        scene.streamer.connections[0].transport.abort()
    else:
        await scene.streamer.connections[0].close()
    await until(lambda: len(scene.streamer.commands) == 2 * len(first))
    assert [(c["service"], c["parameters"].get("keys")) for c in scene.streamer.commands[len(first) :]] == first
    assert scene.delays == [0]
    once = ["connecting", "login", "subscribing", "live"]
    await until(lambda: [heard[0] for heard in scene.listener.phases] == [*once, "waiting", *once])


async def test_delays_grow_while_it_keeps_failing(scene):
    scene.client.failure = Refused("Streaming is switched off.")
    scene.start()
    await until(lambda: len(scene.delays) >= 12)
    assert scene.delays[0] == 0
    assert all(0.5 * 2**n <= delay <= 2**n for n, delay in enumerate(scene.delays[1:10]))
    assert all(150 <= delay <= 300 for delay in scene.delays[10:])
    assert "Streaming is switched off. Trying again in" in scene.listener.phases[-2][1] + scene.listener.phases[-1][1]


async def test_an_unreachable_network_is_tried_often_and_a_loss_soon_after_is_not_waited_out(scene):
    scene.client.failure = Transient("Schwab cannot be reached; check the network.")
    scene.start()
    await until(lambda: len(scene.delays) >= 20)
    assert max(scene.delays) <= 4
    scene.client.failure = None
    await until(lambda: scene.listener.count(StreamPhase.LIVE) == 1)
    scene.delays.clear()
    scene.streamer.connections[0].transport.abort()
    await until(lambda: scene.listener.count(StreamPhase.LIVE) == 2)
    assert max(scene.delays) <= 4


async def test_a_refused_login_renews_the_token_once(scene):
    scene.streamer.answer = lambda request: (
        [3] if request["parameters"].get("Authorization", "").endswith("-0") else [0]
    )
    await scene.live()
    assert scene.tokens.renewals == 1
    assert scene.delays == []


async def test_a_login_refused_again_needs_a_person(scene):
    scene.streamer.answer = lambda _request: [3]
    scene.start()
    with pytest.raises(SignInNeeded):
        await scene.task
    assert len(scene.streamer.asked("ADMIN")) == 2
    assert scene.listener.phases[-1][0] is StreamPhase.SIGN_IN


async def test_without_a_sign_in_it_says_so(scene):
    scene.tokens.ended = True
    scene.start()
    with pytest.raises(SignInNeeded):
        await scene.task
    assert scene.listener.phases[-1][:2] == (StreamPhase.SIGN_IN, "Please sign in to Schwab.")


@pytest.mark.parametrize("part", ["response", "notify"])
async def test_a_stream_taken_by_another_program_is_not_fought_for(scene, part):
    await scene.live()
    named = {"command": "LOGIN", "requestid": "77"} if part == "response" else {}
    await scene.streamer.send(**{part: [{"service": "ADMIN", "content": {"code": 12, "msg": "x"}, **named}]})
    await until(lambda: scene.listener.phases[-1][0] is StreamPhase.TAKEN)
    assert "Another program" in scene.listener.phases[-1][1]
    scene.stream.want(Wanted(frozenset({"SPY"})))
    await asyncio.sleep(0.02)
    assert len(scene.streamer.connections) == 1
    scene.stream.take_back()
    await until(lambda: len(scene.streamer.connections) == 2)


async def test_stopped_for_want_of_wishes_it_stays_off_until_there_is_one(scene):
    await scene.live()
    scene.stream.want(Wanted())
    await until(scene.settled)
    await scene.streamer.send(notify=[STOP])
    await until(lambda: scene.listener.phases[-1][0] is StreamPhase.OFF)
    assert len(scene.streamer.connections) == 1
    scene.stream.want(AAPL)
    await until(lambda: len(scene.streamer.connections) == 2)


async def test_stopped_although_something_is_wanted_it_comes_back(scene):
    await scene.live()
    await scene.streamer.send(notify=[STOP])
    await until(lambda: scene.listener.count(StreamPhase.LIVE) == 2)


async def test_with_nothing_wanted_it_does_not_connect(scene):
    scene.start(Wanted())
    await until(lambda: scene.listener.phases)
    await asyncio.sleep(0.02)
    assert not scene.streamer.connections


async def test_silence_ends_the_connection(scene):
    await scene.live()
    connection = scene.stream._connection
    connection.check_deadlines(connection.last_frame + 24)
    assert not connection.ended.done()
    connection.check_deadlines(connection.last_frame + 26)
    await until(lambda: scene.listener.count(StreamPhase.LIVE) == 2)
    assert "Nothing came" in scene.listener.phases[4][1]


async def test_cancelled_it_logs_out(scene):
    await scene.live()
    await scene.stop()
    assert scene.streamer.commands[-1]["command"] == "LOGOUT"
    await until(lambda: scene.streamer.connections[0].state.name == "CLOSED")


async def test_garbage_is_reported_and_the_stream_goes_on(scene):
    await scene.live()
    await scene.streamer.connections[0].send("not json")
    await scene.streamer.connections[0].send(b"\xff\x00")
    await scene.streamer.send(data=quotes({"key": "AAPL", "1": "x"}, {"key": "SPY", "1": 1}))
    await until(lambda: scene.listener.quotes)
    assert scene.listener.rejected == ["undecodable", "undecodable", "wrong-type"]
    assert len(scene.streamer.connections) == 1


async def test_a_listener_that_fails_gets_the_next_frame(scene, caplog):
    await scene.live()
    heard = []

    def fail_first(changes, _sent_ms):
        heard.append(changes)
        if len(heard) == 1:
            raise RuntimeError("the listener's own mistake")

    scene.listener.hear_quotes = fail_first
    for _ in range(2):
        await scene.streamer.send(data=quotes({"key": "AAPL", "1": 1}))
    await until(lambda: len(heard) == 2)
    assert "could not be handled" in caplog.text


async def test_frames_of_megabytes_are_taken(scene):
    await scene.live()
    await scene.streamer.send(data=quotes(*({"key": f"S{n}", "15": "x" * 1000} for n in range(2500))))
    await until(lambda: len(scene.listener.quotes) == 2500)


async def test_compression_is_not_offered_and_a_compressed_frame_is_not_inflated(scene):
    await scene.live()
    socket = scene.streamer.connections[0]
    assert "Sec-WebSocket-Extensions" not in socket.request.headers
    bomb = zlib.compress(json.dumps({"data": quotes({"key": "AAPL", "15": "x" * 2**26})}).encode())[2:-4]
    socket.transport.write(bytes([0b1100_0001, 127]) + len(bomb).to_bytes(8, "big") + bomb)  # marked as compressed
    await until(lambda: scene.listener.count(StreamPhase.LIVE) == 2)
    assert scene.listener.quotes == []
    assert socket.close_code == 1002


async def test_no_token_is_logged(scene, caplog):
    caplog.set_level(logging.DEBUG)
    await scene.live()
    await scene.stop()
    assert "canary-token" not in caplog.text


@pytest.fixture
async def connection(scene):
    connection = Connection(scene.client, SANDBOX, scene.listener)
    await connection.login()
    yield connection
    await connection.close(politely=False)


async def test_a_lost_answer_fails_its_command_only(scene, connection):
    scene.streamer.answer = lambda _request: []
    command = asyncio.create_task(connection.command(Command("CHART_EQUITY", "SUBS", ("A",))))
    await until(lambda: len(scene.streamer.commands) == 2)
    connection.check_deadlines(connection.last_frame + 6)  # asks whether the streamer is there, and it is
    await until(lambda: len(connection._round_trips) == 3)
    connection.check_deadlines(connection.last_frame + 11)
    with pytest.raises(NoAnswer):
        await command
    scene.streamer.answer = lambda _request: [0]
    assert (await connection.command(Command("CHART_EQUITY", "SUBS", ("A",)))).code == 0


async def test_without_room_nothing_is_read_and_the_streamer_has_to_wait_until_there_is(scene, connection):
    scene.listener.room = False
    frames = [quotes({"key": f"S{number}", "15": "x" * 1_000_000}) for number in range(60)]

    async def send_all():
        for frame in frames:
            await scene.streamer.send(data=frame)

    sending = asyncio.create_task(send_all())
    await until(lambda: connection.is_paused and scene.streamer.connections[-1].transport.get_write_buffer_size())
    assert not sending.done()
    assert len(scene.listener.quotes) <= 1
    scene.listener.room = True
    await sending
    await until(lambda: len(scene.listener.quotes) == len(frames))
    assert [quote.symbol for quote, _ in scene.listener.quotes] == [f"S{number}" for number in range(60)]
    assert not connection.is_paused


async def pause(scene, connection):
    scene.listener.room = False
    while not connection.is_paused:  # looked at once a turn, not at every frame
        await scene.streamer.send(data=quotes({"key": "AAPL", "1": 1}))
        await asyncio.sleep(0.002)


async def test_no_deadline_passes_while_nothing_is_read(scene, connection):
    scene.streamer.answer = lambda _request: []
    command = asyncio.create_task(connection.command(Command("CHART_EQUITY", "SUBS", ("A",))))
    await until(lambda: len(scene.streamer.commands) == 2)
    await pause(scene, connection)
    connection.check_deadlines(connection.last_frame + 1000)
    assert not connection.ended.done()
    assert not command.done()
    scene.listener.room = True
    await until(lambda: not connection.is_paused)
    connection.last_frame -= 1000  # it was a long time
    connection.check_deadlines(connection._clock())
    assert not connection.ended.done()
    assert connection._ping is None
    connection.check_deadlines(connection._clock() + 26)
    assert connection.ended.done()
    await asyncio.gather(command, return_exceptions=True)


async def test_a_connection_can_be_closed_while_nothing_is_read(scene, connection):
    await pause(scene, connection)
    await connection.close()
    assert not connection.is_paused


async def test_answers_find_their_commands_out_of_order(scene, connection):
    scene.streamer.answer = lambda _request: []
    waiting = asyncio.create_task(connection.command(Command("CHART_EQUITY", "SUBS", ("A",))))
    await until(lambda: len(scene.streamer.commands) == 2)
    own = scene.streamer.commands[-1]["requestid"]
    stranger = {"service": "NYSE_BOOK", "command": "ADD", "requestid": "999", "content": {"code": 24, "msg": ""}}
    await scene.streamer.send(
        response=[stranger, {**stranger, "requestid": int(own), "content": {"code": 26, "msg": ""}}]
    )
    assert (await waiting).code == 26


@pytest.mark.parametrize("preferences", [{}, {"streamerInfo": []}, {"streamerInfo": [{"streamerSocketUrl": 7}]}, []])
async def test_without_streamer_info_streaming_is_not_offered(scene, preferences):
    connection = Connection(scene.client, SANDBOX, scene.listener)
    with pytest.raises(Refused, match="does not offer streaming"):
        await connection._init_from_preferences(preferences, {})
    await connection.close()


async def test_a_streamer_elsewhere_is_not_contacted(scene):
    scene.streamer.url = "wss://evil.example/ws"
    connection = Connection(scene.client, SANDBOX, scene.listener)
    with pytest.raises(Refused, match="not contacted"):
        await connection.login()
    await connection.close()


async def test_a_command_severed_by_the_streamer_ends_the_connection(scene, connection):
    scene.streamer.answer = lambda _request: [20]
    with pytest.raises(Ended) as caught:
        await connection.command(Command("CHART_EQUITY", "SUBS", ("A",)))
    assert caught.value.code == 20


async def test_what_was_refused_and_is_served_after_a_reconnect_is_told(scene):
    scene.streamer.answer = lambda request: [19] if request["service"] == "CHART_EQUITY" else [0]
    await scene.live(Wanted(frozenset({"AAPL"}), bars=frozenset({"AAPL"})))
    await until(lambda: scene.refused)
    scene.streamer.answer = lambda _request: [0]
    scene.streamer.connections[0].transport.abort()
    await until(lambda: scene.refused[-1] == {})


async def test_a_book_service_that_stays_silent_is_left_once_the_other_has_sent_for_a_minute(shared):
    async with streaming() as streamer:
        scene = Scene(streamer)
        now = [0.0]
        scene.stream = SchwabStream(
            scene.client, scene.tokens, SANDBOX, sleep=scene.sleep, clock=lambda: now[0], awake=lambda: now[0]
        )
        await scene.live(Wanted(books=frozenset({"F"})))
        frame = json.loads((shared / "schwab/samples/stream/NYSE_BOOK_F_2025-12-09.json").read_text())
        await streamer.send(**frame)
        await until(lambda: len(scene.listener.books) == 1)
        now[0] = 61.0
        await streamer.send(**frame)
        await until(lambda: streamer.commands[-1]["command"] == "UNSUBS")
        assert (streamer.commands[-1]["service"], streamer.commands[-1]["parameters"]) == ("NASDAQ_BOOK", {"keys": "F"})
        await scene.stop()


async def test_a_book_service_known_from_earlier_runs_is_asked_alone():
    async with streaming() as streamer:
        scene = Scene(streamer)
        known = {"F": "NYSE_BOOK"}
        scene.stream = SchwabStream(scene.client, scene.tokens, SANDBOX, sleep=scene.sleep, book_services=known)
        await scene.live(Wanted(books=frozenset({"F"})))
        assert (len(streamer.asked("NYSE_BOOK")), streamer.asked("NASDAQ_BOOK")) == (1, [])
        await scene.stop()

"""Staying signed in: tokens renewed in time and once, through every kind of trouble, until Schwab says it is over."""

import asyncio
import threading
from itertools import pairwise
from urllib.parse import parse_qs

import httpx
import pytest

from monitor.errors import SignInNeeded, Transient, Unusable
from monitor.ports import SignInState
from tests.unit.schwab.conftest import KEY, make_sign_in, redirect_of

DUE = 1800 * 0.81  # by the jitter of these tests
HTML = {"content-type": "text/html"}
ENDED = "Schwab has ended this sign-in. Please sign in again."


def form_of(request):
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


def refused_renewal(shared):
    body = (shared / "schwab/samples/oauth/token_refresh_expired_400.json").read_bytes()
    return lambda _request: httpx.Response(400, content=body)


def unreachable(_request):
    raise httpx.ConnectError("no network")


def kinds(heard):
    return [kind for kind, _ in heard.audits if kind != "key"]


async def settled(sign_in):
    """What runs in the background has come to its end."""
    while tasks := [task for task in asyncio.all_tasks() if task.get_name() == "renew token"]:
        await asyncio.wait(tasks)


async def run_until(clock, task, seconds):
    until = clock.now + seconds
    while clock.now < until and not task.done():  # noqa: ASYNC110  the clock moves when the task sleeps
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# --------------------------------------------------------------------------------------------- in time, and once


async def test_a_token_is_renewed_at_four_fifths_of_its_life_and_used_meanwhile(signed_in, schwab, clock):
    clock.now += DUE - 1
    assert (await signed_in.access_token()).reveal() == "I0.access-1@"
    await settled(signed_in)
    assert schwab.grants == 1
    clock.now += 1
    assert (await signed_in.access_token()).reveal() == "I0.access-1@"
    await settled(signed_in)
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"
    assert form_of(schwab.requests[-1]) == {"grant_type": "refresh_token", "refresh_token": "refresh-token-1@"}


@pytest.mark.parametrize(("jitter", "share"), [(min, 0.78), (max, 0.84)])
async def test_programs_do_not_all_come_at_once(schwab, heard, clock, jitter, share):
    sign_in = make_sign_in(schwab, heard, jitter=jitter)
    await sign_in.finish(redirect_of(sign_in.begin()))
    clock.now += 1800 * share - 1
    await sign_in.access_token()
    await settled(sign_in)
    assert schwab.grants == 1
    clock.now += 2
    await sign_in.access_token()
    await settled(sign_in)
    assert schwab.grants == 2


async def test_a_token_at_its_end_is_not_handed_out(signed_in, clock):
    clock.now += 1790
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"


async def test_a_renewal_does_not_lengthen_the_seven_days(signed_in, clock):
    before = signed_in.expires_ms
    clock.now += 1800
    await signed_in.access_token()
    assert signed_in.expires_ms == before


async def test_however_many_wait_there_is_one_renewal(signed_in, schwab, clock):
    clock.now += 1790
    tokens = await asyncio.gather(*(signed_in.access_token() for _ in range(20)))
    assert len(set(tokens)) == 1
    assert schwab.grants == 2
    refused = tokens[0]
    await asyncio.gather(*(signed_in.renewed(refused) for _ in range(20)))
    assert schwab.grants == 3


async def test_who_stops_waiting_does_not_stop_the_renewal(signed_in, schwab, clock):
    clock.now += 1790
    impatient = asyncio.create_task(signed_in.access_token())
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"
    assert schwab.grants == 2


async def test_kept_fresh_it_is_never_near_its_end(signed_in, schwab, clock):
    task = asyncio.create_task(signed_in.keep_fresh())
    await run_until(clock, task, 6 * 3600)
    assert 14 <= schwab.grants <= 16  # every 24 minutes


class WallClock:
    """Goes with the monotonic clock, but for what a test sets it ahead by."""

    def __init__(self, clock):
        self._clock = clock
        self.ahead = 0

    def __call__(self):
        return self._clock.ms() + self.ahead * 1000


@pytest.fixture
def wall(sign_in, clock):
    sign_in._tokens._now_ms = WallClock(clock)
    return sign_in._tokens._now_ms


async def test_a_machine_that_slept_renews_when_it_wakes(wall, signed_in):
    """Asleep, the monotonic clock stands still and the wall clock goes on."""
    wall.ahead += 8 * 3600
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"


async def test_asleep_overnight_it_is_renewed_within_seconds_though_nobody_asks(wall, signed_in, schwab, clock):
    task = asyncio.create_task(signed_in.keep_fresh())
    wall.ahead += 8 * 3600
    await run_until(clock, task, 6)
    assert schwab.grants == 2


async def test_a_wall_clock_set_back_and_forth_makes_no_loop(wall, signed_in, schwab, clock):
    for ahead in (-3600, 0, 86_400, -86_400):
        wall.ahead = ahead
        await run_until(clock, asyncio.create_task(signed_in.keep_fresh()), 60)
    assert schwab.grants == 3  # one for each jump ahead


async def test_a_wall_clock_set_back_makes_no_token_live_longer(wall, signed_in, clock):
    wall.ahead -= 3600
    assert (await signed_in.access_token()).reveal() == "I0.access-1@"
    clock.now += 1800
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"


# --------------------------------------------------------------------------------------------- trouble


def garbage(_request):
    return httpx.Response(200, content=b"\x00\xff{not json")


TROUBLES = {
    "no network": unreachable,
    "status 403": lambda _: httpx.Response(403, headers=HTML, content=b"<html>Access Denied</html>"),
    "status 429": lambda _: httpx.Response(429),
    "status 429 with a time": lambda _: httpx.Response(429, headers={"retry-after": "7"}),
    "status 500": lambda _: httpx.Response(500),
    "status 503": lambda _: httpx.Response(503, headers=HTML, content=b"<html>"),
    "garbage": garbage,
    "a page": lambda _: httpx.Response(200, headers=HTML, content=b"<html>Hotel</html>"),
    "a redirect": lambda _: httpx.Response(302, headers={"location": "http://portal.example/"}),
    "no token": lambda _: httpx.Response(200, json={"expires_in": 1800}),
    "an empty list": lambda _: httpx.Response(200, json=[]),
    "400 as a page": lambda _: httpx.Response(400, headers=HTML, content=b"<html>Bad Request</html>"),
    "400 as text": lambda _: httpx.Response(400, content=b"Bad Request"),
    "400 of another kind": lambda _: httpx.Response(400, json={"error": "invalid_request"}),
    "401 as a page": lambda _: httpx.Response(401, headers=HTML, content=b"<html>"),
    "401 of another kind": lambda _: httpx.Response(401, json={"errors": [{"status": 401}]}),
    "400 as a page with the word": lambda _: httpx.Response(
        400, headers=HTML, content=b"<html>refresh_token_authentication_error</html>"
    ),
    "404": lambda _: httpx.Response(404),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_trouble_takes_nothing_away(signed_in, schwab, heard, clock, trouble):
    schwab.token_answer = trouble
    clock.now += DUE
    assert (await signed_in.access_token()).reveal() == "I0.access-1@"  # it still lives
    await settled(signed_in)
    assert (await signed_in.access_token()).reveal() == "I0.access-1@"
    clock.now += 600
    with pytest.raises(Transient) as caught:
        await signed_in.access_token()
    assert caught.value.sentence.endswith(".")
    assert signed_in.signed_in
    schwab.token_answer = schwab.grant
    clock.now += 300
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"
    assert form_of(schwab.requests[-1])["refresh_token"] == "refresh-token-1@"
    assert len(heard.changes) == 1
    assert kinds(heard) == ["sign-in", "renewal-failed", "renewal"]
    assert "tries again" in heard.audits[1][1]


async def test_a_failure_is_tried_again_after_growing_pauses(signed_in, schwab, clock):
    schwab.token_answer = lambda _request: httpx.Response(503)
    task = asyncio.create_task(signed_in.keep_fresh())
    times = []
    schwab.token_answer = lambda _request: times.append(clock.now) or httpx.Response(503)
    await run_until(clock, task, 7200)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[:4] == pytest.approx([0.75, 1.5, 3, 6])
    assert max(pauses) == pytest.approx(225)  # 300 s by the jitter of these tests
    assert pauses == sorted(pauses)
    schwab.token_answer = schwab.grant
    await run_until(clock, asyncio.create_task(signed_in.keep_fresh()), 300)
    assert signed_in.reveal_access_token() == "I0.access-2@"


async def test_each_streak_of_failures_is_told_once(signed_in, schwab, heard, clock):
    task = asyncio.create_task(signed_in.keep_fresh())
    for answer in (lambda _: httpx.Response(500), schwab.grant) * 2:
        schwab.token_answer = answer
        until = clock.now + 2400
        while clock.now < until:  # noqa: ASYNC110  the clock moves when the task sleeps
            await asyncio.sleep(0)
    task.cancel()
    assert kinds(heard).count("renewal-failed") == 2


async def test_who_has_no_living_token_may_ask_every_ten_seconds(signed_in, schwab, clock):
    schwab.token_answer = lambda _request: httpx.Response(503)
    clock.now += 2000
    for _ in range(8):
        with pytest.raises(Transient):
            await signed_in.access_token()
        clock.now += 10
    asked = len(schwab.requests)
    with pytest.raises(Transient):
        await signed_in.access_token()
    for _ in range(50):
        with pytest.raises(Transient, match="problem of its own"):
            await signed_in.access_token()
    assert len(schwab.requests) == asked + 1
    schwab.token_answer = schwab.grant
    clock.now += 10
    assert (await signed_in.access_token()).reveal() == "I0.access-2@"


async def test_who_hears_late_that_its_token_was_refused_gets_the_new_one(signed_in, schwab, clock):
    refused = await signed_in.access_token()
    renewed = await signed_in.renewed(refused)
    assert await signed_in.renewed(refused) == renewed
    assert schwab.grants == 2


async def test_a_refused_token_is_renewed_at_once_even_when_it_looks_young(signed_in, schwab):
    assert (await signed_in.renewed(await signed_in.access_token())).reveal() == "I0.access-2@"
    assert schwab.grants == 2


async def test_a_refused_token_that_cannot_be_renewed_yet_is_renewed_soon(signed_in, schwab, clock):
    schwab.token_answer = unreachable
    refused = await signed_in.access_token()
    with pytest.raises(Transient):
        await signed_in.renewed(refused)
    schwab.token_answer = schwab.grant
    await run_until(clock, asyncio.create_task(signed_in.keep_fresh()), 6)
    assert signed_in.reveal_access_token() == "I0.access-2@"


async def test_an_answer_without_a_refresh_token_keeps_the_old_one(signed_in, schwab, clock):
    schwab.token_answer = lambda _: httpx.Response(200, json={"access_token": "I0.other@", "expires_in": 60})
    clock.now += 1800
    assert (await signed_in.access_token()).reveal() == "I0.other@"
    clock.now += 50
    await signed_in.access_token()
    await settled(signed_in)
    assert form_of(schwab.requests[-1])["refresh_token"] == "refresh-token-1@"


# --------------------------------------------------------------------------------------------- the end


@pytest.mark.parametrize(
    "body",
    [b'{"error":"invalid_grant"}', b'{"error":"unsupported_token_type"}', b"x refresh_token_authentication_error"],
)
async def test_what_schwab_says_of_a_dead_refresh_token_ends_the_sign_in(signed_in, schwab, heard, clock, body):
    schwab.token_answer = lambda _request: httpx.Response(400, content=body)
    clock.now += 1800
    with pytest.raises(SignInNeeded):
        await signed_in.access_token()
    assert heard.changes[-1] == (SignInState.ENDED, ENDED, None)


async def test_a_refused_renewal_ends_the_sign_in_with_one_announcement(signed_in, schwab, heard, clock, shared):
    schwab.token_answer = refused_renewal(shared)
    clock.now += 1790
    answers = await asyncio.gather(*(signed_in.access_token() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(answer, SignInNeeded) for answer in answers)
    assert [change[0] for change in heard.changes] == [SignInState.SIGNED_IN, SignInState.ENDED]
    assert heard.audits[1:] == [("sign-in-ended", ENDED)]
    assert signed_in.state is SignInState.ENDED
    assert signed_in.configured
    with pytest.raises(SignInNeeded):
        await signed_in.access_token()
    assert len(schwab.requests) == 2


async def test_a_key_that_schwab_no_longer_knows_has_its_own_sentence(signed_in, schwab, heard, clock, shared):
    body = (shared / "schwab/samples/oauth/token_invalid_client_401.json").read_bytes()
    schwab.token_answer = lambda _request: httpx.Response(401, content=body)
    clock.now += 1800
    with pytest.raises(SignInNeeded, match="no longer knows this app key"):
        await signed_in.access_token()
    assert heard.changes[-1][0] is SignInState.ENDED
    assert heard.changes[-1][1] == heard.audits[-1][1]


async def test_after_a_refusal_nobody_keeps_asking(signed_in, schwab, clock, shared):
    schwab.token_answer = refused_renewal(shared)
    await run_until(clock, asyncio.create_task(signed_in.keep_fresh()), 6 * 3600)
    assert len(schwab.requests) == 2


async def test_after_a_new_sign_in_it_goes_on(signed_in, schwab, heard, clock, shared):
    schwab.token_answer = refused_renewal(shared)
    task = asyncio.create_task(signed_in.keep_fresh())
    while signed_in.signed_in:  # noqa: ASYNC110  the clock moves when the task sleeps
        await asyncio.sleep(0)
    schwab.token_answer = schwab.grant
    await signed_in.finish(redirect_of(signed_in.begin()))
    assert signed_in.state is SignInState.SIGNED_IN
    grants = schwab.grants
    await run_until(clock, task, 1800)
    assert schwab.grants == grants + 1
    assert [change[0] for change in heard.changes][1:] == [SignInState.ENDED, SignInState.SIGNED_IN]


# --------------------------------------------------------------------------------------------- meanwhile, and on disk


class Pending:
    """An answer to a renewal that comes when the test lets it."""

    def __init__(self, schwab):
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()
        self._schwab = schwab
        self._begin = schwab.transport._inner.handle_async_request
        schwab.transport._inner.handle_async_request = self._handle

    async def _handle(self, request):
        if b"grant_type=refresh_token" in request.content:
            self.asked.set()
            await self.answer.wait()
        return await self._begin(request)


@pytest.fixture
async def on_disk(schwab, heard, tmp_path):
    """A sign-in whose tokens are kept in ``tmp_path``."""
    sign_in = make_sign_in(schwab, heard, tmp_path)
    await sign_in.load("passphrase")
    sign_in.configure(*KEY)
    await sign_in.finish(redirect_of(sign_in.begin()))
    return sign_in


async def kept_in(folder, schwab):
    """A sign-in as the next start finds it."""
    later = make_sign_in(schwab, Ignored(), folder)
    await later.load("passphrase")
    return later


class Ignored:
    """Hears and forgets."""

    def change(self, *_change): ...

    def audit(self, *_entry): ...


@pytest.mark.parametrize("renewal", ["granted", "refused", "failed"])
async def test_a_sign_in_during_a_renewal_wins(on_disk, schwab, heard, clock, tmp_path, shared, renewal):
    pending = Pending(schwab)
    clock.now += 1800
    waiting = asyncio.create_task(on_disk.access_token())
    await pending.asked.wait()
    await on_disk.finish(redirect_of(on_disk.begin()))
    expires = on_disk.expires_ms
    answers = {"granted": schwab.grant, "refused": refused_renewal(shared), "failed": TROUBLES["garbage"]}
    schwab.token_answer = answers[renewal]
    pending.answer.set()
    assert (await waiting).reveal() == on_disk.reveal_access_token() == "I0.access-2@"
    assert on_disk.expires_ms == expires
    assert (await kept_in(tmp_path, schwab)).reveal_access_token() == "I0.access-2@"
    assert kinds(heard) == ["sign-in", "sign-in"]
    assert SignInState.ENDED not in [change[0] for change in heard.changes]


class SlowDisk:
    """The vault's writing, which ends when the test lets it."""

    def __init__(self, sign_in):
        self.writing = asyncio.Event()
        self.goes_on = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._save = sign_in._vault.save
        sign_in._vault.save = self._slowly

    def _slowly(self, kept):
        self._loop.call_soon_threadsafe(self.writing.set)
        assert self.goes_on.wait(10)
        self._save(kept)


async def test_a_renewal_refused_while_the_new_sign_in_is_being_written_ends_nothing(
    on_disk, schwab, heard, clock, tmp_path, shared
):
    """Schwab may end the old refresh token with the new sign-in."""
    pending = Pending(schwab)
    clock.now += 1800
    waiting = asyncio.create_task(on_disk.access_token())
    await pending.asked.wait()
    disk = SlowDisk(on_disk)
    signing_in = asyncio.create_task(on_disk.finish(redirect_of(on_disk.begin())))
    await disk.writing.wait()
    schwab.token_answer = refused_renewal(shared)
    pending.answer.set()
    while len(schwab.requests) < 3:  # noqa: ASYNC110  the refusal is on its way
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    disk.goes_on.set()
    await signing_in
    assert (await waiting).reveal() == "I0.access-2@"
    assert (await kept_in(tmp_path, schwab)).reveal_access_token() == "I0.access-2@"
    assert kinds(heard) == ["sign-in", "sign-in"]
    assert SignInState.ENDED not in [change[0] for change in heard.changes]


async def test_closing_waits_for_a_token_that_is_being_written(on_disk, schwab, clock, tmp_path):
    """Written later, it would take the place of what the next program writes."""
    disk = SlowDisk(on_disk)
    clock.now += 1800
    waiting = asyncio.create_task(on_disk.access_token())
    await disk.writing.wait()
    closing = asyncio.create_task(on_disk._tokens.close(seconds=0.01))
    await asyncio.wait({closing}, timeout=0.1)
    assert not closing.done()
    disk.goes_on.set()
    await closing
    assert (await waiting).reveal() == "I0.access-2@"
    assert (await kept_in(tmp_path, schwab)).reveal_access_token() == "I0.access-2@"


async def test_closing_does_not_wait_for_schwab_for_ever(on_disk, schwab, clock, tmp_path):
    pending = Pending(schwab)
    clock.now += 1800
    waiting = asyncio.create_task(on_disk.access_token())
    await pending.asked.wait()
    await on_disk._tokens.close(seconds=0.01)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await kept_in(tmp_path, schwab)).reveal_access_token() == "I0.access-1@"


async def test_an_answer_that_got_lost_with_the_new_token_asks_for_sign_in_once(
    signed_in, schwab, heard, clock, shared
):
    """Where refresh tokens rotate, the one that is kept may be dead then."""
    schwab.token_answer = lambda _request: (_ for _ in ()).throw(httpx.ReadError("cut"))
    clock.now += 1800
    with pytest.raises(Transient):
        await signed_in.access_token()
    schwab.token_answer = refused_renewal(shared)
    clock.now += 60
    with pytest.raises(SignInNeeded):
        await signed_in.access_token()
    asked = len(schwab.requests)
    for _ in range(3):
        clock.now += 600
        with pytest.raises(SignInNeeded):
            await signed_in.access_token()
    assert len(schwab.requests) == asked
    assert kinds(heard) == ["sign-in", "renewal-failed", "sign-in-ended"]
    assert [change[:2] for change in heard.changes][1:] == [(SignInState.ENDED, ENDED)]


@pytest.mark.parametrize("ends", [True, False])
async def test_signing_out_during_a_renewal_is_final(on_disk, schwab, heard, clock, tmp_path, shared, ends):
    pending = Pending(schwab)
    clock.now += 1800
    waiting = asyncio.create_task(on_disk.access_token())
    await pending.asked.wait()
    schwab.token_answer = refused_renewal(shared) if ends else schwab.grant
    await on_disk.sign_out()
    pending.answer.set()
    with pytest.raises(SignInNeeded):
        await waiting
    assert on_disk.state is SignInState.SIGNED_OUT
    assert not on_disk.configured
    assert list(tmp_path.iterdir()) == []


async def test_signing_out_while_the_new_token_is_being_written_leaves_nothing(on_disk, clock, tmp_path):
    save, forget = on_disk._vault.save, on_disk._vault.forget
    loop, forgotten, leaving = asyncio.get_running_loop(), threading.Event(), []

    def slow_save(kept):
        loop.call_soon_threadsafe(lambda: leaving.append(asyncio.ensure_future(on_disk.sign_out())))
        forgotten.wait(0.1)  # it must not come to that
        save(kept)

    on_disk._vault.save = slow_save
    on_disk._vault.forget = lambda: (forgotten.set(), forget())
    clock.now += 1800
    with pytest.raises(SignInNeeded):
        await on_disk.access_token()
    await leaving[0]
    assert list(tmp_path.iterdir()) == []
    assert not on_disk.signed_in


async def test_a_new_token_is_used_only_once_it_is_on_disk(on_disk, schwab, heard, clock, tmp_path):
    used_at_saving = []
    save = on_disk._vault.save
    on_disk._vault.save = lambda kept: (used_at_saving.append(on_disk.reveal_access_token()), save(kept))
    clock.now += 1800
    await on_disk.access_token()
    assert used_at_saving == ["I0.access-1@"]
    later = await kept_in(tmp_path, schwab)
    assert later.reveal_access_token() == "I0.access-2@"


async def test_a_disk_that_fails_is_told_once_and_tried_again(on_disk, schwab, heard, clock, tmp_path):
    save, fails = on_disk._vault.save, True

    def failing_save(kept):
        if fails:
            raise Unusable("The sign-in could not be kept on disk; it holds until the program ends.")
        save(kept)

    on_disk._vault.save = failing_save
    for number in (2, 3):
        clock.now += 1800
        assert (await on_disk.access_token()).reveal() == f"I0.access-{number}@"
    assert kinds(heard).count("storage") == 1
    fails = False
    clock.now += 1800
    await on_disk.access_token()
    later = await kept_in(tmp_path, schwab)
    assert later.reveal_access_token() == "I0.access-4@"


async def test_an_ended_sign_in_leaves_the_developer_key_on_disk_and_no_token(
    on_disk, schwab, heard, clock, tmp_path, shared
):
    schwab.token_answer = refused_renewal(shared)
    clock.now += 1800
    with pytest.raises(SignInNeeded):
        await on_disk.access_token()
    later = await kept_in(tmp_path, schwab)
    assert later.configured
    assert not later.signed_in

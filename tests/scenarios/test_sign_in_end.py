"""A sign-in that Schwab ends while everything runs is told once, with its offer; the stream goes on throughout."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.apps.wiring import running_services
from monitor.errors import SignInNeeded
from monitor.live import sign_in_clock
from monitor.live.events import Audited, Level, Notice, Offer, StreamChanged
from monitor.ports import SignInState, StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.01)


async def test_an_ended_sign_in_is_told_once_and_a_new_one_goes_on_from_there(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_clock, "_FIRST_LOOK_SECONDS", 0.0)
    address = Address.of_sandbox(sandbox.base_url)
    async with running_services(address, tmp_path) as services:
        offers, phases, audited = [], [], []
        services.bus.listen(Notice, lambda notice: offers.append(notice) if notice.offer else None)
        services.bus.listen(StreamChanged, lambda change: phases.append(change.phase))
        services.bus.listen(Audited, lambda event: audited.append(event.entry))
        services.subscriptions.want("test", Wanted(quotes=frozenset({"AAPL"})))
        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        await until(lambda: StreamPhase.LIVE in phases)
        sandbox.revoke()
        for _ in range(3):
            with pytest.raises(SignInNeeded):
                await services.sign_in.renewed(refused=await services.sign_in.access_token())
        await until(lambda: bool(offers))
        assert services.sign_in.state is SignInState.ENDED
        before = services.streaming.tally.sent_ms
        await until(lambda: services.streaming.tally.sent_ms > before)  # still streaming
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        assert services.sign_in.signed_in
        await services.store.recorder.flushed()
        stored = await services.store.archive.audit(10)
        assert stored == audited[::-1]
    assert [(notice.level, notice.offer) for notice in offers] == [(Level.ERROR, Offer.SIGN_IN)]
    assert [entry.kind for entry in audited] == ["sign-in", "sign-in-ended", "sign-in"]
    once = [StreamPhase.CONNECTING, StreamPhase.LOGIN, StreamPhase.SUBSCRIBING, StreamPhase.LIVE]
    assert phases == once

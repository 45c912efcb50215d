"""Simulated markets at a chosen present."""

from collections.abc import Callable
from datetime import datetime

import pytest

from monitor.market.calendar import NEW_YORK, to_ms
from monitor.sandbox.market.simulated import SimulatedExchange


def new_york(text: str) -> int:
    """Milliseconds UTC of a New York wall clock reading such as ``2026-11-20 10:30``."""
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK))


@pytest.fixture(scope="session")
def at() -> Callable[[str], int]:
    return new_york


@pytest.fixture(scope="session")
def friday() -> SimulatedExchange:
    """A market that is always open; it is Friday, in the evening of a trading day."""
    return SimulatedExchange(11, lambda: new_york("2026-11-20 21:30"))


@pytest.fixture(scope="session")
def by_the_calendar() -> SimulatedExchange:
    """The same market in real hours, on the Sunday after."""
    return SimulatedExchange(11, lambda: new_york("2026-11-22 12:00"), real_hours=True)

"""Which instruments could be meant by what somebody types."""

import asyncio
from collections.abc import AsyncIterator

from monitor.errors import MonitorError
from monitor.market.instrument import Instrument, nearest_first
from monitor.ui.view_ports import ViewPorts

#: Schwab is asked only after a pause in the typing; another key cancels the search before.
PAUSE_SECONDS = 0.25
_MOST = 20


async def offers(ports: ViewPorts, text: str) -> AsyncIterator[list[Instrument]]:
    """Those known on disk at once, nearest first, then the same with what Schwab finds. Raises StoreUnavailable."""
    known = await ports.archive.find_instruments(text)
    yield nearest_first(known, text)[:_MOST]
    await asyncio.sleep(PAUSE_SECONDS)
    try:
        found = await ports.history.search_instruments(text)
    except MonitorError:
        return  # what is on disk has been offered
    if found:
        yield nearest_first([*found, *known], text)[:_MOST]

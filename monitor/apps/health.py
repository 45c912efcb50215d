"""Where the health of the stream is read from: each figure from the part that knows it."""

from monitor.collect.streaming import Streaming
from monitor.collect.subscriptions import Subscriptions
from monitor.live.bus import Bus
from monitor.live.health import Sources, StreamHealth
from monitor.schwab.address import Address
from monitor.schwab.redact import redact
from monitor.schwab.stream import SchwabStream
from monitor.store import Store


def stream_health(
    bus: Bus, address: Address, stream: SchwabStream, streaming: Streaming, subscriptions: Subscriptions, store: Store
) -> StreamHealth:
    """The health of ``stream`` as it is heard, subscribed and recorded; the caller closes it."""
    sources = Sources(
        subscribed=lambda: stream.subscribed,
        host=lambda: stream.host,
        round_trip_ms=lambda: stream.round_trip_ms,
        reconnects=lambda: streaming.tally.reconnects,
        rejected=lambda: streaming.tally.rejected,
        refused=lambda: subscriptions.refused,
        store=store.meter,
        restart=stream.restart,
        redact=redact,
    )
    return StreamHealth(bus, streaming.paces, sources, "the sandbox" if address.sandbox else "a live account")

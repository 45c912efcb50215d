"""The words beside the table: connection, clock, recorder, what was left out, and the process."""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.ports import ConnectionHealth, ProcessHealth, StoreMeter, StreamPhase
from monitor.ui import format as fmt
from monitor.ui.status.phrases import Phrase, Tone, refused_phrase, storage_phrase

_MB = 1024 * 1024
_PHASES = {
    StreamPhase.OFF: ("Off", Tone.RED),
    StreamPhase.CLOSED: ("Resting", Tone.PLAIN),
    StreamPhase.CONNECTING: ("Connecting", Tone.AMBER),
    StreamPhase.LOGIN: ("Logging in", Tone.AMBER),
    StreamPhase.SUBSCRIBING: ("Subscribing", Tone.AMBER),
    StreamPhase.LIVE: ("Live", Tone.GREEN),
    StreamPhase.QUIET: ("Connected, market closed", Tone.PLAIN),
    StreamPhase.WAITING: ("Waiting", Tone.AMBER),
    StreamPhase.TAKEN: ("Taken by another program", Tone.RED),
    StreamPhase.SIGN_IN: ("Waiting for a sign-in", Tone.RED),
}


class Line(NamedTuple):
    """A name and what there is to say under it."""

    name: str
    phrase: Phrase


def lines(
    connection: ConnectionHealth, store: StoreMeter, process: ProcessHealth, refused: Mapping[str, str], now_ms: int
) -> list[Line]:
    """Everything beside the table, in its order; what has nothing to say is left out."""
    every = (
        ("Connection", connection_phrase(connection, now_ms)),
        ("Clock", clock_phrase(connection.clock_ms)),
        ("Recorder", recorder_phrase(store, now_ms)),
        ("Left out", rejected_phrase(connection.rejected)),
        ("Symbols", refused_phrase(refused) if refused else None),
        ("Process", process_phrase(process)),
    )
    return [Line(name, phrase) for name, phrase in every if phrase is not None]


def connection_phrase(connection: ConnectionHealth, now_ms: int) -> Phrase:
    """The phase since when, how often it was lost, and to whom it leads."""
    words, tone = _PHASES[connection.phase]
    since = connection.since_ms
    parts = [f"{words} for {fmt.duration((now_ms - since) / 1000)}" if since else words]
    parts.append(_counted(connection.reconnects, "reconnect"))
    if connection.host:
        parts.append(connection.host)
    text = " · ".join(parts)
    if connection.phase is not StreamPhase.LIVE and connection.sentence:
        text = f"{text}\n{connection.sentence}"
    began = f"Since {fmt.both_clocks(since)}. " if since else ""
    return Phrase(text, tone, f"{began}{connection.sentence}".strip())


def clock_phrase(clock_ms: int | None) -> Phrase | None:
    """How far this machine's clock is off, if it is."""
    if clock_ms is None:
        return None
    seconds = abs(clock_ms) / 1000
    tip = f"By the streamer's heartbeats: {clock_ms:+,} ms. Lags are shown without it."
    if clock_ms < 0:
        return Phrase(f"Your clock is {seconds:.1f} s behind.", Tone.AMBER, tip)
    words = f"Your clock is {seconds:.1f} s ahead, or everything comes that late."
    return Phrase(words, Tone.AMBER, tip)


def recorder_phrase(store: StoreMeter, now_ms: int) -> Phrase:
    """What was written and what waits; where it fell behind or stands still, that comes first."""
    trouble = storage_phrase(store)
    waiting = "none wait" if not store.queued else f"{store.queued:,} wait"
    parts = [f"{store.written:,} rows written", waiting]
    if store.committed_ms is not None:
        parts.append(f"last commit {_ago(now_ms - store.committed_ms)}")
    text = " · ".join(parts)
    tip = (
        f"{store.written:,} rows written since the start, {store.queued:,} wait for the disk, "
        f"{store.spilled:,} bytes wait in a file."
    )
    if trouble is None:
        return Phrase(text, Tone.GREEN, tip)
    return Phrase(f"{trouble.text}\n{text}", trouble.tone, f"{trouble.tip}\n{tip}")


def rejected_phrase(rejected: Mapping[str, int]) -> Phrase | None:
    """Messages that could not be read, by kind."""
    total = sum(rejected.values())
    if not total:
        return None
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(rejected.items()))
    tip = "Messages, or parts of them, that could not be read; they are kept in the database as they came."
    return Phrase(f"{_counted(total, 'message')}: {kinds}", Tone.AMBER, tip)


def process_phrase(process: ProcessHealth) -> Phrase | None:
    """What the program takes of the machine."""
    parts, exact = [], []
    if process.memory_bytes is not None:
        parts.append(f"{process.memory_bytes / _MB:,.0f} MB")
        exact.append(f"{process.memory_bytes:,} bytes of memory")
    if process.cpu is not None:
        parts.append(f"{process.cpu:.0%} of a core")
        exact.append(f"{process.cpu:.2%} of one processor core")
    return Phrase(" · ".join(parts), Tone.PLAIN, ", ".join(exact)) if parts else None


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s" if count else f"no {what}s"


def _ago(ms: int) -> str:
    return f"{max(0, ms) / 1000:.1f} s ago" if ms < 10_000 else f"{fmt.duration(ms / 1000)} ago"

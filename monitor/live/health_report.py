"""The health of the stream as plain text, ready to be pasted where somebody asks what is wrong."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from monitor import __version__
from monitor.market.gap import Gap
from monitor.ports import ConnectionHealth, ProcessHealth, ServiceHealth, StoreMeter

_LIBRARIES = ("PySide6", "websockets", "msgspec", "schwab-py")
_MOST_GAPS = 30
_NONE = "-"
_MB = 1024 * 1024


class Happening(NamedTuple):
    """Something that was said, and when."""

    at_ms: int
    kind: str
    sentence: str


def report(
    world: str,
    now_ms: int,
    services: Sequence[ServiceHealth],
    connection: ConnectionHealth,
    store: StoreMeter,
    process: ProcessHealth,
    refused: Mapping[str, str],
    gaps: Sequence[Gap],
    phases: Sequence[Happening],
    notices: Sequence[Happening],
) -> str:
    """All of it under headings; the caller takes secrets out. Home folders lose their owner's name."""
    sections = (
        ("", [f"Market Monitor {__version__}: health of {world}, {_at(now_ms)}"]),
        ("Versions", list(_versions(store.engine))),
        ("Connection", list(_connection(connection))),
        ("Services", _table(services)),
        ("Recorder", list(_recorder(store, now_ms))),
        ("Process", [f"memory {_megabytes(process.memory_bytes)}, processor {_share(process.cpu)}"]),
        ("Not streamed", [f"{symbol}: {why}" for symbol, why in sorted(refused.items())]),
        ("Holes of the last 24 hours", [_gap(gap) for gap in gaps[-_MOST_GAPS:]]),
        ("Phases", [_happening(each) for each in phases]),
        ("Notices", [_happening(each) for each in notices]),
    )
    blocks = (
        "\n".join([f"{title}\n{'-' * len(title)}", *(lines or ["none"])] if title else lines)
        for title, lines in sections
    )
    return _homeless("\n\n".join(blocks)) + "\n"


def _versions(engine: str) -> Iterator[str]:
    yield f"Python {platform.python_version()} on {platform.platform(terse=True)}"
    for name in _LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    if engine:
        yield engine


def _connection(connection: ConnectionHealth) -> Iterator[str]:
    since = f" since {_at(connection.since_ms)}" if connection.since_ms else ""
    yield f"{connection.phase.value}{since}: {connection.sentence or _NONE}"
    yield f"streamer {connection.host or _NONE}, {connection.reconnects} reconnects"
    if connection.clock_ms is not None:
        yield f"this clock less the streamer's: {connection.clock_ms / 1000:+.1f} s"
    if connection.rejected:
        yield "rejected: " + ", ".join(f"{kind} {count}" for kind, count in sorted(connection.rejected.items()))


def _recorder(store: StoreMeter, now_ms: int) -> Iterator[str]:
    yield f"{store.queued} rows wait, {store.written} written, database {_megabytes(store.bytes)}"
    if store.spilled or store.behind_ms:
        yield f"behind by {store.behind_ms / 1000:.1f} s, {_megabytes(store.spilled)} in the spill file"
    if store.committed_ms is not None:
        yield f"last commit {(now_ms - store.committed_ms) / 1000:.1f} s ago"
    if store.lost:
        yield f"{store.lost} rows lost"
    if store.trouble:
        yield store.trouble


def _table(services: Sequence[ServiceHealth]) -> list[str]:
    if not services:
        return []
    head = ("service", "symbols", "age s", "items/s", "lag ms", "items", "rejected", "holes", "state")
    rows = [head, *(_row(service) for service in services)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(row[n].rjust(widths[n]) for n in range(1, len(widths))), row[-1]])
        for row in rows
    ]


def _row(service: ServiceHealth) -> tuple[str, ...]:
    return (
        service.service,
        str(service.symbols),
        _NONE if service.age_ms is None else f"{service.age_ms / 1000:.1f}",
        f"{service.rate:.1f}",
        _NONE if service.lag_ms is None else f"{service.lag_ms:.0f}",
        str(service.items),
        str(service.rejected),
        str(service.gaps),
        ("ok: " if service.ok else "NOT OK: ") + service.sentence,
    )


def _gap(gap: Gap) -> str:
    what = f"{gap.service} {gap.symbol}".strip()
    until = _at(gap.to_ms) if gap.to_ms else "now"
    return f"{_at(gap.from_ms)} to {until}  {what}  {gap.cause.value}: {gap.sentence or _NONE}"


def _happening(happening: Happening) -> str:
    return f"{_at(happening.at_ms)}  {happening.kind}: {happening.sentence or _NONE}"


def _at(ms: int) -> str:
    """UTC, so that reports from two places can be laid side by side."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"


def _megabytes(size: int | None) -> str:
    return _NONE if size is None else f"{size / _MB:.1f} MB"


def _share(cpu: float | None) -> str:
    return _NONE if cpu is None else f"{cpu:.0%} of a core"


def _homeless(text: str) -> str:
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text

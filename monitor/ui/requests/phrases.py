"""The words of the requests panel: cells, figures, and why requests have to wait."""

from monitor.ports import Priority, RequestMeter, RequestRecord, Result
from monitor.span import left, tight
from monitor.ui import format as fmt
from monitor.ui.rows import Column

WHO = {
    Priority.SIGN_IN: "sign-in",
    Priority.RENEWAL: "renewal",
    Priority.PERSON: "you",
    Priority.STREAM: "stream",
    Priority.BACKGROUND: "background",
}
COLOURS = {
    Result.WAITING: "dim",
    Result.UNDER_WAY: "accent",
    Result.OK: "good",
    Result.REFUSED: "amber",
    Result.SLOWED: "amber",
    Result.FAILED: "bad",
    Result.NOT_SENT: "amber",
    Result.CANCELLED: "dim",
}


COLUMNS = (
    Column("Time (ET)", 84, "When it was asked for"),
    Column("What for", 0),
    Column(
        "Priority", 96, "Who waits for it. Sign-ins and renewals go first, then you, the stream, and background work"
    ),
    Column("Endpoint", 120),
    Column("Result", 104),
    Column("Status", 60, "The HTTP status of the last answer", number=True),
    Column("Waited", 76, "From asking until it was first sent", number=True),
    Column("Took", 76, "From then until its end, with the pauses between attempts", number=True),
    Column("Attempts", 76, number=True),
    Column("Size", 76, "Bytes of the last answer as they came over the line", number=True),
)
RESULT = 4


def cells(record: RequestRecord) -> tuple[str, ...]:
    """The row as it reads."""
    return (
        fmt.clock(record.asked_ms),
        record.purpose,
        WHO[record.priority],
        record.endpoint,
        record.result.value,
        fmt.DASH if record.status is None else str(record.status),
        tight(record.waited),
        fmt.DASH if record.took is None else tight(record.took),
        str(record.attempts),
        fmt.byte_size(record.size) if record.size else fmt.DASH,
    )


def order(record: RequestRecord) -> tuple[str | int | float, ...]:
    """What each cell is sorted by."""
    return (
        record.number,
        record.purpose.casefold(),
        int(record.priority),
        record.endpoint,
        record.result.value,
        record.status or 0,
        record.waited,
        -1.0 if record.took is None else record.took,
        record.attempts,
        record.size,
    )


def story(record: RequestRecord) -> str:
    """The whole of a request, for the tooltip."""
    attempts = f"{record.attempts} attempt{'' if record.attempts == 1 else 's'}"
    parts = [f"{record.purpose}: {record.result.value}", record.sentence]
    parts.append(f"{attempts}, {record.size:,} bytes" + (f", HTTP {record.status}" if record.status else ""))
    return "\n".join(part for part in parts if part)


def figures(meter: RequestMeter) -> str:
    """How much of the limit is used, beside the panel's title."""
    text = f"{meter.used} in the last minute"
    if meter.ceiling < meter.limit:
        text += f", {meter.ceiling} allowed"
    return text + (f" · {meter.waiting} waiting" if meter.waiting else "")


def obstacles(meter: RequestMeter, now_ms: int) -> list[str]:
    """A sentence for each thing that keeps requests from being sent; empty as a rule."""
    found = []
    if meter.paused_until_ms is not None:
        wait = left(max(meter.paused_until_ms - now_ms, 0) / 1000)
        until = fmt.clock(meter.paused_until_ms)
        found.append(f"Schwab asks us to slow down: nothing is sent before {until} ET ({wait}).")
    elif meter.ceiling < meter.limit:
        slower = (
            f"Schwab asked to slow down, so {meter.ceiling} instead of {meter.limit} requests a minute are allowed."
        )
        found.append(f"{slower} It grows back within three minutes.")
    return found + [outage.sentence for outage in meter.outages]


def waiting(meter: RequestMeter) -> str:
    """How many wait, by whom they are for; empty when none does."""
    parts = [f"{count} for {_FOR[priority]}" for priority, count in sorted(meter.waiting_by.items())]
    return f"Waiting: {', '.join(parts)}." if parts else ""


_FOR = {
    Priority.SIGN_IN: "a sign-in",
    Priority.RENEWAL: "a renewal",
    Priority.PERSON: "you",
    Priority.STREAM: "the stream",
    Priority.BACKGROUND: "background work",
}

"""The words of the status bar's other fields: short text, tone and tooltip from the figures."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from monitor.analysis.renewal import good_moment, moment_in_words
from monitor.live.events import HistoryProgress
from monitor.live.pace import is_late
from monitor.ports import RequestMeter, SignIn, SignInState, StoreMeter, StreamPhase
from monitor.ui import format as fmt
from monitor.ui.requests.phrases import obstacles, waiting

#: A stream that is connected sends a heartbeat at least this often; beyond it the age turns amber.
QUIET_MS = 25_000
_HOUR_MS = 3_600_000
_MOST_REASONS = 20
_STAYS = "What is on disk stays usable. Click to sign in again."
_ON_THE_WAY = {
    StreamPhase.CONNECTING: "connecting",
    StreamPhase.LOGIN: "logging in",
    StreamPhase.SUBSCRIBING: "subscribing",
}


class Tone(StrEnum):
    """What a field's colour says."""

    PLAIN = ""
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Phrase(NamedTuple):
    """What a field of the status bar shows."""

    text: str
    tone: Tone = Tone.PLAIN
    tip: str = ""


def stream_phrase(
    phase: StreamPhase,
    sentence: str,
    retry_at_ms: int | None,
    age_ms: int | None,
    lag_ms: float | None,
    now_ms: int,
) -> Phrase:
    """The stream's life, its age or lateness when live, and the countdown to the next attempt when it waits."""
    if phase is StreamPhase.LIVE:
        quiet = age_ms is not None and age_ms > QUIET_MS
        if is_late(lag_ms) and not quiet:
            late = f"{lag_ms / 1000:.1f} s late"
            return Phrase(f"Stream {late}", Tone.AMBER, f"{sentence} Data is {late}: the line is slow.".strip())
        return Phrase(f"Stream {_age(age_ms)}", Tone.AMBER if quiet else Tone.GREEN, _stream_tip(sentence, quiet))
    if phase is StreamPhase.WAITING:
        left = f" · retry in {fmt.duration((retry_at_ms - now_ms) / 1000)}" if retry_at_ms else ""
        return Phrase(f"Stream waiting{left}", Tone.AMBER, sentence)
    if phase in _ON_THE_WAY:
        return Phrase(f"Stream {_ON_THE_WAY[phase]}…", Tone.AMBER, sentence)
    if phase is StreamPhase.QUIET:
        return Phrase("Stream quiet", Tone.PLAIN, sentence)
    if phase is StreamPhase.CLOSED:
        left = f" · starts in {fmt.duration((retry_at_ms - now_ms) / 1000)}" if retry_at_ms else ""
        return Phrase(f"Stream closed{left}", Tone.PLAIN, sentence)
    if phase is StreamPhase.TAKEN:
        return Phrase("Stream taken · take back", Tone.RED, f"{sentence} Click to take it back.")
    if phase is StreamPhase.SIGN_IN:
        return Phrase("Stream off · sign-in needed", Tone.RED, sentence)
    return Phrase("Stream off", Tone.RED, sentence or "The stream is off.")


def _age(age_ms: int | None) -> str:
    if age_ms is None:
        return "live"
    return f"{age_ms / 1000:.1f} s" if age_ms < 10_000 else fmt.duration(age_ms / 1000)


def _stream_tip(sentence: str, quiet: bool) -> str:
    age = "Nothing has come for a while." if quiet else "Time since the last frame."
    return f"{sentence} {age}".strip()


def history_phrase(running: Mapping[str, HistoryProgress]) -> Phrase:
    """How far the downloads of history are that still run."""
    done, total = (sum(getattr(p, field) for p in running.values()) for field in ("done", "total"))
    symbols = ", ".join(running)
    text = f"History {symbols if len(running) == 1 else f'{len(running)} symbols'} {done}/{total}"
    return Phrase(text, Tone.PLAIN, f"{done} of {total} requests for the history of {symbols}. Click to cancel.")


def requests_phrase(meter: RequestMeter, now_ms: int) -> Phrase:
    """Requests of the last minute against what is allowed, and all that keeps others waiting."""
    hindered = obstacles(meter, now_ms)
    text = f"REST {meter.used}/{meter.ceiling}" + (f" +{meter.waiting}" if meter.waiting else "")
    used = f"{meter.used} requests in the last 60 seconds, at most {meter.limit}."
    tip = [used, waiting(meter), *hindered, "Click to see the requests."]
    tone = Tone.AMBER if hindered or meter.used >= meter.ceiling else Tone.PLAIN
    return Phrase(text, tone, "\n".join(line for line in tip if line))


def queue_phrase(meter: StoreMeter) -> Phrase:
    """Rows on their way to the disk."""
    tone = Tone.AMBER if meter.queued > 50_000 else Tone.PLAIN
    tip = f"{meter.queued:,} rows wait for the disk; {meter.written:,} written since the start"
    return Phrase(f"Queue {fmt.volume(meter.queued)}", tone, tip)


def storage_phrase(meter: StoreMeter) -> Phrase | None:
    """What is wrong with the recording: it lost rows, stands still, or has fallen behind; None while it keeps up."""
    waits = f"{meter.queued:,} rows wait."
    if meter.spilled:
        waits = f"{meter.queued:,} rows wait; the file beside the database holds {_size(meter.spilled)} of them."
    if meter.lost:
        tip = f"{meter.lost:,} rows found no place on any disk and are lost. {meter.trouble} {waits}"
        return Phrase(f"{meter.lost:,} rows lost", Tone.RED, " ".join(tip.split()))
    if meter.trouble:
        tip = f"{meter.trouble} {waits} Nothing is lost: they are written as soon as that is possible."
        return Phrase("Recording stopped", Tone.RED, tip)
    if not (meter.spilled or meter.behind_ms or meter.full):
        return None
    parts = [fmt.duration(meter.behind_ms / 1000)] if meter.behind_ms else []
    parts += [f"{_size(meter.spilled)} on disk waiting"] if meter.spilled else []
    parts += ["the stream waits"] if meter.full else []
    slowed = "It is read more slowly until there is room again. " if meter.full else ""
    tip = f"The disk is slower than the stream. {slowed}{waits} Nothing is lost."
    return Phrase(f"Storage is behind: {', '.join(parts)}", Tone.AMBER, tip)


def refused_phrase(refused: Mapping[str, str]) -> Phrase:
    """The symbols that the streamer does not send, each with its reason."""
    shown = sorted(refused.items())[:_MOST_REASONS]
    reasons = [f"{symbol}: {why}" for symbol, why in shown]
    if len(refused) > len(shown):
        reasons.append(f"… and {len(refused) - len(shown):,} more")
    return Phrase(f"{len(refused):,} not streamed", Tone.AMBER, "\n".join(reasons))


def disk_phrase(meter: StoreMeter) -> Phrase:
    """The database's size."""
    return Phrase(_size(meter.bytes), Tone.PLAIN, f"The database takes {meter.bytes:,} bytes on disk")


def _size(count: int) -> str:
    megabytes = count / 1024**2
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1024 else f"{megabytes:.0f} MB"


def sign_in_phrase(sign_in: SignIn, now_ms: int) -> Phrase:
    """How long the sign-in still holds: amber in its last day, red in its last two hours and without one."""
    if sign_in.locked:
        return Phrase("Locked · unlock", Tone.RED, "The stored sign-in waits for its passphrase. Click to unlock it.")
    if sign_in.state is SignInState.ENDED:
        return Phrase("Sign-in ended · sign in", Tone.RED, f"The sign-in has ended. {_STAYS}")
    if not sign_in.signed_in:
        return Phrase("Signed out · sign in", Tone.RED, "Not signed in. Click to sign in.")
    if sign_in.expires_ms is None:
        return Phrase("Signed in", Tone.PLAIN, "Signed in. Click to renew it.")
    left = sign_in.expires_ms - now_ms
    if left <= 0:
        return Phrase("Sign-in ended · sign in", Tone.RED, f"The seven days of the sign-in are over. {_STAYS}")
    tone = Tone.RED if left <= 2 * _HOUR_MS else Tone.AMBER if left <= 24 * _HOUR_MS else Tone.PLAIN
    return Phrase(f"Sign-in {fmt.duration(left / 1000)}", tone, _renewal_tip(sign_in.expires_ms, now_ms))


def _renewal_tip(expires_ms: int, now_ms: int) -> str:
    moment = good_moment(expires_ms, now_ms)
    if moment is None or moment == now_ms:
        advice = "Now is a good moment to renew it." if moment else "It can be renewed now."
    else:
        advice = f"A good moment to renew it is {moment_in_words(moment, now_ms)} ET."
    until = f"Signed in until {fmt.both_clocks(expires_ms)}."
    return f"{until}\n{advice}\nClick to renew it now; the stream goes on meanwhile."

"""Which function does what a fault's name says."""

from collections.abc import Callable, Coroutine
from typing import Any

from monitor.sandbox.data_frame import DataFrame
from monitor.sandbox.faults import Fault, StreamFault
from monitor.sandbox.mishaps import ends, frames, items
from monitor.sandbox.mishaps.patient import InForce, Patient

#: What happens once, to the connection. A fault that is not in here is in force until it ends.
AT_ONCE: dict[StreamFault, Callable[[Patient, Fault], Coroutine[Any, Any, None]]] = {
    "drop": ends.drop,
    "close": ends.close,
    "stop": ends.stop,
    "half-open": ends.half_open,
    "garbage": frames.garbage,
    "huge": frames.huge,
    "unknown-service": frames.unknown_service,
    "stray-answer": frames.stray_answer,
}
#: What becomes of a data frame while the fault is in force: none, one or two of them.
OF_DATA: dict[StreamFault, Callable[[Fault, DataFrame], list[DataFrame]]] = {
    "mute-service": items.mute_service,
    "mute-symbol": items.mute_symbol,
    "no-snapshot": items.no_snapshot,
    "duplicate": items.duplicate,
    "unknown-field": items.unknown_field,
    "wrong-types": items.wrong_types,
    "future": items.future,
}


def altered(faults: InForce, frame: DataFrame) -> list[DataFrame]:
    """What the faults in force leave of a data frame."""
    frames = [frame]
    for kind, change in OF_DATA.items():
        for fault in faults.of(kind):
            made = [each for one in frames for each in change(fault, one)]
            if made != frames:
                faults.struck(fault)
            frames = made
    return frames

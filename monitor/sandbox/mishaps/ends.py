"""How a connection ends, or seems to live on: cuts, close codes, notices that sever it, and silence."""

import asyncio

from monitor.sandbox.faults import Fault
from monitor.sandbox.mishaps.patient import Patient

CUT = 1006  # never on the wire: what a client notes when no close frame came
_STOP = 30
_TEXTS = {
    12: "Connection closed: another connection was opened for this user.",
    30: "Stop streaming due to slow consumption",
}


async def drop(patient: Patient, _: Fault) -> None:
    """A cut, as by a reset."""
    patient.cut()


async def close(patient: Patient, fault: Fault) -> None:
    """A close frame with a code; 1006 is a cut without one."""
    if fault.code == CUT:
        patient.cut()
    else:
        await patient.close(fault.code or 1000, fault.text or "")


async def stop(patient: Patient, fault: Fault) -> None:
    """A notice with code 30, or another, then the end."""
    code = _STOP if fault.code is None else fault.code
    await patient.end(code, _TEXTS.get(code, "") if fault.text is None else fault.text)


async def half_open(patient: Patient, fault: Fault) -> None:
    """The other side is gone and nobody said so: nothing is sent, nothing is read, pings stay unanswered."""
    patient.hold_reading(True)
    patient.faults.begin(fault)
    if fault.seconds is not None:
        await asyncio.sleep(fault.seconds)
        patient.hold_reading(False)

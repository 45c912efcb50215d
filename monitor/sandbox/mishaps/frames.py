"""Frames that no client expects: garbage, much too long ones, services nobody knows, answers nobody asked for."""

from monitor.clock import now_ms
from monitor.sandbox import commands
from monitor.sandbox.commands import LEVEL_ONE, Command
from monitor.sandbox.faults import Fault
from monitor.sandbox.mishaps.patient import Patient

_HEAD = b'{"data":[{"service":"LEVELONE_EQUITIES", "timestamp":1755118704147,"command":"SUBS","content":[{"key":"ZZZ9"'
_GARBAGE: dict[str, bytes] = {
    "text": b"upstream request timeout",
    "truncated": _HEAD + b',"1":233.2',
    "binary": b'\x00\xff\xfe{"data"\x9c\x80',
    "nan": _HEAD + b',"1":NaN,"2":Infinity,"3":-Infinity}]}]}',
    "endless-number": _HEAD + b',"1":1' + b"0" * 5000 + b',"2":1e999}]}]}',
    "surrogate": _HEAD + b',"15":"\\ud800"}]}]}',
    "nested": b"[" * 100_000,
    "list": b"[1,2,3]",
    "empty": b"",
}
_MEGABYTE = 1 << 20


async def garbage(patient: Patient, fault: Fault) -> None:
    """What cannot be read, in one of several forms."""
    for _ in range(fault.count or 1):
        await patient.inject(_GARBAGE[fault.form], f"garbage: {fault.form}", binary=fault.form == "binary")


async def huge(patient: Patient, fault: Fault) -> None:
    """A good frame of so many megabytes, full of symbols that nobody subscribed to."""
    item = b'{"key":"ZZZ%06d","1":1.01,"2":1.02,"3":1.01,"15":"A symbol that nobody subscribed to"}'
    number = int(fault.megabytes * _MEGABYTE) // (len(item) + 2) + 1
    items = b",".join(item % n for n in range(number))
    head = b'{"data":[{"service":"%s", "timestamp":%d,"command":"SUBS","content":['
    payload = head % (LEVEL_ONE.encode(), now_ms()) + items + b"]}]}"
    for _ in range(fault.count or 1):
        await patient.inject(payload, "huge")


async def unknown_service(patient: Patient, fault: Fault) -> None:
    """Data of a service that no table has."""
    name = fault.service or "LEVELONE_TULIPS"
    for _ in range(fault.count or 1):
        payload = commands.data(name, now_ms(), [{"key": fault.symbol or "SEMPER", "1": 5200, "2": "Augustus"}])
        await patient.inject(payload, "unknown service")


async def stray_answer(patient: Patient, fault: Fault) -> None:
    """The answer to a request that nobody made."""
    command = Command(fault.service or LEVEL_ONE, fault.command or "SUBS", "987654321", "stranger")
    code = fault.code or 0
    text = fault.text or f"{command.command} command {'failed' if code else 'succeeded'}"
    for _ in range(fault.count or 1):
        answer = commands.answer(command, code, text, now_ms())
        await patient.inject(commands.response(answer), "stray answer")

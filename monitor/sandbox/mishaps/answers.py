"""How commands are answered amiss: refused, not at all, with other codes, or several answers at once."""

from monitor.sandbox.commands import FAILED, Command
from monitor.sandbox.faults import Fault

#: The success codes that the guide knows and Schwab does not send.
ON_PAPER = {"SUBS": 26, "UNSUBS": 27, "ADD": 28, "VIEW": 29}


def refusal(faults: list[Fault], command: Command) -> tuple[Fault, int, str] | None:
    """The fault that refuses a command whole, with the code and the words."""
    for fault in faults:
        subscribing = command.command in ("SUBS", "ADD") if not fault.command else True
        if subscribing and _meant(fault, command):
            code = fault.code if fault.code is not None else FAILED[command.command]
            return fault, code, fault.text or f"{command.command} command failed"
    return None


def unanswered(faults: list[Fault], command: Command) -> Fault | None:
    """The fault that swallows the answer of a command that was obeyed."""
    return next((fault for fault in faults if _meant(fault, command)), None)


def limits(faults: list[Fault]) -> dict[str, int]:
    """The symbol limits in place of the usual ones; the newest fault counts."""
    return {service: number for fault in faults for service, number in fault.limits.items()}


def _meant(fault: Fault, command: Command) -> bool:
    return (
        fault.service in ("", command.service)
        and fault.command in ("", command.command)
        and (not fault.symbol or fault.symbol in set(command.keys()))
    )

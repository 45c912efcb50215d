"""What is being done to a database before it can be used, for who waits for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpeningStep:
    """One step: its ``sentence``, how much of it is ``done``, and ``stopping``, the sentence of what stopping it does.

    ``total`` is 0 where nobody can tell how much there is to do; ``detail`` is what else can be told, or empty.
    """

    sentence: str
    done: int = 0
    total: int = 0
    detail: str = ""
    stopping: str = ""

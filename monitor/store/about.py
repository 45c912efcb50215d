"""What the database knows about itself, in the table ``about``: whether it is in use, and what was last found in it.

A program notes that it has opened the database, and takes the note away when it closes it. What a killed program leaves
is sound as long as the disk did as it was told. So it is looked at and not doubted: the next program starts as always
and checks the file beside its work. A program that ends before the check does leaves it to the next one, and so does
one that ends before it has told people what was saved of a damaged database.
"""

import sqlite3

OPEN = "open_since_ms"
UNCLEAN = "unclean_exit_ms"
CHECK_DUE = "check_due"
LAST_CHECK = "last_check"
RECOVERY_UNTOLD = "recovery_untold"


def note_open(connection: sqlite3.Connection, at_ms: int) -> bool:
    """Note that the database is in use from now on; gives whether the program before did not close it.

    Raises sqlite3.Error.
    """
    left_open = fact(connection, OPEN) is not None
    if left_open:
        keep_fact(connection, UNCLEAN, str(at_ms))
        keep_fact(connection, CHECK_DUE, str(at_ms))
    keep_fact(connection, OPEN, str(at_ms))
    return left_open


def note_closed(connection: sqlite3.Connection) -> None:
    """Note that the database is closed in good order. Raises sqlite3.Error."""
    forget_fact(connection, OPEN)


def note_copied(connection: sqlite3.Connection) -> None:
    """Note in a copy that nobody has it open; what the next program owes the original it does not owe the copy.

    Raises sqlite3.Error.
    """
    for key in (OPEN, CHECK_DUE, RECOVERY_UNTOLD):
        forget_fact(connection, key)


def keep_fact(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep one fact in place of what it was before. Raises sqlite3.Error."""
    connection.execute(
        "INSERT INTO about (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value)
    )


def forget_fact(connection: sqlite3.Connection, key: str) -> None:
    """Whether it was known or not. Raises sqlite3.Error."""
    connection.execute("DELETE FROM about WHERE key = ?", (key,))


def fact(connection: sqlite3.Connection, key: str) -> str | None:
    """One fact, or None where it is not known. Raises sqlite3.Error."""
    row = connection.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])

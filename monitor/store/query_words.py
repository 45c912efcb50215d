"""Why SQLite does not answer a query, as a sentence for whoever wrote it, and where in its text that is."""

import re
import sqlite3

from monitor.ports import BadQuery
from monitor.store.query_guard import MOST_VALUE_BYTES

#: Kinds of failure that are the query's own; all others are the database's.
_OWN = {
    *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_TOOBIG),
    *(sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_SCHEMA),
    sqlite3.SQLITE_FULL,  # of temporary files: nothing else is written
}
_PHRASES = (
    ("one statement at a time", "Run one statement at a time: the cursor stands in it, or it is what is selected."),
    ("number of bindings", "The query has a place for a value (?, :name): write the value itself there."),
    ("blob too big", f"A value in this query is larger than {MOST_VALUE_BYTES // 1024 // 1024} MB."),
    ("disk is full", "Stopped: there is no room for what has to be sorted on the way. Ask for less at a time."),
    ("null character", "The query holds a character that SQLite does not read."),
    ("surrogates not allowed", "The query holds a character that SQLite does not read."),
)
_AT_TOKEN = re.compile(r'near "(.+)": syntax error|unrecognized token: "(.+)"', re.DOTALL)
_OF_NAME = re.compile(r"(?:no such \w+|ambiguous column name): (.+)|function (\w+)\(\)")
_COMMENT = re.compile(r"\s+|--[^\n]*|/\*.*?(?:\*/|$)", re.DOTALL)
_MOST_TRIES = 50


def is_own(error: Exception) -> bool:
    """Whether the query is at fault, and not the database or the disk."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or (code & 0xFF) in _OWN


def explained(connection: sqlite3.Connection, sql: str, error: Exception, refused: str) -> BadQuery:
    """What to tell of an error of the query itself; ``refused`` is what the guard did not allow."""
    message = str(error)
    if refused or getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY:
        return BadQuery(f"Queries only read: {_first_word(sql) or refused or 'this'} is refused.")
    for part, sentence in _PHRASES:
        if part in message:
            return BadQuery(sentence)
    return BadQuery(f"SQLite says: {message}.", _place(connection, sql, message))


def _first_word(sql: str) -> str:
    """INSERT, DROP …; empty for words that a query may begin with."""
    at = 0
    while found := _COMMENT.match(sql, at):
        at = found.end()
    word = re.match(r"\w*", sql[at:])
    verb = word.group().upper() if word else ""
    return "" if verb in ("SELECT", "WITH", "EXPLAIN", "VALUES", "PRAGMA") else verb


def _place(connection: sqlite3.Connection, sql: str, message: str) -> int | None:
    if message == "incomplete input":
        return len(sql.rstrip())
    if found := _AT_TOKEN.fullmatch(message):
        return _place_of_token(connection, sql, message, found.group(1) or found.group(2))
    if found := _OF_NAME.search(message):
        name = re.escape(found.group(1) or found.group(2))
        places = [each.start() for each in re.finditer(rf"(?<!\w){name}(?!\w)", sql, re.IGNORECASE)]
        return places[0] if len(places) == 1 else None
    return None


def _place_of_token(connection: sqlite3.Connection, sql: str, message: str, token: str) -> int | None:
    """SQLite reads from left to right: the text up to the token that it stumbles over fails in the same way."""
    explain = "" if sql.lstrip()[:7].upper() == "EXPLAIN" else "EXPLAIN "  # which does nothing of what is said
    for found in list(re.finditer(re.escape(token), sql))[:_MOST_TRIES]:
        try:
            connection.execute(explain + sql[: found.end()])
        except sqlite3.Error as error:
            if str(error) == message:
                return found.start()
    return None

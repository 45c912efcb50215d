"""SQL as text: its tokens, and which statement the cursor stands in."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# What has not ended by the end of the text is a token too.
_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<string>'(?:[^']|'')*(?:'|\Z))"
    r'|(?P<name>"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[^\]]*(?:\]|\Z))'
    r"|(?P<word>[^\W\d][\w$]*)"
    r"|(?P<number>\d[\w.]*|\.\d[\w.]*)"
    r"|(?P<end>;)",
    re.DOTALL,
)
#: Without those that are names of columns here: last, rows.
KEYWORDS = frozenset(
    (
        *("ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "COLLATE", "CROSS", "CURRENT_DATE"),
        *("CURRENT_TIME", "CURRENT_TIMESTAMP", "DESC", "DISTINCT", "ELSE", "END", "ESCAPE", "EXCEPT", "EXISTS"),
        *("EXPLAIN", "FILTER", "FROM", "GLOB", "GROUP", "HAVING", "IN", "INNER", "INTERSECT", "IS", "ISNULL"),
        *("JOIN", "LEFT", "LIKE", "LIMIT", "MATCH", "MATERIALIZED", "NATURAL", "NOT", "NOTNULL", "NULL"),
        *("NULLS", "OFFSET", "ON", "OR", "ORDER", "OUTER", "OVER", "PARTITION", "PRAGMA", "PRECEDING"),
        *("RECURSIVE", "REGEXP", "RIGHT", "SELECT", "THEN", "UNBOUNDED", "UNION", "USING", "VALUES", "WHEN"),
        *("WHERE", "WINDOW", "WITH"),
    )
)
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)


class Token(NamedTuple):
    """``kind`` is comment, string, name (in quotes), word, number or end (a semicolon)."""

    kind: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """All but blanks and signs, in order."""
    for found in _TOKEN.finditer(text):
        yield Token(found.lastgroup or "", found.start(), found.end())


def statement_at(text: str, position: int) -> tuple[int, int]:
    """Where the statement around ``position`` begins and ends, without its semicolon; (0, 0) where there is none.

    Right after a semicolon it is the one that ends there, between statements the next, after the last that one.
    """
    span, begin = (0, 0), 0
    ends = [token.start for token in tokens(text) if token.kind == "end"]
    for end in (*ends, len(text)):
        part = text[begin:end]
        if any(token.kind != "comment" for token in tokens(part)):
            span = begin + len(part) - len(part.lstrip()), begin + len(part.rstrip())
        if span[1] and position <= end + 1:
            break
        begin = end + 1
    return span


def quoted(name: str) -> str:
    """A table's or column's name as it is written in a query."""
    if _PLAIN_NAME.fullmatch(name) and name.upper() not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'

"""SQL as text: which statement the cursor stands in, and how names are written."""

import pytest

from monitor.ui.sql.statements import quoted, statement_at, tokens

TWO = "SELECT 1;\n\n  SELECT ';' -- not; here\n  FROM x /* nor; here */ ;\n"
FIRST, SECOND = "SELECT 1", "SELECT ';' -- not; here\n  FROM x /* nor; here */"


@pytest.mark.parametrize(
    ("text", "position", "statement"),
    [
        (TWO, 0, FIRST),
        (TWO, 8, FIRST),
        (TWO, 9, FIRST),  # right after its semicolon
        (TWO, 10, SECOND),
        (TWO, TWO.index("nor"), SECOND),
        (TWO, len(TWO), SECOND),
        ("SELECT 'a;b", 3, "SELECT 'a;b"),
        ('SELECT "a;b", `c;d`, [e;f]; SELECT 2', 1, 'SELECT "a;b", `c;d`, [e;f]'),
        ("SELECT 1; -- nothing more", 24, "SELECT 1"),
        ("-- first\nSELECT 1", 0, "-- first\nSELECT 1"),
        ("SELECT 'it''s;' ; SELECT 2", 2, "SELECT 'it''s;'"),
        (";;SELECT 1", 0, "SELECT 1"),
        ("", 0, ""),
        ("  -- only a remark", 5, ""),
    ],
)
def test_the_statement_at_the_cursor(text: str, position: int, statement: str) -> None:
    start, end = statement_at(text, position)
    assert text[start:end] == statement


def test_tokens_are_told_apart() -> None:
    text = "SELECT x1, 1.5e3, 'a' AS \"b\" -- end"
    assert [(token.kind, text[token.start : token.end]) for token in tokens(text)] == [
        ("word", "SELECT"),
        ("word", "x1"),
        ("number", "1.5e3"),
        ("string", "'a'"),
        ("word", "AS"),
        ("name", '"b"'),
        ("comment", "-- end"),
    ]


@pytest.mark.parametrize(
    ("name", "written"), [("last", "last"), ("order", '"order"'), ("a b", '"a b"'), ('a"b', '"a""b"'), ("1m", '"1m"')]
)
def test_names_are_quoted_where_they_must_be(name: str, written: str) -> None:
    assert quoted(name) == written

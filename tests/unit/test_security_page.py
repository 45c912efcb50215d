"""docs/security.md and docs/reliability.md: each measure and fault names the tests that hold it, and each exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECURITY, RELIABILITY = ((ROOT / "docs" / name).read_text("utf-8") for name in ("security.md", "reliability.md"))
PAGES = pytest.mark.parametrize("page", [SECURITY, RELIABILITY], ids=["security", "reliability"])


def rows(page: str) -> dict[str, str]:
    return {row[1]: row[0] for row in re.finditer(r"^\| (S?\d+) \|.*\|$", page, re.MULTILINE)}


def test_every_measure_and_fault_has_its_row() -> None:
    expected = [f"S{number}" for number in range(1, 25)] + [str(number) for number in range(44, 60)]
    assert list(rows(SECURITY)) == expected
    numbers = [int(number) for number in rows(RELIABILITY)]
    assert numbers == [*range(1, 44), *range(60, 74)]


@PAGES
def test_every_row_has_a_test_or_a_reason(page: str) -> None:
    for row in rows(page).values():
        held = row.rstrip("| ").rpartition("|")[2].strip()
        assert "::" in held or held.startswith("none:"), row


@PAGES
def test_every_named_test_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(named) == page.count("::")
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in functions, f"{path}::{name}"


@PAGES
def test_every_link_of_the_page_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page):
        assert (ROOT / "docs" / target).exists(), target

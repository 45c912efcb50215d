"""REST numbers print as Java prints them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sandbox.jackson import encode, whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.0, "0.0"),
        (5.7458e-4, "5.7458E-4"),
        (-0.0001, "-1.0E-4"),
        (0.001, "0.001"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (301570298.0, "3.01570298E8"),
        (-12345678.5, "-1.23456785E7"),
        (1e-12, "1.0E-12"),
        (2.5e21, "2.5E21"),
        (69783235, "69783235"),
    ],
)
def test_numbers_print_as_the_wire_has_them(value: float, text: str) -> None:
    assert encode({"n": value}).decode() == f'{{"n":{text}}}'


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.text()))
def test_what_is_written_reads_back_as_the_same_values(values: list[float | str]) -> None:
    assert json.loads(encode(values)) == values


def test_streamed_whole_numbers_lose_their_point() -> None:
    assert [repr(whole(v)) for v in (214.0, 214.02, 7, "Q", True)] == ["214", "214.02", "7", "'Q'", "True"]

"""For what a request is: said where it is known, heard where it is sent, also in tasks begun in between."""

import asyncio

import pytest

from monitor.ports import USUAL_LIMIT, Asking, Priority, asked, asking, chosen_limit


async def test_what_is_said_holds_inside_and_in_tasks_begun_there():
    async def later():
        await asyncio.sleep(0)
        return asked()

    with asking(Priority.STREAM):
        task = asyncio.create_task(later())
        with asking(purpose="quotes to check the stream", patience=5):
            assert asked() == Asking(Priority.STREAM, "quotes to check the stream", 5)
        assert asked() == Asking(Priority.STREAM)
    assert asked() == Asking(Priority.BACKGROUND)
    assert await task == Asking(Priority.STREAM)


def test_a_renewal_takes_nothing_over_from_whoever_caused_it():
    with asking(Priority.PERSON, "minutes of AAPL", 5), asking(Priority.RENEWAL):
        assert asked() == Asking(Priority.RENEWAL)


@pytest.mark.parametrize(
    ("kept", "limit"),
    [("10", 10), ("120", 120), *((kept, USUAL_LIMIT) for kept in ("", "9", "121", "many", "-50", "٥٠", "1" * 5000))],
)
def test_a_limit_that_may_not_be_chosen_is_the_usual_one(kept, limit):
    assert chosen_limit(kept) == limit

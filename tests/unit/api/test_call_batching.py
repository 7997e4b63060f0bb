"""Questions that come while a call is under way go into the next one together, and each gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from services.api.call_batching import BatchedCalls


class Oracle:
    """Doubles numbers when it is let, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.let = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        await self.let.wait()
        if 13 in numbers:
            raise ValueError("unlucky")
        return [2 * number for number in numbers]


async def test_one_call_serves_all_that_came_during_the_one_before() -> None:
    oracle = Oracle()
    double = BatchedCalls(oracle)
    answers = [double.call(1)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answers += [double.call(number) for number in (2, 3, 4)]
    oracle.let.set()
    assert await asyncio.gather(*answers) == [2, 4, 6, 8]
    assert oracle.asked == [[1], [2, 3, 4]]


async def test_an_error_is_everybodys_who_asked_together_and_nobodys_after() -> None:
    oracle = Oracle()
    oracle.let.set()
    double = BatchedCalls(oracle)
    results = await asyncio.gather(double.call(12), double.call(13), return_exceptions=True)
    assert all(isinstance(answer, ValueError) for answer in results)
    assert await double.call(14) == 28


async def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    oracle = Oracle()
    double = BatchedCalls(oracle)
    gone, stays = double.call(1), double.call(2)
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    oracle.let.set()
    assert await stays == 4

"""A multiple ack never settles a delivery whose fate is open."""

from typing import Any, cast

from aiormq.exceptions import ChannelInvalidStateError
from hypothesis import given
from hypothesis import strategies as st

from services.status.consumer.acknowledger import BatchAcknowledger


class Channel:
    """Remembers the acks, or is dead."""

    def __init__(self, *, dead: bool = False) -> None:
        self.acks: list[int] = []
        self._dead = dead

    async def basic_ack(self, delivery_tag: int, multiple: bool = False, wait: bool = True) -> None:
        assert multiple
        assert not wait
        if self._dead:
            raise ChannelInvalidStateError
        self.acks.append(delivery_tag)


def acknowledgements(channel: Channel) -> BatchAcknowledger:
    return BatchAcknowledger(cast("Any", channel))


@given(st.permutations(range(1, 21)), st.sets(st.integers(1, 20)))
async def test_whatever_an_ack_covers_was_settled_before_it(order: list[int], flush_after: set[int]) -> None:
    channel = Channel()
    subject = acknowledgements(channel)
    settled: set[int] = set()
    for tag in order:
        subject.mark_processed(tag)
        settled.add(tag)
        if tag in flush_after:
            await subject.flush()
            assert set(range(1, max(channel.acks, default=0) + 1)) <= settled
    await subject.flush()
    assert channel.acks[-1] == 20
    assert channel.acks == sorted(set(channel.acks))


async def test_one_open_delivery_holds_back_all_that_came_after_it() -> None:
    channel = Channel()
    subject = acknowledgements(channel)
    for tag in (1, 2, 4, 5):
        subject.mark_processed(tag)
    await subject.flush()
    await subject.flush()
    assert channel.acks == [2]
    subject.mark_processed(3)
    await subject.flush()
    assert channel.acks == [2, 5]


async def test_a_dead_channel_is_no_error() -> None:
    subject = acknowledgements(Channel(dead=True))
    subject.mark_processed(1)
    await subject.flush()

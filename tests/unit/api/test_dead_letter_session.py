"""The end of a session with the dead letters: the next one sees all that this one has only looked at."""

from types import SimpleNamespace
from typing import Any

from services.api.admin.dead_letters.session import DeadLetterSession


class SlowBroker:
    """Puts one message back each time that it is asked how many there are, once their channel is closed."""

    def __init__(self, ready: int) -> None:
        self.ready = ready
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True

    async def channel(self, *, publisher_confirms: bool) -> Any:
        assert not publisher_confirms
        return self

    async def queue_declare(self, queue: str, *, passive: bool) -> Any:
        assert (queue, passive) == ("q.dead", True)
        self.ready += self.is_closed
        return SimpleNamespace(message_count=self.ready)


async def test_a_session_ends_when_the_queue_has_again_what_it_held_and_did_not_settle() -> None:
    broker: Any = SlowBroker(ready=0)
    session = DeadLetterSession(broker)
    session._ready_before["q.dead"] = 5  # noqa: SLF001 (as after reading five)
    session._settled["q.dead"] = 2  # noqa: SLF001 (and dropping two)
    await session._return_held(broker)  # noqa: SLF001 (what the end of the session does)
    assert broker.is_closed
    assert broker.ready == 3

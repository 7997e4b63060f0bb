"""Use cases of administrators: list, redrive and drop dead letters.

The api's own broker user has no permission for any of it. An operator of the api configures a
second user, `operator`, that may read the dead-letter queues and publish nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Literal

from services.api.admin.dead_letters.schemas import DeadLetter, DeadLetterBody, DeadLetterPage
from services.api.admin.dead_letters.session import DeadLetterSession
from services.api.audit_log import AuditLog
from services.api.http.problems import Problem, not_found, unavailable
from services.api.identity.tokens import Principal
from shared.errors import BrokerUnavailable

Verb = Literal["redrive", "drop"]


class DeadLetterService:
    """Opens one session at a time, as a session hides the messages that it holds from the next
    one."""

    def __init__(self, url: str | None, audit: AuditLog) -> None:
        self._url = url
        self._audit = audit
        self._one_session = asyncio.Lock()

    async def page(self, queue: str | None, limit: int) -> DeadLetterPage:
        """Return the oldest dead letters of all queues or of one, and the count of each queue."""
        async with self._open_session() as session:
            counts = await session.counts()
            messages = await session.messages(queue, most=limit)
        items = [DeadLetter.model_validate(message.summary()) for message in messages[:limit]]
        return DeadLetterPage(items=items, queues=counts)

    async def show(self, letter_id: str) -> DeadLetterBody:
        """Return one dead letter; raises `Problem` 404 when it no longer exists."""
        async with self._open_session() as session:
            for message in await session.messages():
                if message.letter_id == letter_id:
                    return DeadLetterBody.model_validate(message.redacted())
        raise not_found()

    async def apply(
        self, actor: Principal, verb: Verb, *, queue: str | None = None, ids: Collection[str] | None = None
    ) -> list[str]:
        """Redrive or drop the dead letters of a queue or of `ids`, and return the ids of those that
        existed.

        The audit log entry is written after reading and before acting.
        """
        async with self._open_session() as session:
            found = await session.messages(queue)
            chosen = [message for message in found if ids is None or message.letter_id in ids]
            ids_done = [message.letter_id for message in chosen]
            if chosen:
                await self._audit.record(actor, f"dead_letters.{verb}", ids=ids_done)
                await (session.redrive(chosen) if verb == "redrive" else session.drop(chosen))
        return ids_done

    async def apply_to_one(self, actor: Principal, verb: Verb, letter_id: str) -> None:
        """Redrive or drop one dead letter; raises `Problem` 404 when it no longer exists."""
        if not await self.apply(actor, verb, ids=[letter_id]):
            raise not_found()

    @asynccontextmanager
    async def _open_session(self) -> AsyncIterator[DeadLetterSession]:
        if self._url is None:
            raise Problem("dead_letters_off", "MAILTALLY_OPERATOR_AMQP_URL is not set for the api.")
        try:
            async with self._one_session, DeadLetterSession.open(self._url) as session:
                yield session
        except BrokerUnavailable:
            raise unavailable("broker_unavailable") from None

"""Use cases of administrators: messages that could not be handled are listed, put back or dropped.

The api's own broker user has no right to any of it. Who runs the api gives it a second one, `operator`, that may read
the dead-message queues and publish nothing.
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
    """Looks one after the other, as a look hides from the next one what it holds."""

    def __init__(self, url: str | None, audit: AuditLog) -> None:
        self._url = url
        self._audit = audit
        self._one_session = asyncio.Lock()

    async def page(self, queue: str | None, limit: int) -> DeadLetterPage:
        """The oldest of all queues or of one, and how many each queue has."""
        async with self._open_session() as session:
            counts = await session.counts()
            messages = await session.messages(queue, most=limit)
        items = [DeadLetter.model_validate(message.summary()) for message in messages[:limit]]
        return DeadLetterPage(items=items, queues=counts)

    async def show(self, letter_id: str) -> DeadLetterBody:
        """One of them; a `Problem` with status 404 when it is gone."""
        async with self._open_session() as session:
            for message in await session.messages():
                if message.letter_id == letter_id:
                    return DeadLetterBody.model_validate(message.redacted())
        raise not_found()

    async def apply(
        self, who: Principal, verb: Verb, *, queue: str | None = None, ids: Collection[str] | None = None
    ) -> list[str]:
        """Put back or drop those of a queue, or those of `ids` that are there, and tell which these were.

        It is written to the audit log between the look and the deed.
        """
        async with self._open_session() as session:
            found = await session.messages(queue)
            chosen = [message for message in found if ids is None or message.letter_id in ids]
            done = [message.letter_id for message in chosen]
            if chosen:
                await self._audit.record(who, f"dead_letters.{verb}", ids=done)
                await (session.redrive(chosen) if verb == "redrive" else session.drop(chosen))
        return done

    async def apply_to_one(self, who: Principal, verb: Verb, letter_id: str) -> None:
        """The same with one; a `Problem` with status 404 when it is gone."""
        if not await self.apply(who, verb, ids=[letter_id]):
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

"""Use cases of administrators: messages that could not be handled are listed, put back or dropped.

The api's own broker user has no right to any of it. Who runs the api gives it a second one, `operator`, that may read
the dead-letter queues and publish nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Literal

from services.api.admin.dead_letters.schemas import DeadLetter, DeadLetterBody, DeadLetterPage
from services.api.admin.dead_letters.session import Desk
from services.api.audit_log import Audit
from services.api.http.problems import Problem, not_found, unavailable
from services.api.identity.tokens import Principal
from shared.errors import BrokerUnavailable

Verb = Literal["redrive", "drop"]


class DeadLetterOffice:
    """Looks one after the other, as a look hides from the next one what it holds."""

    def __init__(self, url: str | None, audit: Audit) -> None:
        self._url = url
        self._audit = audit
        self._one_look = asyncio.Lock()

    async def page(self, queue: str | None, limit: int) -> DeadLetterPage:
        """The oldest of all queues or of one, and how many each queue has."""
        async with self._desk() as desk:
            counts = await desk.waiting()
            letters = await desk.letters(queue, most=limit)
        items = [DeadLetter.model_validate(letter.summary()) for letter in letters[:limit]]
        return DeadLetterPage(items=items, queues=counts)

    async def show(self, letter_id: str) -> DeadLetterBody:
        """One of them; a `Problem` with status 404 when it is gone."""
        async with self._desk() as desk:
            for letter in await desk.letters():
                if letter.letter_id == letter_id:
                    return DeadLetterBody.model_validate(letter.redacted())
        raise not_found()

    async def carry_out(
        self, who: Principal, verb: Verb, *, queue: str | None = None, ids: Collection[str] | None = None
    ) -> list[str]:
        """Put back or drop those of a queue, or those of `ids` that are there, and tell which these were.

        It is written to the audit log between the look and the deed.
        """
        async with self._desk() as desk:
            found = await desk.letters(queue)
            chosen = [letter for letter in found if ids is None or letter.letter_id in ids]
            done = [letter.letter_id for letter in chosen]
            if chosen:
                await self._audit.note(who, f"dead_letters.{verb}", ids=done)
                await (desk.redrive(chosen) if verb == "redrive" else desk.drop(chosen))
        return done

    async def carry_out_one(self, who: Principal, verb: Verb, letter_id: str) -> None:
        """The same with one; a `Problem` with status 404 when it is gone."""
        if not await self.carry_out(who, verb, ids=[letter_id]):
            raise not_found()

    @asynccontextmanager
    async def _desk(self) -> AsyncIterator[Desk]:
        if self._url is None:
            raise Problem("dead_letters_off", "MAILTALLY_OPERATOR_AMQP_URL is not set for the api.")
        try:
            async with self._one_look, Desk.open(self._url) as desk:
                yield desk
        except BrokerUnavailable:
            raise unavailable("broker_unavailable") from None

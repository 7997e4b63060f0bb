"""`/v1/admin/dead-letters`: messages that could not be handled."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.admin.dead_letters.schemas import (
    DeadLetterBody,
    DeadLetterChoice,
    DeadLetterPage,
    DeadLettersByIds,
    DeadLettersMoved,
    QueueName,
)
from services.api.admin.dead_letters.service import Verb
from services.api.dependencies import Administrator, Limit, Services, Use
from services.api.http.body_limit import BoundedRoute
from services.api.http.openapi_responses import may

router = APIRouter(
    prefix="/v1/admin/dead-letters",
    tags=["admin"],
    route_class=BoundedRoute,
    responses=may("dead_letters_off", "broker_unavailable"),
)


@router.get("")
async def list_dead_letters(
    _: Administrator, use: Use, queue: Annotated[QueueName | None, Query()] = None, limit: Limit = 50
) -> DeadLetterPage:
    """The oldest ones, with their reasons."""
    return await use.dead_letters.page(queue, limit)


@router.get("/{letter_id}")
async def show_dead_letter(letter_id: str, _: Administrator, use: Use) -> DeadLetterBody:
    """One without what a mail may have said."""
    return await use.dead_letters.show(letter_id)


@router.post("/{letter_id}/redrive", status_code=204)
async def redrive_dead_letter(letter_id: str, who: Administrator, use: Use) -> None:
    """Put one back where it came from, as it is. Handling a message a second time is harmless."""
    await use.dead_letters.carry_out_one(who, "redrive", letter_id)


@router.delete("/{letter_id}", status_code=204)
async def drop_dead_letter(letter_id: str, who: Administrator, use: Use) -> None:
    """Delete one for good."""
    await use.dead_letters.carry_out_one(who, "drop", letter_id)


@router.post("/redrive")
async def redrive_dead_letters(chosen: DeadLetterChoice, who: Administrator, use: Use) -> DeadLettersMoved:
    """Put many back."""
    return await _all(use, who, "redrive", chosen)


@router.post("/drop")
async def drop_dead_letters(chosen: DeadLetterChoice, who: Administrator, use: Use) -> DeadLettersMoved:
    """Delete many for good."""
    return await _all(use, who, "drop", chosen)


async def _all(use: Services, who: Administrator, verb: Verb, chosen: DeadLetterChoice) -> DeadLettersMoved:
    if isinstance(chosen, DeadLettersByIds):
        return DeadLettersMoved(ids=await use.dead_letters.carry_out(who, verb, ids=set(chosen.ids)))
    return DeadLettersMoved(ids=await use.dead_letters.carry_out(who, verb, queue=chosen.queue))

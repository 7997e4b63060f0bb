"""Routes of `/v1/admin/dead-letters`: messages that could not be handled."""

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
from services.api.dependencies import AdminContext, Context, Limit
from services.api.http.body_limit import BoundedRoute
from services.api.http.openapi_responses import problem_responses

router = APIRouter(
    prefix="/v1/admin/dead-letters",
    tags=["admin"],
    route_class=BoundedRoute,
    responses=problem_responses("dead_letters_off", "broker_unavailable"),
)


@router.get("")
async def list_dead_letters(
    ctx: AdminContext, queue: Annotated[QueueName | None, Query()] = None, limit: Limit = 50
) -> DeadLetterPage:
    """List the oldest dead letters, with their reasons."""
    return await ctx.services.admin.dead_letters.page(queue, limit)


@router.get("/{letter_id}")
async def show_dead_letter(letter_id: str, ctx: AdminContext) -> DeadLetterBody:
    """Return one dead letter without what a mail may have said."""
    return await ctx.services.admin.dead_letters.show(letter_id)


@router.post("/{letter_id}/redrive", status_code=204)
async def redrive_dead_letter(letter_id: str, ctx: AdminContext) -> None:
    """Put a dead letter back where it came from, as it is. Handling a message a second time is
    harmless."""
    await ctx.services.admin.dead_letters.apply_to_one(ctx.user, "redrive", letter_id)


@router.delete("/{letter_id}", status_code=204)
async def drop_dead_letter(letter_id: str, ctx: AdminContext) -> None:
    """Delete a dead letter for good."""
    await ctx.services.admin.dead_letters.apply_to_one(ctx.user, "drop", letter_id)


@router.post("/redrive")
async def redrive_dead_letters(chosen: DeadLetterChoice, ctx: AdminContext) -> DeadLettersMoved:
    """Put many dead letters back."""
    return await _apply_to_chosen(ctx, "redrive", chosen)


@router.post("/drop")
async def drop_dead_letters(chosen: DeadLetterChoice, ctx: AdminContext) -> DeadLettersMoved:
    """Delete many dead letters for good."""
    return await _apply_to_chosen(ctx, "drop", chosen)


async def _apply_to_chosen(ctx: Context, verb: Verb, chosen: DeadLetterChoice) -> DeadLettersMoved:
    if isinstance(chosen, DeadLettersByIds):
        return DeadLettersMoved(ids=await ctx.services.admin.dead_letters.apply(ctx.user, verb, ids=set(chosen.ids)))
    return DeadLettersMoved(ids=await ctx.services.admin.dead_letters.apply(ctx.user, verb, queue=chosen.queue))

"""Routes of `/v1/webhooks`: addresses that a user's events are posted to, and their deliveries."""

from fastapi import APIRouter, Request, Response

from services.api.dependencies import Cursor, Limit, UserContext
from services.api.http.body_limit import BoundedRoute
from services.api.http.headers import set_next_link
from services.api.http.openapi_responses import LINK, LOCATION, problem_responses
from services.api.webhooks.schemas import (
    Delivery,
    DeliveryPage,
    NewWebhook,
    Replay,
    ReplayRequest,
    SentTest,
    State,
    Webhook,
    WebhookChange,
    Webhooks,
    WebhookWithSecret,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=BoundedRoute)


@router.post("", status_code=201, responses={201: {"headers": LOCATION}, **problem_responses("webhooks_off")})
async def add_webhook(new: NewWebhook, ctx: UserContext, response: Response) -> WebhookWithSecret:
    """Add a webhook. Its events are signed with the secret in the response, which is shown this
    once."""
    webhook = await ctx.services.webhooks.service.add(ctx.user, new)
    response.headers["Location"] = f"/v1/webhooks/{webhook.webhook_id}"
    return webhook


@router.get("")
async def list_webhooks(ctx: UserContext) -> Webhooks:
    """List all webhooks, oldest first."""
    return await ctx.services.webhooks.service.list(ctx.user_id)


@router.get("/{webhook_id}")
async def read_webhook(webhook_id: str, ctx: UserContext) -> Webhook:
    """Return one webhook."""
    return await ctx.services.webhooks.service.find(ctx.user_id, webhook_id)


@router.patch("/{webhook_id}")
async def change_webhook(webhook_id: str, change: WebhookChange, ctx: UserContext) -> Webhook:
    """Change the address or the event types; disable a webhook, or enable it again."""
    return await ctx.services.webhooks.service.change(ctx.user, webhook_id, change)


@router.delete("/{webhook_id}", status_code=204)
async def remove_webhook(webhook_id: str, ctx: UserContext) -> None:
    """Remove a webhook and the log of its deliveries."""
    await ctx.services.webhooks.service.remove(ctx.user, webhook_id)


@router.post("/{webhook_id}/secret", responses=problem_responses("webhooks_off"))
async def rotate_secret(webhook_id: str, ctx: UserContext) -> WebhookWithSecret:
    """Create a new secret. The previous one also signs for 24 hours; after a second rotation it is
    invalid at once."""
    return await ctx.services.webhooks.service.rotate(ctx.user, webhook_id)


@router.post(
    "/{webhook_id}/test", status_code=202, responses=problem_responses("webhook_disabled", "broker_unavailable")
)
async def test_webhook(webhook_id: str, ctx: UserContext) -> SentTest:
    """Send a `webhook.test.v1` event, whatever types the webhook has; the log of deliveries shows
    the result."""
    return await ctx.services.webhooks.deliveries.test(ctx.user_id, webhook_id)


@router.get("/{webhook_id}/deliveries", responses={200: {"headers": LINK}})
async def list_deliveries(
    webhook_id: str,
    request: Request,
    response: Response,
    ctx: UserContext,
    state: State | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """List deliveries, newest first, with the last 20 attempts of each; they are kept for 30
    days."""
    page = await ctx.services.webhooks.deliveries.page(ctx.user_id, webhook_id, state=state, limit=limit, cursor=cursor)
    set_next_link(request, response, page.next_cursor)
    return page


@router.post(
    "/{webhook_id}/deliveries/{event_id}/redeliver", status_code=202, responses=problem_responses("webhook_disabled")
)
async def redeliver(webhook_id: str, event_id: str, ctx: UserContext) -> Delivery:
    """Post an event of the log again, with all its retries."""
    return await ctx.services.webhooks.deliveries.redeliver(ctx.user_id, webhook_id, event_id)


@router.post("/{webhook_id}/replay", status_code=202, responses=problem_responses("webhook_disabled", "replay_running"))
async def replay(webhook_id: str, request: ReplayRequest, ctx: UserContext) -> Replay:
    """Post past events again, as far as their types match: all since a time, or those of one scan
    from a sequence on.

    The webhook's `replay` shows its progress; after at most 10,000 events it stops with
    `continue_since`.
    """
    return await ctx.services.webhooks.deliveries.replay(ctx.user_id, webhook_id, request)

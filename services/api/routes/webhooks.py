"""`/v1/webhooks`: addresses that a user's events are posted to, and what came of it."""

from fastapi import APIRouter, Request, Response

from services.api.dependencies import Caller, Cursor, Limit, Use
from services.api.http.body_limit import BoundedRoute
from services.api.http.link_header import link_next
from services.api.http.openapi_responses import LINK, LOCATION, may
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


@router.post("", status_code=201, responses={201: {"headers": LOCATION}, **may("webhooks_off")})
async def add_webhook(new: NewWebhook, caller: Caller, use: Use, response: Response) -> WebhookWithSecret:
    """Have events posted to an address, signed with the secret in the answer, which is shown this once."""
    webhook = await use.webhooks.add(caller, new)
    response.headers["Location"] = f"/v1/webhooks/{webhook.webhook_id}"
    return webhook


@router.get("")
async def list_webhooks(caller: Caller, use: Use) -> Webhooks:
    """All webhooks, oldest first."""
    return await use.webhooks.list(caller.user_id)


@router.get("/{webhook_id}")
async def read_webhook(webhook_id: str, caller: Caller, use: Use) -> Webhook:
    """One webhook."""
    return await use.webhooks.find(caller.user_id, webhook_id)


@router.patch("/{webhook_id}")
async def change_webhook(webhook_id: str, change: WebhookChange, caller: Caller, use: Use) -> Webhook:
    """Change where it leads or what is posted; turn it off, or on again."""
    return await use.webhooks.change(caller, webhook_id, change)


@router.delete("/{webhook_id}", status_code=204)
async def remove_webhook(webhook_id: str, caller: Caller, use: Use) -> None:
    """Remove a webhook and the log of its deliveries."""
    await use.webhooks.remove(caller, webhook_id)


@router.post("/{webhook_id}/secret", responses=may("webhooks_off"))
async def rotate_secret(webhook_id: str, caller: Caller, use: Use) -> WebhookWithSecret:
    """A new secret. The one before signs beside it for 24 hours; asked for twice, it is good no more."""
    return await use.webhooks.rotate(caller, webhook_id)


@router.post("/{webhook_id}/test", status_code=202, responses=may("webhook_disabled", "broker_unavailable"))
async def test_webhook(webhook_id: str, caller: Caller, use: Use) -> SentTest:
    """Send it a `webhook.test.v1` event, whatever types it asks for; the log of deliveries tells what came of it."""
    return await use.deliveries.test(caller.user_id, webhook_id)


@router.get("/{webhook_id}/deliveries", responses={200: {"headers": LINK}})
async def list_deliveries(
    webhook_id: str,
    request: Request,
    response: Response,
    caller: Caller,
    use: Use,
    state: State | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """What was or will be posted, newest first, with the last 20 attempts of each; kept for 30 days."""
    page = await use.deliveries.page(caller.user_id, webhook_id, state=state, limit=limit, cursor=cursor)
    link_next(request, response, page.next_cursor)
    return page


@router.post("/{webhook_id}/deliveries/{event_id}/redeliver", status_code=202, responses=may("webhook_disabled"))
async def redeliver(webhook_id: str, event_id: str, caller: Caller, use: Use) -> Delivery:
    """Post an event of the log once more, with all its retries."""
    return await use.deliveries.redeliver(caller.user_id, webhook_id, event_id)


@router.post("/{webhook_id}/replay", status_code=202, responses=may("webhook_disabled", "replay_running"))
async def replay(webhook_id: str, request: ReplayRequest, caller: Caller, use: Use) -> Replay:
    """Post events of the past once more, as far as it asks for their types: all since a time, or those of one scan
    from a sequence on. The webhook's `replay` tells how far it is; 10,000 events at most, then `continue_since`."""
    return await use.deliveries.replay(caller.user_id, webhook_id, request)

"""Routes `/webhooks`: webhooks of the user and their deliveries."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import ValidationError

from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem
from services.api.web.forms import Form, SentForm
from services.api.web.page_request import PageRequest, SignedInRequest, see_other
from services.api.web.paging import Paging
from services.api.webhooks.schemas import NewWebhook, State, Webhook, WebhookChange, WebhookWithSecret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

router = APIRouter(prefix="/webhooks", include_in_schema=False, route_class=BoundedRoute)

Action = Literal["test", "off", "on", "secret", "remove"]

_PAGE_SIZE = 50
_UNPROCESSABLE = 422
EVENTS = {
    "scan.completed.v1": "A scan is done",
    "scan.failed.v1": "A scan failed",
    "scan.cancelled.v1": "A scan was cancelled",
    "invoice.found.v1": "An invoice was found",
    "task.changed.v1": "Every scan update, including progress",
    "scan.started.v1": "A scan started",
}
"""Event types on the form, the most useful first; the API has more."""


@router.get("")
async def list_webhooks(request: SignedInRequest) -> Response:
    """List the webhooks."""
    webhooks = await request.services.webhooks.service.list(request.user_id)
    return await request.render("webhooks.html", {"webhooks": webhooks.items, "events": EVENTS})


@router.get("/new")
async def show_new(request: SignedInRequest) -> Response:
    """Show the form to add a webhook."""
    return await _render_form(
        request, Form(lists={"events": ["scan.completed.v1", "scan.failed.v1", "invoice.found.v1"]})
    )


@router.post("/new")
async def add_webhook(request: SignedInRequest, form: SentForm) -> Response:
    """Add a webhook and show its secret, once."""
    try:
        new = NewWebhook.model_validate(
            {
                "url": form.text("url"),
                "events": form.lists.get("events", []),
                "label": form.text("label") or None,
            }
        )
        created = await request.services.webhooks.service.add(request.user, new)
    except (ValidationError, Problem) as error:
        form.errors.update(_form_errors(error))
        return await _render_form(request, form, status=_UNPROCESSABLE)
    return await _render_webhook(request, created, secret=created.secret)


@router.get("/{webhook_id}")
async def show_webhook(
    webhook_id: str,
    request: SignedInRequest,
    state: State | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Show a webhook with its log."""
    webhook = await request.services.webhooks.service.find(request.user_id, webhook_id)
    return await _render_webhook(request, webhook, state=state, cursor=cursor or None)


@router.post("/{webhook_id}/{action}")
async def act(webhook_id: str, action: Action, request: SignedInRequest) -> Response:
    """Send a test, turn the webhook off or on, rotate its secret, or remove it."""
    services, user = request.services, request.user
    if action == "secret":
        created = await services.webhooks.service.rotate(user, webhook_id)
        return await _render_webhook(request, created, secret=created.secret)
    actions: dict[Action, Callable[[], Awaitable[Any]]] = {
        "test": lambda: services.webhooks.deliveries.test(request.user_id, webhook_id),
        "off": lambda: services.webhooks.service.change(user, webhook_id, WebhookChange(enabled=False)),
        "on": lambda: services.webhooks.service.change(user, webhook_id, WebhookChange(enabled=True)),
        "remove": lambda: services.webhooks.service.remove(user, webhook_id),
    }
    try:
        await actions[action]()
    except Problem as problem:
        if problem.code != "webhook_disabled":
            raise
    return see_other("/webhooks" if action == "remove" else f"/webhooks/{webhook_id}")


@router.post("/{webhook_id}/deliveries/{event_id}")
async def redeliver(webhook_id: str, event_id: str, request: SignedInRequest) -> Response:
    """Deliver an event of the log once more."""
    try:
        await request.services.webhooks.deliveries.redeliver(request.user_id, webhook_id, event_id)
    except Problem as problem:
        if problem.code != "webhook_disabled":
            raise
    return see_other(f"/webhooks/{webhook_id}")


async def _render_form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    return await request.render("webhook_new.html", {"form": form, "events": EVENTS}, status=status)


async def _render_webhook(
    request: PageRequest,
    webhook: Webhook | WebhookWithSecret,
    *,
    secret: str | None = None,
    state: State | None = None,
    cursor: str | None = None,
) -> Response:
    log = await request.services.webhooks.deliveries.page(
        request.user_id, webhook.webhook_id, state=state, limit=_PAGE_SIZE, cursor=cursor
    )
    path = f"/webhooks/{webhook.webhook_id}"
    context = {
        "webhook": webhook,
        "secret": secret,
        "log": log,
        "state": state,
        "events": EVENTS,
        "paging": Paging.of(path, request.http.query_params, log.next_cursor),
    }
    return await request.render("webhook.html", context)


def _form_errors(error: ValidationError | Problem) -> dict[str, str]:
    """Return field -> sentence. Raises errors that the form did not cause."""
    if isinstance(error, ValidationError):
        wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        sentences = {
            "url": "Enter an address, such as https://books.example.com/mailtally.",
            "events": "Choose at least one event.",
            "label": "Enter a name of up to 100 characters.",
        }
        return {name: sentences[name] for name in sentences if name in wrong}
    if error.code not in ("invalid_request", "webhooks_off"):
        raise error
    return {fault.pointer.rpartition("/")[2]: fault.detail for fault in error.errors} or {"": error.detail}

"""`/webhooks`: where a person's events are posted to, and what came of each delivery."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import ValidationError

from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem
from services.api.web.forms import Form, SentForm
from services.api.web.page_request import Visit, Visiting, see_other
from services.api.web.paging import Paging
from services.api.webhooks.schemas import NewWebhook, State, Webhook, WebhookChange, WebhookWithSecret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

router = APIRouter(prefix="/webhooks", include_in_schema=False, route_class=BoundedRoute)

Action = Literal["test", "off", "on", "secret", "remove"]

_ROWS = 50
_UNPROCESSABLE = 422
EVENTS = {
    "scan.completed.v1": "A scan is done",
    "scan.failed.v1": "A scan failed",
    "scan.cancelled.v1": "A scan was cancelled",
    "invoice.found.v1": "An invoice was found",
    "task.changed.v1": "Any change of a scan, progress as well",
    "scan.started.v1": "A scan started",
}
"""What is offered, the most useful first; the API knows more."""
_WRONG = {"url": "The address ", "events": "The events "}


@router.get("")
async def list_webhooks(visit: Visiting) -> Response:
    """All of them."""
    found = await visit.services.webhooks.subscriptions.list(visit.user_id)
    return await visit.page("webhooks.html", {"webhooks": found.items, "events": EVENTS})


@router.get("/new")
async def show_new(visit: Visiting) -> Response:
    """The form to add one."""
    return await _form(visit, Form(lists={"events": ["scan.completed.v1", "scan.failed.v1", "invoice.found.v1"]}))


@router.post("/new")
async def add_webhook(visit: Visiting, form: SentForm) -> Response:
    """Add it, and show its secret this once."""
    try:
        new = NewWebhook.model_validate(
            {
                "url": form.text("url"),
                "events": form.lists.get("events", []),
                "label": form.text("label") or None,
            }
        )
        made = await visit.services.webhooks.subscriptions.add(visit.who, new)
    except (ValidationError, Problem) as error:
        form.errors.update(_faults(error))
        return await _form(visit, form, status=_UNPROCESSABLE)
    return await _show(visit, made, secret=made.secret)


@router.get("/{webhook_id}")
async def show_webhook(
    webhook_id: str,
    visit: Visiting,
    state: State | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """One with its log."""
    found = await visit.services.webhooks.subscriptions.find(visit.user_id, webhook_id)
    return await _show(visit, found, state=state, cursor=cursor or None)


@router.post("/{webhook_id}/{action}")
async def act(webhook_id: str, action: Action, visit: Visiting) -> Response:
    """Send a test, turn it off or on, change its secret, remove it."""
    services, who = visit.services, visit.who
    if action == "secret":
        made = await services.webhooks.subscriptions.rotate(who, webhook_id)
        return await _show(visit, made, secret=made.secret)
    steps: dict[Action, Callable[[], Awaitable[Any]]] = {
        "test": lambda: services.webhooks.deliveries.test(visit.user_id, webhook_id),
        "off": lambda: services.webhooks.subscriptions.change(who, webhook_id, WebhookChange(enabled=False)),
        "on": lambda: services.webhooks.subscriptions.change(who, webhook_id, WebhookChange(enabled=True)),
        "remove": lambda: services.webhooks.subscriptions.remove(who, webhook_id),
    }
    try:
        await steps[action]()
    except Problem as problem:
        if problem.code != "webhook_disabled":
            raise
    return see_other("/webhooks" if action == "remove" else f"/webhooks/{webhook_id}")


@router.post("/{webhook_id}/deliveries/{event_id}")
async def redeliver(webhook_id: str, event_id: str, visit: Visiting) -> Response:
    """Post an event of the log once more."""
    try:
        await visit.services.webhooks.deliveries.redeliver(visit.user_id, webhook_id, event_id)
    except Problem as problem:
        if problem.code != "webhook_disabled":
            raise
    return see_other(f"/webhooks/{webhook_id}")


async def _form(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return await visit.page("webhook_new.html", {"form": form, "events": EVENTS}, status=status)


async def _show(
    visit: Visit,
    webhook: Webhook | WebhookWithSecret,
    *,
    secret: str | None = None,
    state: State | None = None,
    cursor: str | None = None,
) -> Response:
    log = await visit.services.webhooks.deliveries.page(
        visit.user_id, webhook.webhook_id, state=state, limit=_ROWS, cursor=cursor
    )
    path = f"/webhooks/{webhook.webhook_id}"
    context = {
        "webhook": webhook,
        "secret": secret,
        "log": log,
        "state": state,
        "events": EVENTS,
        "paging": Paging.of(path, visit.request.query_params, log.next_cursor),
    }
    return await visit.page("webhook.html", context)


def _faults(error: ValidationError | Problem) -> dict[str, str]:
    """Field -> sentence. Raises what is no fault of the form."""
    if isinstance(error, ValidationError):
        wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        said = {
            "url": "Enter an address, such as https://books.example.com/mailtally.",
            "events": "Choose at least one event.",
            "label": "Enter a name of up to 100 characters.",
        }
        return {name: said[name] for name in said if name in wrong}
    if error.code not in ("invalid_request", "webhooks_off"):
        raise error
    faults = {fault.pointer.rpartition("/")[2]: fault.detail for fault in error.errors}
    return {name: f"{_WRONG.get(name, '')}{said}." for name, said in faults.items()} or {"": error.detail}

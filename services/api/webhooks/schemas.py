"""Request and response bodies of webhooks."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints

from services.api.http.request_types import Body, Label
from shared.events import Timestamp

EventType = Literal[
    "scan.requested.v1",
    "scan.cancel_requested.v1",
    "scan.queued.v1",
    "scan.started.v1",
    "scan.progressed.v1",
    "scan.completed.v1",
    "scan.failed.v1",
    "scan.cancelled.v1",
    "invoice.found.v1",
    "task.changed.v1",
    "webhook.disabled.v1",
]
"""Types to subscribe to: all events about one user, except those that only the services need."""

State = Literal["pending", "delivered", "failed"]
DisabledReason = Literal["failing", "gone", "by_user"]
AttemptError = Literal[
    "status",
    "redirect",
    "timeout",
    "connection",
    "tls",
    "protocol",
    "host_unknown",
    "host_not_allowed",
    "secret_unreadable",
    "webhook_disabled",
]
ReplayState = Literal["waiting", "running", "done"]


def _without_repeats(types: list[EventType]) -> list[EventType]:
    if len(set(types)) < len(types):
        raise ValueError("must name each type once")
    return types


def _moment(value: Any) -> Any:
    """Parse a time: bodies are validated strictly, and JSON has no type for times."""
    try:
        return dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a time with its zone as in RFC 3339, such as 2026-03-01T09:30:00Z") from None


Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
EventTypes = Annotated[
    list[EventType], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_without_repeats)
]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class NewWebhook(Body):
    """Body of `POST /v1/webhooks`."""

    url: Url = Field(description="https, without user or fragment", examples=["https://books.example.com/mailtally"])
    events: EventTypes = Field(description="event types, named by their routing keys")
    label: Label | None = None


class WebhookChange(Body):
    """Body of `PATCH /v1/webhooks/{webhook_id}`: a field that is left out stays unchanged."""

    url: Url | None = None
    events: EventTypes | None = None
    label: Label | None = None
    enabled: bool | None = Field(default=None, description="true also clears `disabled_reason`")


class ReplayRequest(Body):
    """Body of `POST /v1/webhooks/{webhook_id}/replay`: either `since` or `task_id`."""

    since: Moment | None = Field(default=None, description="all events since then; at most 90 days back")
    task_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        default=None, description="the events of one scan"
    )
    from_sequence: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")] | None = Field(
        default=None,
        description="with `task_id`: only events with this `sequence` or a higher one, and the invoices of the scan",
    )


class Replay(BaseModel):
    """A replay of past events, which runs in the background."""

    replay_id: str
    state: ReplayState
    since: Timestamp
    task_id: str | None
    from_sequence: str | None
    events: int = Field(description="number of events found so far")
    continue_since: Timestamp | None = Field(
        description="set if there are more events: request another replay since then"
    )
    requested_at: Timestamp
    finished_at: Timestamp | None


class Webhook(BaseModel):
    """An address to which a user's events are posted.

    Its secret is shown only when it is created.
    """

    webhook_id: str
    url: str
    label: str | None
    events: list[EventType]
    enabled: bool
    disabled_reason: DisabledReason | None
    disabled_at: Timestamp | None
    failing_since: Timestamp | None = Field(description="since when every delivery has failed")
    replay: Replay | None = Field(description="the last replay that was requested")
    created_at: Timestamp
    updated_at: Timestamp


class WebhookWithSecret(Webhook):
    """A webhook with its signing secret: a new webhook, or one with a new secret."""

    secret: str = Field(description="verifies signatures; shown only once")


class Webhooks(BaseModel):
    """All webhooks of a user, oldest first."""

    items: list[Webhook]


class Attempt(BaseModel):
    """One attempt to deliver. Only the status of the response is kept."""

    at: Timestamp
    status: int | None = Field(description="HTTP status of the response; null without a response")
    duration_ms: int
    error: AttemptError | None = Field(description="null: delivered")


class Delivery(BaseModel):
    """One event for one webhook; `event_id` is the event's `id` and the header `webhook-id`."""

    event_id: str
    type: str
    subject: str = Field(description="the event's `subject`: the task, or the webhook itself")
    sequence: str
    state: State
    attempts: list[Attempt] = Field(description="the last 20")
    next_attempt_at: Timestamp | None = Field(description="null if there will be no further attempt")
    created_at: Timestamp


class DeliveryPage(BaseModel):
    """A page of deliveries, newest first; they are kept for 30 days."""

    items: list[Delivery]
    next_cursor: str | None


class SentTest(BaseModel):
    """The event that a test published; the log has its delivery."""

    event_id: str

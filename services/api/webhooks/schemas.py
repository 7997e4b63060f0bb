"""What requests about webhooks and their answers look like."""

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
"""What can be subscribed to: every event that is about one user, but those that the services alone need."""

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


def _each_once(types: list[EventType]) -> list[EventType]:
    if len(set(types)) < len(types):
        raise ValueError("must name each type once")
    return types


def _moment(value: Any) -> Any:
    """Bodies are read strictly, and JSON has no moments."""
    try:
        return dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a time with its zone as in RFC 3339, such as 2026-03-01T09:30:00Z") from None


Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
EventTypes = Annotated[
    list[EventType], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_each_once)
]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class NewWebhook(Body):
    """`POST /v1/webhooks`."""

    url: Url = Field(description="https, without user or fragment", examples=["https://books.example.com/mailtally"])
    events: EventTypes = Field(description="types, as their routing keys are")
    label: Label | None = None


class WebhookChange(Body):
    """`PATCH /v1/webhooks/{webhook_id}`: what is left out stays as it is."""

    url: Url | None = None
    events: EventTypes | None = None
    label: Label | None = None
    enabled: bool | None = Field(default=None, description="true also takes back why it was disabled")


class ReplayWish(Body):
    """`POST /v1/webhooks/{webhook_id}/replay`: either `since` or `task_id`."""

    since: Moment | None = Field(default=None, description="all that has happened from then on; 90 days at most")
    task_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        default=None, description="the events of one scan"
    )
    from_sequence: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")] | None = Field(
        default=None, description="with `task_id`: only events whose `sequence` is this or higher, and its invoices"
    )


class Replay(BaseModel):
    """Events of the past, made deliveries again in the background."""

    replay_id: str
    state: ReplayState
    since: Timestamp
    task_id: str | None
    from_sequence: str | None
    events: int = Field(description="how many were found so far")
    continue_since: Timestamp | None = Field(description="there are more: ask for a replay since then")
    requested_at: Timestamp
    finished_at: Timestamp | None


class Webhook(BaseModel):
    """An address that a user's events are posted to. Its secret is shown when it is made, and never again."""

    webhook_id: str
    url: str
    label: str | None
    events: list[EventType]
    enabled: bool
    disabled_reason: DisabledReason | None
    disabled_at: Timestamp | None
    failing_since: Timestamp | None = Field(description="nothing has come through since then")
    replay: Replay | None = Field(description="the last one that was asked for")
    created_at: Timestamp
    updated_at: Timestamp


class WebhookWithSecret(Webhook):
    """A webhook that is new, or has a new secret."""

    secret: str = Field(description="verifies signatures; shown this once")


class Webhooks(BaseModel):
    """All webhooks of a user, oldest first."""

    items: list[Webhook]


class Attempt(BaseModel):
    """One try to deliver. Nothing of what the receiver said is kept but its status."""

    at: Timestamp
    status: int | None = Field(description="of the answer; null: there was none")
    duration_ms: int
    error: AttemptError | None = Field(description="null: delivered")


class Delivery(BaseModel):
    """One event on its way to one webhook; `event_id` is the event's `id` and the header `webhook-id`."""

    event_id: str
    type: str
    subject: str = Field(description="the event's `subject`: the task, or the webhook itself")
    sequence: str
    state: State
    attempts: list[Attempt] = Field(description="the last 20")
    next_attempt_at: Timestamp | None = Field(description="null: there will be none")
    created_at: Timestamp


class DeliveryPage(BaseModel):
    """Deliveries, newest first; they are kept for 30 days."""

    items: list[Delivery]
    next_cursor: str | None


class SentTest(BaseModel):
    """The event that was published for a test: look for its delivery."""

    event_id: str

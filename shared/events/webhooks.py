"""What happens to webhooks. Neither tells where a webhook leads: an address may hold a secret."""

from typing import ClassVar

from pydantic import Field

from shared.events.envelope import EventData
from shared.timestamps import Timestamp


class WebhookEventData(EventData):
    """Base of the payloads that belong to a webhook."""

    webhook_id: str = Field(min_length=1, max_length=64)
    user_id: str

    @property
    def event_subject(self) -> str:
        """The webhook's id."""
        return self.webhook_id


class WebhookTest(WebhookEventData):
    """A user tries a webhook: it tells nothing and is delivered to that webhook alone, whatever types it asks for. From
    the api, confirmed before it answers 202."""

    routing_key: ClassVar[str] = "webhook.test.v1"

    requested_at: Timestamp


class WebhookDisabled(WebhookEventData):
    """Nothing is delivered to a webhook any more, until its user enables it again. From the api, after that is stored,
    again until it is confirmed. `reason` is `failing` (no delivery came through for a day) or `gone` (the receiver
    answered 410); what a user turns off is not told."""

    routing_key: ClassVar[str] = "webhook.disabled.v1"

    reason: str = Field(json_schema_extra={"x-extensible-enum": ["failing", "gone"]})
    disabled_at: Timestamp

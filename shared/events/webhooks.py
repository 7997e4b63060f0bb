"""Events of webhooks. None holds the URL of a webhook, which may contain a secret."""

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
        """Return the webhook's id."""
        return self.webhook_id


class WebhookTest(WebhookEventData):
    """A user tests a webhook: the event holds no data and is delivered to that webhook alone, whatever types it
    selects. From the api, confirmed before it answers 202."""

    routing_key: ClassVar[str] = "webhook.test.v1"

    requested_at: Timestamp


class WebhookDisabled(WebhookEventData):
    """A webhook was disabled: nothing is delivered to it until its user enables it again. From the api, after that is
    stored, and again until it is confirmed. `reason` is `failing` (no delivery succeeded for a day) or `gone` (the
    receiver answered 410). Nothing is published when a user disables a webhook."""

    routing_key: ClassVar[str] = "webhook.disabled.v1"

    reason: str = Field(json_schema_extra={"x-extensible-enum": ["failing", "gone"]})
    disabled_at: Timestamp

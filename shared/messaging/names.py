"""Names of exchanges and queues: what the topology declares and what the permissions refer to."""

EVENTS_EXCHANGE = "mailtally.events"
COMMANDS_EXCHANGE = "mailtally.commands"
RETRY_EXCHANGE = "mailtally.retry"
DEAD_EXCHANGE = "mailtally.dead"
DEFAULT_EXCHANGE = ""
"""Every queue is bound to it by its name (AMQP 0-9-1)."""

STATUS_SCAN_EVENTS = "status.scan.events"
SCAN_REQUESTED = "scanner.scan.requested"
SCAN_CANCEL_REQUESTED = "scanner.scan.cancel_requested"
SLICES = "scanner.slices"
ACCOUNT_CHECK_REQUESTED = "scanner.account.check_requested"
ACCOUNT_DELETED = "scanner.account.deleted"
SECRET_ROTATED = "api.account.secret_rotated"  # noqa: S105 (a queue)
WEBHOOK_EVENTS = "api.webhooks.events"
EVENTS_LOG = "mailtally.events.log"
"""The stream that keeps every event."""

LIVE_PREFIX = "api.live."
"""Of the queues that each process of the api declares for itself."""
DEAD_SUFFIX = ".dead"

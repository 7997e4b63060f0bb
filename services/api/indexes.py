"""Indexes of the collections that the api writes. The unique ones enforce rules."""

from pymongo import IndexModel

from services.api.invoices.corrected_view import CORRECTIONS
from services.api.webhooks.delivery_repository import COLLECTION as DELIVERIES
from shared.indexes import Indexes

_IS_OPEN = {"open": {"$exists": True}}

INDEXES: Indexes = {
    # Names of users are unique.
    "users": [IndexModel("name", unique=True)],
    # For listing a user's accounts, those whose deletion is to be finished, and the files of an
    # account.
    "email_accounts": [
        IndexModel([("user_id", 1), ("created_at", 1), ("_id", 1)]),
        IndexModel("deleted_at", partialFilterExpression={"deleted_at": {"$exists": True}}),
    ],
    "uploads.files": [IndexModel("metadata.account_id")],
    "uploads.chunks": [IndexModel([("files_id", 1), ("n", 1)], unique=True)],
    "scan_requests": [
        # One open request an account, one request a key.
        IndexModel("open", unique=True, partialFilterExpression=_IS_OPEN),
        IndexModel(
            [("user_id", 1), ("idempotency.key", 1)],
            unique=True,
            partialFilterExpression={"idempotency.key": {"$exists": True}},
        ),
        IndexModel([("user_id", 1), ("open", 1)], partialFilterExpression=_IS_OPEN),
        # For the newest request of each account, by a skip scan.
        IndexModel([("user_id", 1), ("confirmed", 1), ("account_id", 1), ("requested_at", -1)]),
    ],
    # For listing a user's keys; MongoDB removes expired credentials and attempts.
    "credentials": [
        IndexModel([("user_id", 1), ("kind", 1), ("created_at", -1)]),
        IndexModel("expires_at", expireAfterSeconds=0),
    ],
    "login_attempts": [IndexModel("expires_at", expireAfterSeconds=0)],
    # For listing, newest first.
    "audit_log": [IndexModel([("at", -1), ("_id", -1)])],
    CORRECTIONS: [IndexModel("user_id")],
    # A user's webhooks, those whose `webhook.disabled` event is not published yet, and those that
    # wait for a replay.
    "webhooks": [
        IndexModel([("user_id", 1), ("created_at", 1), ("_id", 1)]),
        IndexModel("untold", partialFilterExpression={"untold": True}),
        IndexModel("replay.held_until", partialFilterExpression={"replay.held_until": {"$exists": True}}),
    ],
    # For due deliveries, the log of a webhook, and deletion by account; MongoDB removes old ones.
    DELIVERIES: [
        IndexModel(
            [("next_attempt_at", 1), ("user_id", 1), ("webhook_id", 1), ("subject", 1)],
            partialFilterExpression={"state": "pending"},
        ),
        IndexModel([("webhook_id", 1), ("created_at", -1), ("_id", -1)]),
        IndexModel("account_id"),
        IndexModel("expires_at", expireAfterSeconds=0),
    ],
}

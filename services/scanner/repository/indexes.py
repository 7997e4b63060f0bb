"""Indexes of the results of scans."""

from pymongo import IndexModel

from shared.indexes import Indexes

CHECKS_KEPT_S = 600
"""By then the person who started the check has read its result."""

_SUMMED = [
    (name, 1) for name in ("user_id", "issue_date", "currency", "kind", "total", "needs_check", "near_duplicate_of")
]
"""Counts and totals of a period are computed from this index alone."""

FOUND_INDEXES: Indexes = {
    "message_ledger": [
        IndexModel([("task_id", 1), ("outcome", 1), ("_id", 1)]),
        IndexModel([("account_id", 1), ("uidvalidity", 1), ("folder", 1), ("uid", 1)]),
        IndexModel([("account_id", 1), ("identity", 1)], partialFilterExpression={"identity": {"$exists": True}}),
        IndexModel("expires_at", expireAfterSeconds=0),
    ],
    "mailbox_cursors": [IndexModel("account_id")],
    "mail_connections": [IndexModel("until", expireAfterSeconds=0)],
    "invoices": [
        IndexModel([("user_id", 1), ("issue_date", 1), ("_id", 1)]),
        IndexModel([("user_id", 1), ("account_id", 1)]),
        IndexModel([("user_id", 1), ("found_at", -1), ("_id", -1)]),
        IndexModel(_SUMMED),
        IndexModel([("user_id", 1), ("carriers._places", 1)]),
        IndexModel([("user_id", 1), ("carriers.sha256", 1)]),
        IndexModel("task_id"),
        IndexModel("_alike"),
    ],
    "mailbox_checks": [IndexModel("at", expireAfterSeconds=CHECKS_KEPT_S), IndexModel("account_id")],
    "account_deletions": [IndexModel("look_at")],
    "documents.chunks": [IndexModel([("files_id", 1), ("n", 1)], unique=True)],
}

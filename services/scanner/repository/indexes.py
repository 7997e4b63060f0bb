"""The indexes of what scans find."""

from shared.mongo import Database

CHECKS_KEPT_S = 600
"""Whoever asked for a check has read its result by then."""


async def create_indexes(database: Database) -> None:
    """Create what is missing; harmless to repeat."""
    ledger, invoices = database["message_ledger"], database["invoices"]
    await ledger.create_index([("task_id", 1), ("outcome", 1), ("_id", 1)])
    await ledger.create_index([("account_id", 1), ("uidvalidity", 1), ("folder", 1), ("uid", 1)])
    known = {"identity": {"$exists": True}}
    await ledger.create_index([("account_id", 1), ("identity", 1)], partialFilterExpression=known)
    await ledger.create_index("expires_at", expireAfterSeconds=0)
    await database["mailbox_cursors"].create_index("account_id")
    await database["mail_connections"].create_index("until", expireAfterSeconds=0)
    await invoices.create_index([("user_id", 1), ("issue_date", 1), ("_id", 1)])
    await invoices.create_index([("user_id", 1), ("account_id", 1)])
    await invoices.create_index([("user_id", 1), ("found_at", -1), ("_id", -1)])
    # Totals of a time are added up from this index alone.
    await invoices.create_index([("user_id", 1), ("issue_date", 1), ("currency", 1), ("kind", 1), ("total", 1)])
    await invoices.create_index([("user_id", 1), ("carriers._places", 1)])
    await invoices.create_index([("user_id", 1), ("carriers.sha256", 1)])
    await invoices.create_index("task_id")
    await invoices.create_index("_alike")
    checks = database["mailbox_checks"]
    await checks.create_index("at", expireAfterSeconds=CHECKS_KEPT_S)
    await checks.create_index("account_id")
    await database["account_deletions"].create_index("look_at")
    await database["documents.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)

"""The indexes of what scans find."""

from shared.mongo import Database


async def create_indexes(database: Database) -> None:
    """Create what is missing; harmless to repeat."""
    ledger, invoices = database["message_ledger"], database["invoices"]
    await ledger.create_index([("task_id", 1), ("outcome", 1), ("_id", 1)])
    await ledger.create_index([("account_id", 1), ("uidvalidity", 1), ("folder", 1), ("uid", 1)])
    await invoices.create_index([("user_id", 1), ("issue_date", 1), ("_id", 1)])
    await invoices.create_index([("user_id", 1), ("account_id", 1)])
    await invoices.create_index("task_id")
    await database["documents.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)

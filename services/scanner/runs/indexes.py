"""The indexes of `scan_runs`. The two unique ones are the account lock and the limit of active scans of a user."""

from shared.mongo import Collection


async def create_run_indexes(runs: Collection) -> None:
    """Create what is missing; harmless to repeat."""
    await runs.create_index("account_key", unique=True, partialFilterExpression={"account_key": {"$exists": True}})
    await runs.create_index(
        [("user_id", 1), ("slot", 1)], unique=True, partialFilterExpression={"slot": {"$exists": True}}
    )
    await runs.create_index([("user_id", 1), ("state", 1), ("request.requested_at", 1)])
    await runs.create_index("account_id")
    await runs.create_index("look_at", partialFilterExpression={"look_at": {"$exists": True}})
    await runs.create_index(
        [("turn", 1), ("request.requested_at", 1), ("_id", 1)], partialFilterExpression={"slot": {"$exists": True}}
    )

"""Indexes of `scan_runs`. The two unique ones are the account lock and the limit of active scans of
a user."""

from pymongo import IndexModel

from shared.indexes import Indexes

_HAS_SLOT = {"slot": {"$exists": True}}

RUN_INDEXES: Indexes = {
    "scan_runs": [
        IndexModel("account_key", unique=True, partialFilterExpression={"account_key": {"$exists": True}}),
        IndexModel([("user_id", 1), ("slot", 1)], unique=True, partialFilterExpression=_HAS_SLOT),
        IndexModel([("user_id", 1), ("state", 1), ("request.requested_at", 1)]),
        IndexModel("account_id"),
        IndexModel("look_at", partialFilterExpression={"look_at": {"$exists": True}}),
        IndexModel([("turn", 1), ("request.requested_at", 1), ("_id", 1)], partialFilterExpression=_HAS_SLOT),
    ]
}

"""The command to start a scan, its result, and the conditions under which an account can be
scanned."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from services.api.http.problems import Fault, Problem, not_found
from services.api.scans.request_repository import IdempotencyKey
from services.api.scans.schemas import NewScan
from shared.events import Task
from shared.mongo import Document

_MONTHS_OF_A_SERVER = 1


@dataclass(frozen=True)
class StartScan:
    """A requested scan of one account."""

    user_id: str
    account_id: str
    scan: NewScan
    key: IdempotencyKey | None


@dataclass(frozen=True)
class CommandResult:
    """The task, and whether the command was accepted: otherwise it had no effect on the task."""

    task: Task
    accepted: bool


def require_scannable(user_id: str, accounts: Sequence[Document | None]) -> list[Document]:
    """Return the accounts if each is the user's and has a mailbox; raises `Problem` 404 or 409."""
    own = [account for account in accounts if account is not None and account["user_id"] == user_id]
    if len(own) < len(accounts):
        raise not_found()
    missing = [n for n, account in enumerate(own) if not _has_mailbox(account["source"])]
    if missing:
        faults = [Fault(pointer=f"/account_ids/{n}", detail="no mailbox") for n in missing]
        raise Problem("mailbox_missing", "Upload a mailbox first.", errors=faults if len(own) > 1 else ())
    return own


def fingerprint(account_ids: Sequence[str], scan: NewScan) -> str:
    """Return a hash of a request, whatever the order of its accounts."""
    months = scan.months if "months" in scan.model_fields_set else "default"
    facts = [*sorted(account_ids), scan.scan_type, months, scan.full]
    return hashlib.sha256(orjson.dumps(facts)).hexdigest()


def effective_months(scan: NewScan, kind: str) -> int | None:
    """Return the months to scan.

    A mail server may hold decades of mail, which nobody wants to scan by accident; an upload is
    scanned whole.
    """
    if "months" in scan.model_fields_set:
        return scan.months
    return _MONTHS_OF_A_SERVER if kind == "imap" else None


def _has_mailbox(source: Document) -> bool:
    return source["kind"] != "upload" or bool(source.get("upload"))

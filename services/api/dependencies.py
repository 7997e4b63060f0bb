"""What routes need: who is asking, and the use cases, which `main` put together."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.api.account_checks import AccountChecks
from services.api.account_deletion import AccountDeletion
from services.api.accounts import Accounts
from services.api.auth import Principal, Tokens, authenticate
from services.api.live import Hub
from services.api.mailbox_upload import MailboxUploads
from services.api.metrics import Metrics
from services.api.problems import Fault, Problem
from services.api.read_model.invoices import InvoiceReader
from services.api.read_model.ledger import LedgerReader
from services.api.read_model.tasks import TaskReader
from services.api.scans import Scans
from services.api.users import Users

_KEY = re.compile(r'"?([!#-~]{1,200})"?')
_BEARER = HTTPBearer(auto_error=False, description="A token from `mailtally user token` or the admin routes")


@dataclass(frozen=True)
class Services:
    """The use cases and readers of one process."""

    tokens: Tokens
    users: Users
    accounts: Accounts
    checks: AccountChecks
    deletion: AccountDeletion
    uploads: MailboxUploads
    scans: Scans
    tasks: TaskReader
    ledger: LedgerReader
    invoices: InvoiceReader
    hub: Hub
    metrics: Metrics


def services(request: Request) -> Services:
    """The process's services."""
    found: Services = request.app.state.services
    return found


Use = Annotated[Services, Depends(services)]


def caller(use: Use, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Principal:
    """Who asks; without a valid token the request ends here with 401."""
    return authenticate(use.tokens, credentials.credentials if credentials else None)


Caller = Annotated[Principal, Depends(caller)]


def administrator(principal: Caller) -> Principal:
    """Who asks, and is an administrator; 403 otherwise."""
    if not principal.admin:
        raise Problem("admin_required")
    return principal


def idempotency_key(value: Annotated[str | None, Header(alias="Idempotency-Key")] = None) -> str | None:
    """The key, quoted as the draft has it (a structured-field string) or plain."""
    if value is None:
        return None
    found = _KEY.fullmatch(value)
    if found is None:
        fault = Fault(pointer="/header/Idempotency-Key", detail='1 to 200 printable ASCII characters, as in "a1b2"')
        raise Problem("invalid_request", errors=[fault])
    return found[1]


Key = Annotated[str | None, Depends(idempotency_key)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]

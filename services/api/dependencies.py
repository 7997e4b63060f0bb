"""What routes need: who is asking, and the use cases, which `main` put together.

Everything here is a coroutine: FastAPI runs plain functions in a thread each, which costs more than they do.
"""

import re
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Query, Request
from pydantic import AfterValidator

from services.api.accounts.connection_check import AccountChecks
from services.api.accounts.deletion import AccountDeletion
from services.api.accounts.service import Accounts
from services.api.accounts.upload.service import MailboxUploads
from services.api.admin.dead_letters.service import DeadLetterOffice
from services.api.admin.queue_depths import QueueLengths
from services.api.admin.task_cleanup import Cleanup
from services.api.admin.users import Users
from services.api.audit_log import Audit
from services.api.http.problems import Problem
from services.api.http.rate_limit import LIMIT_KEY, RateLimiter
from services.api.identity.authenticator import Authenticator
from services.api.identity.credentials import Credentials
from services.api.identity.login import Login
from services.api.identity.tokens import Principal
from services.api.invoices.corrections import Corrections
from services.api.invoices.document_reader import DocumentReader
from services.api.invoices.page_images.service import PagePictures
from services.api.invoices.reader import InvoiceReader
from services.api.live.hub import Hub
from services.api.metrics import Metrics
from services.api.scans.cancel import Cancels
from services.api.scans.ledger_reader import LedgerReader
from services.api.scans.start import Scans
from services.api.scans.task_reader import TaskReader
from services.api.webhooks.delivery_service import DeliveryService
from services.api.webhooks.webhook_service import WebhookService

_KEY = re.compile(r'^"?([!#-~]{1,200})"?$')


@dataclass(frozen=True)
class Services:
    """The use cases and readers of one process."""

    authenticator: Authenticator
    credentials: Credentials
    login: Login
    limiter: RateLimiter
    audit: Audit
    dead_letters: DeadLetterOffice
    queues: QueueLengths
    grafana_url: str | None
    users: Users
    accounts: Accounts
    checks: AccountChecks
    deletion: AccountDeletion
    uploads: MailboxUploads
    scans: Scans
    cancels: Cancels
    cleanup: Cleanup
    tasks: TaskReader
    ledger: LedgerReader
    invoices: InvoiceReader
    documents: DocumentReader
    pictures: PagePictures
    corrections: Corrections
    webhooks: WebhookService
    deliveries: DeliveryService
    hub: Hub
    metrics: Metrics


async def services(request: Request) -> Services:
    """The process's services."""
    found: Services = request.app.state.services
    return found


Use = Annotated[Services, Depends(services)]


async def caller(request: Request) -> Principal:
    """Who asks; without a valid token or session the request ends here with 401, beyond the user's limit with 429."""
    use = await services(request)
    return _admitted(request, use, await use.authenticator.who(request))


Caller = Annotated[Principal, Depends(caller)]


class Asked(NamedTuple):
    """`Caller` and `Use` in one."""

    caller: Principal
    use: Services


async def asked(request: Request) -> Asked:
    """For what is asked most: each dependency costs FastAPI as much as reading the body of a request."""
    use = await services(request)
    return Asked(_admitted(request, use, await use.authenticator.who(request)), use)


Asking = Annotated[Asked, Depends(asked)]


async def follower(
    request: Request,
    use: Use,
    ticket: Annotated[str | None, Query(max_length=200, description="from `POST /v1/events/tickets`")] = None,
) -> Principal:
    """As `caller`, or by a one-time ticket."""
    if ticket is None:
        return await caller(request)
    return _admitted(request, use, await use.credentials.owner("ticket", ticket))


Follower = Annotated[Principal, Depends(follower)]


async def administrator(principal: Caller) -> Principal:
    """Who asks, and is an administrator; 403 otherwise."""
    if not principal.admin:
        raise Problem("admin_required")
    return principal


Administrator = Annotated[Principal, Depends(administrator)]


def _idempotency_key(value: str) -> str:
    """The key, quoted as the draft has it (a structured-field string) or plain."""
    found = _KEY.fullmatch(value)
    if found is None:
        raise ValueError('1 to 200 printable ASCII characters, as in "a1b2"')
    return found[1]


Key = Annotated[
    Annotated[str, AfterValidator(_idempotency_key)] | None,
    Header(
        alias="Idempotency-Key",
        json_schema_extra={"pattern": _KEY.pattern},
        description="the same key with the same request gives the same answer, however often it is sent",
    ),
]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]


def _admitted(request: Request, use: Services, principal: Principal) -> Principal:
    request.scope[LIMIT_KEY] = use.limiter.take(principal.user_id)
    return principal

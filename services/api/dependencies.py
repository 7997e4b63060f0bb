"""Dependencies of routes: the request context, and common query parameters and headers.

Each route takes one context, because every dependency costs FastAPI as much as reading the body of
a request. All of them are coroutines: FastAPI runs plain functions in a thread each, which costs
more than they do.
"""

import re
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Query, Request
from pydantic import AfterValidator

from services.api.accounts.services import AccountServices
from services.api.admin.services import AdminServices
from services.api.http.problems import Problem
from services.api.http.rate_limit import ALLOWANCE_KEY
from services.api.identity.services import IdentityServices
from services.api.identity.tokens import Principal
from services.api.invoices.services import InvoiceServices
from services.api.live.services import LiveServices
from services.api.scans.services import ScanServices
from services.api.webhooks.services import WebhookServices

_KEY = re.compile(r'^"?([!#-~]{1,200})"?$')


@dataclass(frozen=True)
class Services:
    """The use cases and readers of one process, by subject."""

    identity: IdentityServices
    scans: ScanServices
    invoices: InvoiceServices
    accounts: AccountServices
    webhooks: WebhookServices
    admin: AdminServices
    live: LiveServices


class Context(NamedTuple):
    """A request's authenticated user, and the services to work with."""

    user: Principal
    services: Services

    @property
    def user_id(self) -> str:
        """Return the id of the user."""
        return self.user.user_id


async def app_services(request: Request) -> Services:
    """Return the services of the process, for routes that need no user."""
    services: Services = request.app.state.services
    return services


async def user_context(request: Request) -> Context:
    """Authenticate by token or session. Raises `Problem`: 401 without a valid one, 429 beyond the
    rate limit."""
    services = await app_services(request)
    return _admit(request, services, await services.identity.authenticator.authenticate(request))


async def admin_context(request: Request) -> Context:
    """Authenticate an administrator. Raises `Problem`: 403 for other users, otherwise as
    `user_context`."""
    context = await user_context(request)
    if not context.user.admin:
        raise Problem("admin_required")
    return context


async def stream_context(
    request: Request,
    ticket: Annotated[str | None, Query(max_length=200, description="from `POST /v1/events/tickets`")] = None,
) -> Context:
    """Authenticate by a one-time ticket if there is one, otherwise as `user_context`."""
    if ticket is None:
        return await user_context(request)
    services = await app_services(request)
    return _admit(request, services, await services.identity.credentials.authenticate("ticket", ticket))


AppServices = Annotated[Services, Depends(app_services)]
UserContext = Annotated[Context, Depends(user_context)]
AdminContext = Annotated[Context, Depends(admin_context)]
StreamContext = Annotated[Context, Depends(stream_context)]


def _idempotency_key(value: str) -> str:
    """Return the key, which may be quoted as the IETF draft has it (a structured-field string) or
    plain."""
    match = _KEY.fullmatch(value)
    if match is None:
        raise ValueError('1 to 200 printable ASCII characters, as in "a1b2"')
    return match[1]


Key = Annotated[
    Annotated[str, AfterValidator(_idempotency_key)] | None,
    Header(
        alias="Idempotency-Key",
        json_schema_extra={"pattern": _KEY.pattern},
        description="the same key with the same request gives the same response, however often it is sent",
    ),
]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the previous page")]


def _admit(request: Request, services: Services, user: Principal) -> Context:
    request.scope[ALLOWANCE_KEY] = services.identity.rate_limiter.consume(user.user_id)
    return Context(user, services)

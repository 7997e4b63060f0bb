"""Routes of `/v1/accounts`: the mailboxes of a user."""

from fastapi import APIRouter, Response

from services.api.accounts.imap_schemas import AccountChange, NewAccount
from services.api.accounts.schemas import Account, AccountCheck, Accounts
from services.api.dependencies import UserContext
from services.api.http.body_limit import BoundedRoute
from services.api.http.openapi_responses import LOCATION, problem_responses

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=BoundedRoute)


@router.post("", status_code=201, responses={201: {"headers": LOCATION}})
async def add_account(new: NewAccount, ctx: UserContext, response: Response) -> Account:
    """Add a mailbox. It is not logged in to yet: that is for a check or a scan."""
    account = await ctx.services.accounts.service.add(ctx.user_id, new)
    response.headers["Location"] = f"/v1/accounts/{account.account_id}"
    return account


@router.get("")
async def list_accounts(ctx: UserContext) -> Accounts:
    """List all mailboxes, oldest first."""
    return await ctx.services.accounts.service.list(ctx.user_id)


@router.get("/{account_id}")
async def read_account(account_id: str, ctx: UserContext) -> Account:
    """Return one mailbox."""
    return await ctx.services.accounts.service.get(ctx.user_id, account_id)


@router.patch("/{account_id}", responses=problem_responses("scan_running"))
async def change_account(account_id: str, change: AccountChange, ctx: UserContext) -> Account:
    """Rename a mailbox, or change how it is reached."""
    return await ctx.services.accounts.service.change(ctx.user_id, account_id, change)


@router.delete(
    "/{account_id}", status_code=204, responses=problem_responses("broker_unavailable", "deletion_under_way")
)
async def remove_account(account_id: str, ctx: UserContext) -> None:
    """Remove a mailbox, its secret and upload, and the invoices found only in it; a scan of it ends
    CANCELLED."""
    await ctx.services.accounts.deletion.delete(ctx.user_id, account_id)


@router.post(
    "/{account_id}/check", responses=problem_responses("broker_unavailable", "check_timed_out", "too_many_checks")
)
async def check_account(account_id: str, ctx: UserContext) -> AccountCheck:
    """Check now whether the mailbox can be scanned: log in to its mail server, and say what failed
    if it did."""
    return await ctx.services.accounts.checks.check(ctx.user_id, account_id)

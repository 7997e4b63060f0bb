"""`/v1/accounts`: mailboxes of a user."""

import sys
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from services.api.dependencies import Caller, Use
from services.api.schemas import Account, AccountChange, Accounts, NewAccount, UploadedMailbox

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

_MAILBOX = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", status_code=201)
async def add_account(new: NewAccount, caller: Caller, use: Use, response: Response) -> Account:
    """Add a mailbox."""
    account = await use.accounts.add(caller.user_id, new)
    response.headers["Location"] = f"/v1/accounts/{account.account_id}"
    return account


@router.get("")
async def list_accounts(caller: Caller, use: Use) -> Accounts:
    """All mailboxes, oldest first."""
    return await use.accounts.list(caller.user_id)


@router.get("/{account_id}")
async def read_account(account_id: str, caller: Caller, use: Use) -> Account:
    """One mailbox."""
    return await use.accounts.get(caller.user_id, account_id)


@router.patch("/{account_id}")
async def change_account(account_id: str, change: AccountChange, caller: Caller, use: Use) -> Account:
    """Rename a mailbox."""
    return await use.accounts.change(caller.user_id, account_id, change)


@router.delete("/{account_id}", status_code=204)
async def remove_account(account_id: str, caller: Caller, use: Use) -> None:
    """Remove a mailbox and its upload."""
    await use.accounts.remove(caller.user_id, account_id)


# The use case has the limit of uploads; the one of JSON bodies does not apply here.
@router.put("/{account_id}/mailbox", status_code=201, openapi_extra=_MAILBOX, max_body_size=sys.maxsize)
async def upload_mailbox(
    account_id: str,
    request: Request,
    caller: Caller,
    use: Use,
    filename: Annotated[str, Query(min_length=1, max_length=255)] = "mailbox",
    content_length: Annotated[int | None, Header(ge=0)] = None,
) -> UploadedMailbox:
    """Upload the mailbox: an mbox, an .eml, or a zip of .eml files or Maildirs, as the raw body."""
    return await use.uploads.replace(
        caller.user_id, account_id, filename=filename, size=content_length, body=request.stream()
    )

"""Route of `/v1/accounts/{account_id}/mailbox`: the one large request body."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request

from services.api.accounts.schemas import UploadedMailbox
from services.api.dependencies import UserContext
from services.api.http.openapi_responses import problem_responses

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.put(
    "/{account_id}/mailbox",
    status_code=201,
    responses=problem_responses("not_an_upload", "scan_running", "upload_too_large", "empty_mailbox", "not_a_mailbox"),
    openapi_extra={"requestBody": {"required": True, "content": _BINARY}},
)
async def upload_mailbox(
    account_id: str,
    request: Request,
    ctx: UserContext,
    filename: Annotated[str, Query(min_length=1, max_length=255)] = "mailbox",
    content_length: Annotated[int | None, Header(ge=0, include_in_schema=False)] = None,
) -> UploadedMailbox:
    """Upload the mailbox as the raw body: an mbox, an .eml, or a zip of .eml files or Maildirs."""
    return await ctx.services.accounts.uploads.replace(
        ctx.user_id, account_id, filename=filename, size=content_length, body=request.stream()
    )

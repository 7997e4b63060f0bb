"""Routes `/mailboxes`: list, connect, change, check, scan and remove mailboxes."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import ValidationError

from services.api.accounts.imap_schemas import AccountChange, NewAccount
from services.api.accounts.schemas import AccountCheck
from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem
from services.api.scans.schemas import NewScan
from services.api.web.forms import Form, SentForm
from services.api.web.mailbox_form import change_body, check_errors, form_errors, form_of, new_account_body
from services.api.web.mailboxes import MailboxCard, mailbox_cards
from services.api.web.page_request import PageRequest, SignedInRequest, see_other
from services.api.web.paging import Paging

router = APIRouter(prefix="/mailboxes", include_in_schema=False, route_class=BoundedRoute)

_UNPROCESSABLE = 422
_PAGE_SIZE = 50
_NOT_CHECKED = AccountCheck(ok=True, code="untried", detail="")


@router.get("")
async def list_mailboxes(
    request: SignedInRequest,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """List the mailboxes; `cursor` is the index of the first one shown."""
    accounts, running = await asyncio.gather(
        request.services.accounts.service.list(request.user_id),
        request.services.scans.tasks.find_active(request.user_id, status=None, account_ids=None),
    )
    search = q.strip().casefold()
    found = [
        card
        for card in mailbox_cards(accounts.items, running)
        if search in f"{card.account.label} {card.address}".casefold()
    ]
    next_cursor = str(cursor + _PAGE_SIZE) if len(found) > cursor + _PAGE_SIZE else None
    context = {
        "cards": found[cursor : cursor + _PAGE_SIZE],
        "number": len(found),
        "q": q,
        "paging": Paging.of("/mailboxes", request.http.query_params, next_cursor),
    }
    return await request.render("mailboxes.html", context)


@router.get("/new")
async def show_new(request: SignedInRequest) -> Response:
    """Show the form to connect a mailbox on a mail server."""
    return await request.render("mailbox_new.html", {"form": Form()})


@router.post("/new")
async def connect(request: SignedInRequest, form: SentForm) -> Response:
    """Add a mailbox and try its login; remove it again and show the error if that fails."""
    try:
        new = NewAccount.model_validate(new_account_body(form))
        account = await request.services.accounts.service.add(request.user_id, new)
    except (ValidationError, Problem) as error:
        form.errors |= form_errors(error)
        return await request.render("mailbox_new.html", {"form": form}, status=_UNPROCESSABLE)
    result = await _check(request, account.account_id)
    if not result.ok:
        await request.services.accounts.deletion.delete(request.user_id, account.account_id)
        form.errors |= check_errors(result, oauth2=form.text("auth") == "xoauth2")
        return await request.render("mailbox_new.html", {"form": form}, status=_UNPROCESSABLE)
    return see_other(f"/#mailbox-{account.account_id}")


@router.get("/upload")
async def show_upload(request: SignedInRequest, account_id: Annotated[str, Query()] = "") -> Response:
    """Show the drop zone for files of a new or an existing mailbox."""
    account = await request.services.accounts.service.get(request.user_id, account_id) if account_id else None
    return await request.render(
        "mailbox_upload.html", {"account": account, "max_bytes": request.services.accounts.uploads.max_bytes}
    )


@router.get("/{account_id}")
async def show_mailbox(account_id: str, request: SignedInRequest) -> Response:
    """Show the form to edit a mailbox."""
    account = await request.services.accounts.service.get(request.user_id, account_id)
    return await _page(request, account_id, form_of(account))


@router.post("/{account_id}")
async def change(account_id: str, request: SignedInRequest, form: SentForm) -> Response:
    """Save the changes, then try the login if they concern it."""
    before = await request.services.accounts.service.get(request.user_id, account_id)
    try:
        search = AccountChange.model_validate(change_body(form, before))
        await request.services.accounts.service.change(request.user_id, account_id, search)
    except (ValidationError, Problem) as error:
        form.errors |= form_errors(error)
        return await _page(request, account_id, form, status=_UNPROCESSABLE)
    result = await _check(request, account_id) if search.source is not None else _NOT_CHECKED
    if not result.ok:
        form.errors |= check_errors(result, oauth2=form.text("auth") == "xoauth2")
        return await _page(request, account_id, form, status=_UNPROCESSABLE)
    return see_other(f"/#mailbox-{account_id}")


@router.get("/{account_id}/card")
async def show_card(account_id: str, request: SignedInRequest) -> Response:
    """Render the mailbox as a card of the overview, which a script puts in its place."""
    account = await request.services.accounts.service.get(request.user_id, account_id)
    active = await request.services.scans.tasks.find_active(request.user_id, status=None, account_ids=[account_id])
    return await request.render_part(
        "parts/mailbox_card.html", {"mailbox": MailboxCard(account, active[0] if active else None)}
    )


@router.post("/{account_id}/check")
async def check(account_id: str, request: SignedInRequest) -> Response:
    """Try the login now and show the result."""
    account = await request.services.accounts.service.get(request.user_id, account_id)
    form = form_of(account)
    result = await _check(request, account_id)
    if not result.ok:
        form.errors |= check_errors(result, oauth2=form.text("auth") == "xoauth2")
    return await _page(request, account_id, form, checked=result)


@router.post("/{account_id}/scan")
async def scan(account_id: str, request: SignedInRequest, form: SentForm) -> Response:
    """Start a scan, or show the one that is running."""
    months = form.text("months")
    new_scan = {"full": form.text("full") == "on", **({"months": int(months) or None} if months.isdigit() else {})}
    answer = await request.services.scans.starter.request(
        request.user_id, account_id, NewScan.model_validate(new_scan), None
    )
    return see_other("/" if answer.accepted else f"/scans/{answer.task.task_id}")


@router.get("/{account_id}/remove")
async def ask_to_remove(account_id: str, request: SignedInRequest) -> Response:
    """Ask for confirmation and say what is deleted."""
    account = await request.services.accounts.service.get(request.user_id, account_id)
    return await request.render("mailbox_remove.html", {"account": account})


@router.post("/{account_id}/remove")
async def remove(account_id: str, request: SignedInRequest) -> Response:
    """Remove the mailbox and the invoices found only in it."""
    await request.services.accounts.deletion.delete(request.user_id, account_id)
    return see_other("/")


async def _check(request: PageRequest, account_id: str) -> AccountCheck:
    try:
        return await request.services.accounts.checks.check(request.user_id, account_id)
    except Problem as problem:
        return AccountCheck(ok=False, code=problem.code, detail=problem.detail)


async def _page(
    request: PageRequest, account_id: str, form: Form, *, checked: AccountCheck | None = None, status: int = 200
) -> Response:
    account = await request.services.accounts.service.get(request.user_id, account_id)
    context = {"card": MailboxCard(account, None), "form": form, "checked": checked}
    return await request.render("mailbox.html", context, status=status)

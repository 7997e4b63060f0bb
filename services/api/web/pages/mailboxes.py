"""`/mailboxes`: connecting, changing, checking, scanning and removing one."""

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
from services.api.web.mailbox_form import change_in, faults_of, filled_in, new_account_in, what_failed
from services.api.web.mailboxes import Card, cards
from services.api.web.page_request import Visit, Visiting, see_other
from services.api.web.paging import Paging

router = APIRouter(prefix="/mailboxes", include_in_schema=False, route_class=BoundedRoute)

_UNPROCESSABLE = 422
_ROWS = 50
_UNTRIED = AccountCheck(ok=True, code="untried", detail="")


@router.get("")
async def list_mailboxes(
    visit: Visiting,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """All mailboxes, for those who have many; `cursor` is the number of the first one shown."""
    accounts, running = await asyncio.gather(
        visit.services.accounts.service.list(visit.user_id),
        visit.services.scans.tasks.find_active(visit.user_id, status=None, account_ids=None),
    )
    wanted = q.strip().casefold()
    found = [
        card for card in cards(accounts.items, running) if wanted in f"{card.account.label} {card.address}".casefold()
    ]
    following = str(cursor + _ROWS) if len(found) > cursor + _ROWS else None
    context = {
        "cards": found[cursor : cursor + _ROWS],
        "number": len(found),
        "q": q,
        "paging": Paging.of("/mailboxes", visit.request.query_params, following),
    }
    return await visit.page("mailboxes.html", context)


@router.get("/new")
async def show_new(visit: Visiting) -> Response:
    """The form to connect a mailbox on a mail server."""
    return await visit.page("mailbox_new.html", {"form": Form()})


@router.post("/new")
async def connect(visit: Visiting, form: SentForm) -> Response:
    """Try the login first: a mailbox that cannot be opened is not kept, and the form says what is wrong."""
    try:
        new = NewAccount.model_validate(new_account_in(form))
        account = await visit.services.accounts.service.add(visit.user_id, new)
    except (ValidationError, Problem) as error:
        form.errors |= faults_of(error)
        return await visit.page("mailbox_new.html", {"form": form}, status=_UNPROCESSABLE)
    result = await _checked(visit, account.account_id)
    if not result.ok:
        await visit.services.accounts.deletion.delete(visit.user_id, account.account_id)
        form.errors |= what_failed(result)
        return await visit.page("mailbox_new.html", {"form": form}, status=_UNPROCESSABLE)
    return see_other(f"/#mailbox-{account.account_id}")


@router.get("/upload")
async def show_upload(visit: Visiting, account_id: Annotated[str, Query()] = "") -> Response:
    """Where files are dropped, for a new mailbox or for one that there is."""
    account = await visit.services.accounts.service.get(visit.user_id, account_id) if account_id else None
    return await visit.page(
        "mailbox_upload.html", {"account": account, "max_bytes": visit.services.accounts.uploads.max_bytes}
    )


@router.get("/{account_id}")
async def show_mailbox(account_id: str, visit: Visiting) -> Response:
    """The form to rename a mailbox, or to change how it is reached."""
    account = await visit.services.accounts.service.get(visit.user_id, account_id)
    return await _page(visit, account_id, filled_in(account))


@router.post("/{account_id}")
async def change(account_id: str, visit: Visiting, form: SentForm) -> Response:
    """Save, then try the login if anything about it was changed."""
    before = await visit.services.accounts.service.get(visit.user_id, account_id)
    try:
        wanted = AccountChange.model_validate(change_in(form, before))
        await visit.services.accounts.service.change(visit.user_id, account_id, wanted)
    except (ValidationError, Problem) as error:
        form.errors |= faults_of(error)
        return await _page(visit, account_id, form, status=_UNPROCESSABLE)
    result = await _checked(visit, account_id) if wanted.source is not None else _UNTRIED
    if not result.ok:
        form.errors |= what_failed(result)
        return await _page(visit, account_id, form, status=_UNPROCESSABLE)
    return see_other(f"/#mailbox-{account_id}")


@router.get("/{account_id}/card")
async def show_card(account_id: str, visit: Visiting) -> Response:
    """The mailbox as a card of the overview, for a script to put in its place."""
    account = await visit.services.accounts.service.get(visit.user_id, account_id)
    active = await visit.services.scans.tasks.find_active(visit.user_id, status=None, account_ids=[account_id])
    return await visit.part("parts/mailbox_card.html", {"it": Card(account, active[0] if active else None)})


@router.post("/{account_id}/check")
async def check(account_id: str, visit: Visiting) -> Response:
    """Log in now, and say what came of it."""
    account = await visit.services.accounts.service.get(visit.user_id, account_id)
    form = filled_in(account)
    result = await _checked(visit, account_id)
    if not result.ok:
        form.errors |= what_failed(result)
    return await _page(visit, account_id, form, checked=result)


@router.post("/{account_id}/scan")
async def scan(account_id: str, visit: Visiting, form: SentForm) -> Response:
    """Start a scan, or show the one that runs already."""
    months = form.text("months")
    asked = {"full": form.text("full") == "on", **({"months": int(months) or None} if months.isdigit() else {})}
    answer = await visit.services.scans.starter.request(visit.user_id, account_id, NewScan.model_validate(asked), None)
    return see_other("/" if answer.accepted else f"/scans/{answer.task.task_id}")


@router.get("/{account_id}/remove")
async def ask_to_remove(account_id: str, visit: Visiting) -> Response:
    """The question, and what goes."""
    account = await visit.services.accounts.service.get(visit.user_id, account_id)
    return await visit.page("mailbox_remove.html", {"account": account})


@router.post("/{account_id}/remove")
async def remove(account_id: str, visit: Visiting) -> Response:
    """Remove the mailbox, and what was found in it alone."""
    await visit.services.accounts.deletion.delete(visit.user_id, account_id)
    return see_other("/")


async def _checked(visit: Visit, account_id: str) -> AccountCheck:
    try:
        return await visit.services.accounts.checks.check(visit.user_id, account_id)
    except Problem as problem:
        return AccountCheck(ok=False, code=problem.code, detail=problem.detail)


async def _page(
    visit: Visit, account_id: str, form: Form, *, checked: AccountCheck | None = None, status: int = 200
) -> Response:
    account = await visit.services.accounts.service.get(visit.user_id, account_id)
    context = {"card": Card(account, None), "form": form, "checked": checked}
    return await visit.page("mailbox.html", context, status=status)

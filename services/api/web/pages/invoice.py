"""`/invoices/{invoice_id}`: one invoice beside its document, with where each field was read, and correcting it."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem, not_found
from services.api.invoices.correction_schemas import Correction
from services.api.invoices.document_reader import StoredFile
from services.api.web.correction_input import correction_of
from services.api.web.evidence import box_around, check_words, fields_of
from services.api.web.forms import Form, SentForm
from services.api.web.highlight_terms import spellings_of
from services.api.web.page_request import Visit, Visiting, see_other
from shared.invoice_fields import LONG_LABELS
from shared.invoices import Invoice

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

FieldName = Literal[
    "vendor", "vendor_tax_id", "invoice_number", "issue_date", "due_date", "net", "tax", "total", "currency", "iban",
    "kind",
]  # fmt: skip
_PDF = "application/pdf"
_FRAMED = ("text/html", "text/plain", "text/xml", "application/xml", "application/json")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class Shown:
    """How the original can be shown."""

    filename: str
    kind: Literal["pdf", "frame", "picture", "none"]
    bytes: int

    @classmethod
    def of(cls, file: StoredFile) -> "Shown":
        """By what it is, not by its name."""
        kind = file.content_type.partition(";")[0].strip().lower()
        known = {_PDF: "pdf", **dict.fromkeys(_FRAMED, "frame"), **dict.fromkeys(_PICTURES, "picture")}
        return cls(file.filename, known.get(kind, "none"), file.length)  # type: ignore[arg-type]


@router.get("/invoices/{invoice_id}")
async def show_invoice(
    invoice_id: str, visit: Visiting, correct: FieldName | None = None, original: bool = False
) -> Response:
    """The page; `correct` opens the field of that name."""
    return await _page(visit, *await _invoice(visit, invoice_id), correct=correct, original=original)


@router.get("/invoices/{invoice_id}/paper")
async def show_paper(invoice_id: str, visit: Visiting, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """A page of the PDF with the evidence marked on it, for a script to put in its place."""
    invoice, _ = await _invoice(visit, invoice_id)
    file = await visit.services.invoices.documents.original(invoice)
    if file is None:
        raise not_found()
    try:
        picture = await visit.services.invoices.page_images.page(file, page, spellings_of(invoice))
    except Problem as problem:
        if problem.code != "not_viewable":
            raise
        return await visit.part("parts/paper_none.html", {"invoice": invoice, "sentence": problem.detail})
    marked = [
        (field, field.box if field.box and field.box.page == page else box_around(page, picture.places[field.name]))
        for field in fields_of(invoice)
        if (field.box and field.box.page == page) or field.name in picture.places
    ]
    context = {"invoice": invoice, "file": Shown.of(file), "page": page, "picture": picture, "marked": marked}
    return await visit.part("parts/paper.html", context)


@router.post("/invoices/{invoice_id}/fields/{name}")
async def correct_field(invoice_id: str, name: FieldName, visit: Visiting, form: SentForm) -> Response:
    """Set one field, or with `found` go back to what the scan read."""
    invoice, etag = await _invoice(visit, invoice_id)
    try:
        correction = Correction.model_validate({name: None}) if form.text("found") else _typed(name, form)
        await visit.services.invoices.corrections.correct(
            visit.who, invoice_id, correction.stored(), if_match=form.text("etag") or None
        )
    except ValueError as error:
        form.errors["value"] = str(error)
        return await _page(visit, invoice, etag, correct=name, form=form, status=422)
    except Problem as problem:
        if problem.code != "changed_meanwhile":
            raise
        newer, etag = await _invoice(visit, invoice_id)
        return await _page(visit, newer, etag, correct=name, form=form, conflict=True, status=409)
    return see_other(f"/invoices/{invoice_id}#field-{name}")


def _typed(name: FieldName, form: Form) -> Correction:
    return correction_of(name, form.text("value"))


async def _invoice(visit: Visit, invoice_id: str) -> tuple[Invoice, str]:
    found = await visit.services.invoices.reader.find(visit.user_id, invoice_id)
    if found is None:
        raise not_found()
    return found


async def _page(
    visit: Visit,
    invoice: Invoice,
    etag: str,
    *,
    correct: FieldName | None = None,
    original: bool = False,
    form: Form | None = None,
    conflict: bool = False,
    status: int = 200,
) -> Response:
    services = visit.services
    file, (newer, older), labels, twin = await asyncio.gather(
        services.invoices.documents.original(invoice),
        services.invoices.reader.neighbours(invoice),
        services.accounts.service.labels([invoice.account_id]),
        services.invoices.reader.find(visit.user_id, invoice.near_duplicate_of or ""),
    )
    fields = fields_of(invoice)
    context = {
        "invoice": invoice,
        "etag": etag,
        "fields": fields,
        "names": LONG_LABELS,
        "checks": [(check, check_words(check)) for check in invoice.checks],
        "file": Shown.of(file) if file else None,
        "first_page": next((field.box.page for field in fields if field.name == "total" and field.box), 1),
        "newer": newer,
        "older": older,
        "mailbox": labels.get(invoice.account_id),
        "twin": twin[0] if twin else None,
        "correct": correct,
        "original": original,
        "form": form or Form(),
        "conflict": conflict,
    }
    return await visit.page("invoice.html", context, status=status)


assert set(get_args(FieldName)) == set(LONG_LABELS)  # noqa: S101 (a field that is shown can be corrected)

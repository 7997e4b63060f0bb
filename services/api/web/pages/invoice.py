"""Route `/invoices/{invoice_id}`: an invoice beside its document, and corrections of its fields."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.http.body_limit import BoundedRoute
from services.api.http.problems import Problem, not_found
from services.api.invoices.correction_schemas import Correction
from services.api.invoices.document_reader import StoredFile
from services.api.web.correction_input import parse_correction
from services.api.web.evidence import FIELD_NAMES, box_around, check_sentence, invoice_fields
from services.api.web.forms import Form, SentForm
from services.api.web.highlight_terms import highlight_terms
from services.api.web.page_request import PageRequest, SignedInRequest, see_other
from shared.invoices import Invoice

router = APIRouter(include_in_schema=False, route_class=BoundedRoute)

FieldName = Literal[
    "vendor", "vendor_tax_id", "invoice_number", "issue_date", "due_date", "net", "tax", "total", "currency", "iban",
    "kind",
]  # fmt: skip
_PDF = "application/pdf"
_FRAMED = ("text/html", "text/plain", "text/xml", "application/xml", "application/json")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class DocumentView:
    """How a page can show the original."""

    filename: str
    kind: Literal["pdf", "frame", "picture", "none"]
    bytes: int

    @classmethod
    def of(cls, file: StoredFile) -> "DocumentView":
        """Decide by the content type, not by the file name."""
        kind = file.content_type.partition(";")[0].strip().lower()
        known = {_PDF: "pdf", **dict.fromkeys(_FRAMED, "frame"), **dict.fromkeys(_IMAGES, "picture")}
        return cls(file.filename, known.get(kind, "none"), file.length)  # type: ignore[arg-type]


@router.get("/invoices/{invoice_id}")
async def show_invoice(
    invoice_id: str, request: SignedInRequest, correct: FieldName | None = None, original: bool = False
) -> Response:
    """Show the invoice; `correct` opens the editor of that field."""
    return await _page(request, *await _invoice(request, invoice_id), correct=correct, original=original)


@router.get("/invoices/{invoice_id}/paper")
async def show_paper(
    invoice_id: str, request: SignedInRequest, page: Annotated[int, Query(ge=1, le=100_000)] = 1
) -> Response:
    """Render a page of the PDF with its highlights, which a script puts in its place."""
    invoice, _ = await _invoice(request, invoice_id)
    file = await request.services.invoices.documents.original(invoice)
    if file is None:
        raise not_found()
    try:
        image = await request.services.invoices.page_images.page(file, page, highlight_terms(invoice))
    except Problem as problem:
        if problem.code != "not_viewable":
            raise
        return await request.render_part("parts/paper_none.html", {"invoice": invoice, "sentence": problem.detail})
    marked = [
        (field, field.box if field.box and field.box.page == page else box_around(page, image.places[field.name]))
        for field in invoice_fields(invoice)
        if (field.box and field.box.page == page) or field.name in image.places
    ]
    context = {"invoice": invoice, "file": DocumentView.of(file), "page": page, "image": image, "marked": marked}
    return await request.render_part("parts/paper.html", context)


@router.post("/invoices/{invoice_id}/fields/{name}")
async def correct_field(invoice_id: str, name: FieldName, request: SignedInRequest, form: SentForm) -> Response:
    """Correct one field, or with `found` return to the value that the scan read."""
    invoice, etag = await _invoice(request, invoice_id)
    try:
        correction = Correction.model_validate({name: None}) if form.text("found") else _correction(name, form)
        await request.services.invoices.corrections.correct(
            request.user, invoice_id, correction.stored(), if_match=form.text("etag") or None
        )
    except ValueError as error:
        form.errors["value"] = str(error)
        return await _page(request, invoice, etag, correct=name, form=form, status=422)
    except Problem as problem:
        if problem.code != "changed_meanwhile":
            raise
        newer, etag = await _invoice(request, invoice_id)
        return await _page(request, newer, etag, correct=name, form=form, conflict=True, status=409)
    return see_other(f"/invoices/{invoice_id}#field-{name}")


def _correction(name: FieldName, form: Form) -> Correction:
    return parse_correction(name, form.text("value"))


async def _invoice(request: PageRequest, invoice_id: str) -> tuple[Invoice, str]:
    found = await request.services.invoices.reader.find(request.user_id, invoice_id)
    if found is None:
        raise not_found()
    return found


async def _page(
    request: PageRequest,
    invoice: Invoice,
    etag: str,
    *,
    correct: FieldName | None = None,
    original: bool = False,
    form: Form | None = None,
    conflict: bool = False,
    status: int = 200,
) -> Response:
    services = request.services
    file, (newer, older), labels, near_duplicate = await asyncio.gather(
        services.invoices.documents.original(invoice),
        services.invoices.reader.neighbours(invoice),
        services.accounts.service.labels([invoice.account_id]),
        services.invoices.reader.find(request.user_id, invoice.near_duplicate_of or ""),
    )
    fields = invoice_fields(invoice)
    context = {
        "invoice": invoice,
        "etag": etag,
        "fields": fields,
        "names": FIELD_NAMES,
        "checks": [(check, check_sentence(check)) for check in invoice.checks],
        "file": DocumentView.of(file) if file else None,
        "first_page": next((field.box.page for field in fields if field.name == "total" and field.box), 1),
        "newer": newer,
        "older": older,
        "mailbox": labels.get(invoice.account_id),
        "near_duplicate": near_duplicate[0] if near_duplicate else None,
        "correct": correct,
        "original": original,
        "form": form or Form(),
        "conflict": conflict,
    }
    return await request.render("invoice.html", context, status=status)


assert set(get_args(FieldName)) == set(FIELD_NAMES)  # noqa: S101 (a field that is shown can be corrected)

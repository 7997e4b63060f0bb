"""Events about invoices."""

from typing import ClassVar

from pydantic import Field

from shared.events.envelope import TaskEventData
from shared.invoice_fields import InvoiceFields
from shared.invoices import Invoice, InvoiceCarrier, InvoiceCheck, InvoiceEvidence
from shared.timestamps import Timestamp


class InvoiceFound(InvoiceFields, TaskEventData):
    """An invoice was stored. From the scanner, after the upsert and before the slice is done; its id is derived from
    the invoice, so a repeated slice publishes it under the same id. It quotes nothing of the mail: no subject, sender
    or text of the evidence, and of a carrier no message id, folder or file name. The api shows them to the owner."""

    routing_key: ClassVar[str] = "invoice.found.v1"

    id: str
    user_id: str
    account_id: str
    confidence: float
    checks: tuple[InvoiceCheck, ...] = ()
    evidence: dict[str, InvoiceEvidence] = Field(default_factory=dict)
    carriers: tuple[InvoiceCarrier, ...] = ()
    needs_check: bool = False
    near_duplicate_of: str | None = None
    found_at: Timestamp

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceFound":
        """Make the data for a stored invoice, without anything that quotes the mail."""
        data = invoice.model_dump(exclude={"message", "corrections", "evidence", "carriers"})
        evidence = {name: found.model_copy(update={"text": ""}) for name, found in invoice.evidence.items()}
        unquoted = {"message_id": None, "folder": "", "filename": None}
        carriers = tuple(carrier.model_copy(update=unquoted) for carrier in invoice.carriers)
        return cls(**data, evidence=evidence, carriers=carriers)

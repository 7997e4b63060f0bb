"""Events about invoices."""

from typing import ClassVar

from pydantic import Field

from shared.events.envelope import TaskEventData
from shared.invoice_fields import InvoiceFields
from shared.invoices import Invoice, InvoiceCarrier, InvoiceCheck, InvoiceEvidence
from shared.timestamps import Timestamp


class InvoiceFound(InvoiceFields, TaskEventData):
    """An invoice is stored. From the scanner, after the upsert and before the slice is done; its id comes from the
    invoice, so a redone slice announces it under the same id. It quotes nothing of the mail: no subject, no sender,
    no text of the evidence; of a carrier no message id, folder or file name. The api has them for its owner."""

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
        """The event data for a stored invoice, with everything that quotes the mail left out."""
        data = invoice.model_dump(exclude={"message", "corrections", "evidence", "carriers"})
        evidence = {name: found.model_copy(update={"text": ""}) for name, found in invoice.evidence.items()}
        unquoted = {"message_id": None, "folder": "", "filename": None}
        carriers = tuple(carrier.model_copy(update=unquoted) for carrier in invoice.carriers)
        return cls(**data, evidence=evidence, carriers=carriers)

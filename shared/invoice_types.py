"""The names of an invoice's format and kind, on the wire and in the database.

They are apart from `shared.invoices` so that a parser process loads no more than it needs.
"""

from typing import Literal

InvoiceFormat = Literal["ubl", "cii", "factur-x", "json-ld", "pdf", "html", "text", "image"]
"""`services/scanner/extract/formats.py` has an entry for each one."""
InvoiceKind = Literal["invoice", "receipt", "credit_note"]

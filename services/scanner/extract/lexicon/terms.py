"""What a word on an invoice can stand for. A label's meaning follows from the terms in it, whatever its language."""

from collections.abc import Mapping
from enum import StrEnum


class Term(StrEnum):
    """One notion of billing."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    CREDIT = "credit"
    ORDER = "order"
    DOCUMENT = "document"
    """Any document, as in "document no."."""
    OTHER_DOCUMENT = "other document"
    """What looks like an invoice and is none: a statement, an offer, a reminder, a delivery note."""
    NUMBER = "number"
    """What stands for "number"."""
    REFERENCE = "reference"
    DATE = "date"
    ISSUED = "issued"
    DUE = "due"
    OTHER_DATE = "other date"
    """What makes a date another one than the invoice's: delivery, period, order of the customer."""
    TOTAL = "total"
    GRAND = "grand"
    """What makes a total the last one."""
    SUBTOTAL = "subtotal"
    NET = "net"
    GROSS = "gross"
    TAX = "tax"
    AMOUNT = "amount"
    PAYABLE = "payable"
    PAID = "paid"
    ADJUSTMENT = "adjustment"
    """Amounts beside the sums: postage, discount, deposit, rounding."""
    UNIT = "unit"
    """Headings of a table of items: price, quantity, rate."""
    SELLER = "seller"
    BUYER = "buyer"
    CUSTOMER = "customer"
    TAX_ID = "tax id"
    OTHER_ID = "other id"
    """Numbers that are not the invoice's: account, register, telephone, customer, item."""
    NAME = "name"
    CONTACT = "contact"
    FILLER = "filler"
    """Words that change no meaning."""


Words = Mapping[Term, str]
"""Phrases by term, parted by a comma; small letters, with accents."""

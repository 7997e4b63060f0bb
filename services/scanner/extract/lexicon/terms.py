"""Terms that a word on an invoice can stand for; a label's meaning follows from them."""

from collections.abc import Mapping
from enum import StrEnum


class Term(StrEnum):
    """One concept of billing."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    CREDIT = "credit"
    ORDER = "order"
    DOCUMENT = "document"
    """Any document, as in "document no."."""
    OTHER_DOCUMENT = "other document"
    """A document that is no invoice but looks like one: a statement, an offer, a reminder, a
    delivery note."""
    NUMBER = "number"
    """The word "number", its abbreviations and signs."""
    REFERENCE = "reference"
    DATE = "date"
    ISSUED = "issued"
    DUE = "due"
    OTHER_DATE = "other date"
    """Words that make a date another one than the invoice's: delivery, period, customer's order."""
    TOTAL = "total"
    GRAND = "grand"
    """Words that make a total the last one."""
    SUBTOTAL = "subtotal"
    NET = "net"
    GROSS = "gross"
    TAX = "tax"
    AMOUNT = "amount"
    PAYABLE = "payable"
    PAID = "paid"
    ADJUSTMENT = "adjustment"
    """Amounts besides net and tax: postage, discount, deposit, rounding."""
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
"""Phrases by term, separated by commas; lower case, with accents."""

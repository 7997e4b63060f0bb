"""Phrases of a language for an invoice: several for each thing, of which a document uses one."""

from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """One language's phrases."""

    invoice: Words
    receipt: Words
    credit: Words
    number: Words
    receipt_number: Words
    order_number: Words
    issued: Words
    due: Words
    delivered: Words
    buyer: Words
    seller: Words
    customer_number: Words
    item: Words
    quantity: Words
    price: Words
    amount: Words
    subtotal: Words
    net: Words
    tax: Words
    """Before the rate, as in "VAT 20 %"."""
    total: Words
    payable: Words
    paid: Words
    shipping: Words
    discount: Words
    tax_id: Words
    phone: Words
    page: Words
    thanks: Words
    goods: Words
    months: Words
    statement: Words
    offer: Words
    reminder: Words
    delivery_note: Words
    payslip: Words

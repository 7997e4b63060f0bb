"""Words of a language for a sample mailbox: on documents, around them, and in other mail."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Labels:
    """Words printed on documents."""

    invoice: str
    receipt: str
    credit_note: str
    number: str
    receipt_number: str
    date: str
    due: str
    bill_to: str
    item: str
    quantity: str
    price: str
    amount: str
    net: str
    tax: str
    total: str
    to_pay: str
    tax_id: str
    page: str
    paid: str
    please_pay: str
    thanks: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Mail text.

    Pairs are (subject, body); {number}, {vendor}, {amount}, {name}, {place} and {day} are filled
    in.
    """

    billing: tuple[tuple[str, str], ...]
    paid: tuple[tuple[str, str], ...]
    forward: tuple[str, ...]
    forward_head: str
    again: str
    hello: tuple[str, ...]
    subjects: tuple[str, ...]
    small_talk: tuple[str, ...]
    bye: tuple[str, ...]
    offers: tuple[str, ...]
    newsletter: tuple[tuple[str, str], ...]
    list_topics: tuple[str, ...]
    list_talk: tuple[str, ...]
    spam: tuple[tuple[str, str], ...]
    updates: tuple[tuple[str, str], ...]
    reminders: tuple[tuple[str, str], ...]
    notices: tuple[tuple[str, str], ...]
    statement: tuple[str, str]
    meetings: tuple[str, ...]
    price_list: tuple[str, str]
    letter: tuple[str, ...]
    resume: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """One language; `goods` maps a trade to (description, lowest price, highest price in whole
    units, reduced tax)."""

    code: str
    months: tuple[str, ...]
    labels: Labels
    goods: Mapping[str, tuple[tuple[str, int, int, bool], ...]]
    people: tuple[str, ...]
    places: tuple[str, ...]
    prose: Prose

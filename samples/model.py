"""Model of the samples: vendors, invoices with exact amounts, and the truth about a message."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

Kind = Literal["invoice", "receipt", "credit_note"]
Carrier = Literal["ubl", "cii", "factur-x", "pdf", "html", "json-ld", "text"]

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Party:
    """A person or firm with a postal address; `country` is an ISO 3166 code."""

    name: str
    street: str
    postcode: str
    city: str
    country: str

    @property
    def lines(self) -> tuple[str, str, str]:
        """Return the address as it stands on a letter."""
        return self.name, self.street, f"{self.postcode} {self.city}"


@dataclass(frozen=True, slots=True)
class Vendor(Party):
    """A seller: `trade` picks what it sells, `currency` what it charges in (ISO 4217)."""

    trade: str
    slug: str
    currency: str
    tax_id: str | None
    iban: str | None
    colour: str

    @property
    def domain(self) -> str:
        """Return a reserved mail domain (RFC 2606): no message can reach anybody."""
        return f"{self.slug}.example.com"


@dataclass(frozen=True, slots=True)
class Line:
    """One position; `price` is for one unit without tax, `rate` the tax in percent."""

    description: str
    quantity: int
    price: Decimal
    rate: Decimal

    @property
    def amount(self) -> Decimal:
        """Return the net amount of the line."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class TaxShare:
    """The part of an invoice that is taxed at one rate."""

    rate: Decimal
    basis: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice, receipt or credit note; amounts follow from the lines (a credit note's are
    positive too)."""

    kind: Kind
    vendor: Vendor
    buyer: Party
    number: str
    issue_date: date
    due_date: date | None
    lines: tuple[Line, ...]

    @property
    def shares(self) -> tuple[TaxShare, ...]:
        """Return the tax by rate, highest rate first, each rounded half up to the cent."""
        shares = []
        for rate in sorted({line.rate for line in self.lines}, reverse=True):
            basis = sum((line.amount for line in self.lines if line.rate == rate), Decimal("0.00"))
            shares.append(TaxShare(rate, basis, (basis * rate / 100).quantize(CENT, ROUND_HALF_UP)))
        return tuple(shares)

    @property
    def net(self) -> Decimal:
        """Return the sum without tax (BT-109)."""
        return sum((share.basis for share in self.shares), Decimal("0.00"))

    @property
    def tax(self) -> Decimal:
        """Return the sum of the taxes (BT-110)."""
        return sum((share.tax for share in self.shares), Decimal("0.00"))

    @property
    def total(self) -> Decimal:
        """Return the sum with tax (BT-112)."""
        return self.net + self.tax

    @property
    def iban(self) -> str | None:
        """Return the account to pay to: only an invoice has it, a receipt is paid already."""
        return self.vendor.iban if self.kind == "invoice" else None

    def expected(self) -> dict[str, str]:
        """Return what a reader should find; fields that the document does not show are left out."""
        fields = {
            "vendor": self.vendor.name,
            "vendor_tax_id": self.vendor.tax_id,
            "invoice_number": self.number,
            "issue_date": self.issue_date.isoformat(),
            "due_date": self.due_date.isoformat() if self.due_date else None,
            "currency": self.vendor.currency,
            "net": str(self.net),
            "tax": str(self.tax),
            "total": str(self.total),
            "iban": self.iban,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth about one message; `kind` is the most trustworthy carrier of its invoice."""

    message_id: str
    label: Literal["invoice", "none"] = "none"
    kind: Carrier | None = None
    expected: dict[str, str] | None = None
    duplicate_of: str | None = None

    def row(self) -> dict[str, Any]:
        """Return the truth as a line of truth.jsonl, without the mailbox."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a mailbox as it came over the wire (LF line ends)."""

    raw: bytes
    received: datetime
    sender: str
    truth: Truth

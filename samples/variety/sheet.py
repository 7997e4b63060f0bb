"""PDF that is being drawn, and the values that can be read off it so far."""

import unicodedata
from collections.abc import Sequence
from random import Random

from samples.pdf.paper import Align, Face, Paper
from samples.variety.case import Case

LEFT, RIGHT, BOTTOM = 56.0, 540.0, 770.0
Facts = list[tuple[str, str]]
_ASCII_ONLY = frozenset({"PLN", "CZK"})
"""Currencies of countries whose letters the fonts at hand do not have; many an old program leaves
the accents out."""


class Plain(Paper):
    """Paper on which no letter has an accent."""

    def text(  # noqa: D102 - as in Paper
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 10,
        bold: bool = False,
        align: Align = "left",
        ink: str = "#222222",
    ) -> None:
        decomposed = unicodedata.normalize("NFKD", text.translate({ord("ł"): "l", ord("Ł"): "L"}))
        plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
        super().text(x, y, plain, size=size, bold=bold, align=align, ink=ink)


class Sheet:
    """A document that is being drawn, with the fields that it shows so far."""

    def __init__(self, case: Case, random: Random) -> None:
        faces: tuple[Face, ...] = ("sans", "sans", "serif", "embedded", "mono")
        self.case, self.random = case, random
        kind = Plain if case.country.currency in _ASCII_ONLY else Paper
        self.paper = kind(case.number, face=random.choice(faces))
        self.colon = random.choice((":", ":", "", " :"))
        self.size = random.choice((8.0, 9.0, 10.0, 11.0))
        self.y = 0.0
        self.shown = dict(case.truth())
        self.ink = random.choice(("#222222", "#1F4E79", "#7A3B2E", "#14532D"))

    def lines(
        self, x: float, y: float, texts: Sequence[str], *, right: bool = False, size: float | None = None
    ) -> float:
        """Write texts under each other. Returns the next free baseline."""
        size = size or self.size
        for text in texts:
            if text:
                self.paper.text(x, y, text, size=size, align="right" if right else "left")
            y += size + 4
        return y

    @property
    def title(self) -> str:
        """Write the document's title."""
        said = self.case.said
        return {"invoice": said["invoice"], "receipt": said["receipt"], "credit_note": said["credit"]}[self.case.kind]

    def facts(self) -> Facts:
        """Return number, dates and whatever else stands with them."""
        case, said = self.case, self.case.said
        label = said["receipt_number"] if case.kind == "receipt" else said["number"]
        entries = [(label, case.number), (said["issued"], case.date(case.issued))]
        if case.due is not None:
            entries.append((said["due"], case.date(case.due)))
            self.shown["due_date"] = case.due.isoformat()
        if self.random.random() < 0.3:
            entries.append((said["customer_number"], str(self.random.randrange(10_000, 99_999))))
        if self.random.random() < 0.2:
            entries.append((said["order_number"], f"PO{self.random.randrange(1000, 9999)}"))
        if self.random.random() < 0.2:
            entries.append((said["delivered"], case.date(case.issued)))
        head, rest = entries[:1], entries[1:]
        if self.random.random() < 0.3:
            self.random.shuffle(rest)
            return self.random.choice(([*head, *rest], [*rest, *head]))
        return entries

    def contact(self) -> list[str]:
        """Return how the seller is reached."""
        seller = self.case.seller
        phone = f"{self.case.said['phone']} +{self.random.randrange(30, 49)} {self.random.randrange(10**6, 10**7)}"
        return self.random.sample(
            (phone, f"info@{seller.domain}", f"www.{seller.domain}"), k=self.random.randrange(0, 4)
        )

    def ids(self) -> list[str]:
        """Return tax number and account, as far as this document shows them."""
        seller, entries = self.case.seller, []
        if seller.tax_id and self.random.random() < 0.8:
            entries.append(f"{self.case.said['tax_id']}{self.colon} {seller.tax_id}".replace("::", ":"))
            self.shown["vendor_tax_id"] = seller.tax_id
        if seller.iban and self.case.kind == "invoice" and self.random.random() < 0.7:
            grouped = " ".join(seller.iban[at : at + 4] for at in range(0, len(seller.iban), 4))
            entries.append(f"IBAN{self.colon} {self.random.choice((grouped, seller.iban))}")
            self.shown["iban"] = seller.iban
        return entries


def turn_page(sheet: Sheet) -> None:
    """Go on with a new page."""
    sheet.paper.text(RIGHT, 825, sheet.case.said["page"].format(n=1, m=2), size=7, align="right")
    sheet.paper.next_page()
    sheet.y = 70

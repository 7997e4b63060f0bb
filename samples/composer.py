"""Composer of a mailbox: the invoices, copies, everyday mail and damage that it holds."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from itertools import cycle, islice
from random import Random

from samples import broken, copies, drafts
from samples.billing import DAYS, FIRST_DAY, InvoiceWriter
from samples.mail import Draft, MailDelivery, attach, to_bytes
from samples.model import Carrier, Invoice, Kind, Message, Party, Vendor
from samples.negatives import EverydayMail, Sent
from samples.pdf.layouts import LAYOUTS, banded, classic, ledger, long_form, minimal, right_hand
from samples.pdf.till import till_slip

LONG_POSITIONS = 34
NESTING = 8
_XML: tuple[tuple[Carrier, Kind], ...] = (
    ("ubl", "invoice"),
    ("ubl", "invoice"),
    ("ubl", "credit_note"),
    ("cii", "invoice"),
    ("cii", "credit_note"),
)


class Composer:
    """Fills one user's mailbox; call its methods in the order in which they stand."""

    def __init__(self, mailbox: str, owner: Party, languages: tuple[str, ...], vendors: tuple[Vendor, ...]) -> None:
        self._random = Random(f"mailbox {mailbox}")
        self._till = InvoiceWriter(self._random, owner, vendors)
        self._postman = MailDelivery(mailbox, Address(owner.name, mailbox, "example.org"))
        self._everyday = EverydayMail(self._random, owner, languages, vendors)
        self.messages: list[Message] = []

    def plain_invoices(self) -> None:
        """Add invoices that come once, in every form."""
        random, draw = self._random, self._till.draw
        for layout in islice(cycle(LAYOUTS), len(LAYOUTS) + 2):
            self._post(invoice := draw(), drafts.with_pdf(invoice, layout, random))
        self._post(invoice := draw(positions=LONG_POSITIONS), drafts.with_pdf(invoice, long_form, random))
        self._post(invoice := draw("receipt"), drafts.with_pdf(invoice, till_slip, random))
        self._post(invoice := draw("credit_note"), drafts.with_pdf(invoice, classic, random))
        for name in ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"):
            self._post(invoice := draw(), drafts.with_hybrid(invoice, random.choice(LAYOUTS), random, name))
        for carrier, kind in _XML:
            self._post(invoice := draw(kind), drafts.with_xml(invoice, carrier, random))
        self._post(invoice := draw(), drafts.with_xml(invoice, "cii", random, layout=right_hand))
        for schema in ("Invoice", "Invoice", "Order", None, None):
            self._post(invoice := draw("receipt"), drafts.as_html(invoice, random, schema=schema))
        self._post(invoice := draw("receipt"), drafts.as_text(invoice, random))
        self._post(invoice := draw(), drafts.as_text(invoice, random))
        self._post(invoice := draw(), drafts.with_zip(invoice, ledger, random))

    def copied_invoices(self) -> None:
        """Add invoices that come twice."""
        random, draw = self._random, self._till.draw
        self._post_twice(invoice := draw(), drafts.with_pdf(invoice, banded, random), copies.forward_whole)
        self._post_twice(invoice := draw(), drafts.with_xml(invoice, "ubl", random), copies.forward_whole)
        self._post_twice(invoice := draw(), drafts.with_pdf(invoice, minimal, random), copies.forward_inline)
        hybrid = drafts.with_hybrid(invoice := draw(), classic, random, "factur-x.xml")
        self._post_twice(invoice, hybrid, copies.send_again)
        both = drafts.with_xml(invoice := draw(), "ubl", random, layout=classic)
        pdf_alone = replace(both, attachments=both.attachments[:1], carrier="pdf")
        self._post_twice(invoice, both, copies.send_again, second=pdf_alone)
        xml = drafts.with_xml(invoice := draw(), "cii", random)
        hybrid = drafts.with_hybrid(invoice, banded, random, "ZUGFeRD-invoice.xml")
        self._post_twice(invoice, xml, copies.send_again, second=hybrid)

    def damaged_invoices(self) -> None:
        """Add invoices in messages that break the rules of MIME and can be read all the same."""
        random, draw = self._random, self._till.draw
        self._post(invoice := draw(), drafts.with_pdf(invoice, right_hand, random), broken.without_last_boundary)
        self._post(invoice := draw(), drafts.with_pdf(invoice, ledger, random), broken.with_stray_base64)
        self._post(invoice := draw("receipt"), drafts.as_html(invoice, random), broken.with_raw_headers)
        self._post(invoice := draw("receipt"), drafts.as_text(invoice, random), broken.with_unknown_charset)
        quoted = drafts.as_text(invoice := draw("receipt"), random)
        pasted = f"From billing@{invoice.vendor.domain} Mon Mar  2 09:14:07 2026\n>From here on: copy\n\n{quoted.text}"
        self._post(invoice, replace(quoted, text=f"{invoice.vendor.name}\n\n{pasted}"))
        self._post_nested(invoice := draw(), drafts.with_pdf(invoice, classic, random))

    def everyday_mail(self, *, up_to: int) -> None:
        """Add mail without invoices, damaged and whole, until the mailbox holds `up_to`
        messages."""
        everyday = self._everyday
        for damage in broken.ATTACHED:
            self._post_everyday(everyday.letter(), damage)
        for damage in broken.EVERYDAY:
            self._post_everyday(everyday.personal(), damage)
        deck = [write for write, share in everyday.mix() for _ in range(share)]
        self._random.shuffle(deck)
        for write in islice(cycle(deck), up_to - len(self.messages)):
            self._post_everyday(write())

    def _post(self, invoice: Invoice, draft: Draft, damage: broken.Damage | None = None) -> Message:
        sent = self._sent(invoice)
        message = self._postman.build(draft, _biller(invoice), sent)
        raw = to_bytes(message)
        posted = self._postman.hand_over(message, damage(raw) if damage else raw, sent, draft.carrier, invoice)
        self.messages.append(posted)
        return posted

    def _post_twice(self, invoice: Invoice, draft: Draft, copy: copies.Copy, *, second: Draft | None = None) -> None:
        original = self._post(invoice, draft)
        self.messages.append(copy(self._postman, original, second or draft, invoice))

    def _post_nested(self, invoice: Invoice, draft: Draft) -> None:
        sent = self._sent(invoice)
        message = self._postman.build(replace(draft, attachments=(), html=None, signature=None), _biller(invoice), sent)
        inner = EmailMessage()
        inner.set_content(draft.text)
        attach(inner, draft.attachments)
        for _ in range(NESTING):
            outer = EmailMessage()
            outer.make_mixed()
            outer.attach(inner)
            inner = outer
        message.make_mixed()
        message.attach(inner)
        self.messages.append(self._postman.hand_over(message, to_bytes(message), sent, draft.carrier, invoice))

    def _post_everyday(self, written: Sent, damage: broken.Damage | None = None) -> None:
        draft, sender = written
        day = FIRST_DAY + timedelta(days=self._random.randrange(DAYS))
        sent = datetime.combine(day, self._clock(), UTC)
        message = self._postman.build(draft, sender, sent)
        raw = to_bytes(message)
        self.messages.append(self._postman.hand_over(message, damage(raw) if damage else raw, sent))

    def _sent(self, invoice: Invoice) -> datetime:
        return datetime.combine(invoice.issue_date, self._clock(), UTC) + timedelta(days=self._random.randrange(2))

    def _clock(self) -> time:
        return time(self._random.randrange(6, 22), self._random.randrange(60), self._random.randrange(60))


def _biller(invoice: Invoice) -> Address:
    return Address(invoice.vendor.name, "billing", invoice.vendor.domain)

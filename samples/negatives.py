"""Mail that holds no invoice, much of it with amounts, order numbers or PDFs in it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.headerregistry import Address
from html import escape
from random import Random

from samples.language import LANGUAGES, Language
from samples.logo import png
from samples.mail import Attachment, Draft, ascii_word, person
from samples.model import Party, Vendor
from samples.pdf import other
from samples.regions import REGIONS, Wording

Sent = tuple[Draft, Address]


class EverydayMail:
    """Writes one user's everyday mail; every method gives a draft and who sends it."""

    def __init__(self, random: Random, owner: Party, languages: tuple[str, ...], vendors: tuple[Vendor, ...]) -> None:
        self._random = random
        self._owner = owner
        self._languages = tuple(LANGUAGES[code] for code in languages)
        self._vendors = vendors

    def mix(self) -> tuple[tuple[Callable[[], Sent], int], ...]:
        """Return the kinds of everyday mail, with the share of each."""
        return (
            (self.personal, 15),
            (self.newsletter, 9),
            (self.list_mail, 9),
            (self.spam, 5),
            (self.order_update, 4),
            (self.notice, 3),
            (self.reminder, 2),
            (self.invite, 2),
            (self.price_list, 1),
            (self.letter, 1),
            (self.resume, 1),
            (self.bank_statement, 1),
        )

    def personal(self) -> Sent:
        """Draft a note from a friend; some friends have a picture in their signature."""
        random, language = self._random, self._language()
        prose = language.prose
        talk = " ".join(random.sample(prose.small_talk, random.randint(2, 5)))
        name = random.choice(language.people)
        text = f"{random.choice(prose.hello)}\n\n{talk}\n\n{random.choice(prose.bye)}\n{name.split()[0]}\n"
        draft = Draft(self._fill(random.choice(prose.subjects), language), self._fill(text, language))
        if random.random() < 0.15:
            html = f'<html><body><p>{escape(draft.text)}</p><img src="cid:logo@signature" alt=""></body></html>\n'
            picture = Attachment(png("#8899AA"), "image/png", "image001.png")
            draft = Draft(draft.subject, draft.text, html=html, signature=picture)
        return draft, person(name)

    def newsletter(self) -> Sent:
        """Draft a shop's offers with a price each."""
        random, vendor = self._random, self._vendor()
        wording = _wording(vendor)
        prose = wording.language.prose
        subject, intro = (self._fill(part, wording.language) for part in random.choice(prose.newsletter))
        offers = [
            (offer, wording.money(Decimal(random.randrange(900, 19_900)).scaleb(-2)))
            for offer in random.sample(prose.offers, 5)
        ]
        text = f"{intro}\n\n" + "\n".join(f"{offer}: {price}" for offer, price in offers) + "\n"
        cards = "".join(f"<td><b>{escape(offer)}</b><br>{escape(price)}</td>" for offer, price in offers)
        body = f"<h1>{escape(subject)}</h1><p>{escape(intro)}</p><table><tr>{cards}</tr></table>"
        html = f"<html><body>{body}</body></html>\n"
        return Draft(subject, text, html=html, headers=_bulk(vendor.domain)), _sender("News", "news", vendor)

    def list_mail(self) -> Sent:
        """Draft a contribution to a mailing list."""
        random, language = self._random, self._language()
        prose = language.prose
        topic = random.choice(prose.list_topics)
        name = random.choice(language.people)
        said, answers = random.choice(prose.list_talk), random.sample(prose.list_talk, 2)
        text = f"> {said}\n\n{' '.join(answers)}\n\n{name}\n_______________\ndevel mailing list\n"
        headers = {"List-Id": "Development <devel.lists.example.net>", **_bulk("lists.example.net")}
        return Draft(f"Re: [devel] {topic}", text, headers=headers), person(name)

    def spam(self) -> Sent:
        """Draft spam, which often mentions totals and invoices."""
        subject, text = self._random.choice(self._language().prose.spam)
        sender = Address("Office", f"office{self._random.randrange(100, 999)}", "bulk.example.net")
        return Draft(subject, f"{text}\n", headers={"X-Priority": "1"}), sender

    def order_update(self) -> Sent:
        """Draft news of an order, without a sum."""
        vendor = self._vendor()
        return self._business(vendor, _wording(vendor).language.prose.updates, "orders")

    def reminder(self) -> Sent:
        """Draft a reminder to pay, which is no invoice itself."""
        vendor = self._vendor()
        return self._business(vendor, _wording(vendor).language.prose.reminders, "accounts")

    def notice(self) -> Sent:
        """Draft an automatic notice."""
        vendor = self._vendor()
        return self._business(vendor, _wording(vendor).language.prose.notices, "no-reply")

    def invite(self) -> Sent:
        """Draft an invitation to a meeting."""
        random, language = self._random, self._language()
        title, name = random.choice(language.prose.meetings), random.choice(language.people)
        begin = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=random.randrange(280), hours=random.randrange(8))
        calendar = (
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//Calendar//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\n"
            f"UID:{random.getrandbits(64):016x}@example.org\nDTSTAMP:20260101T080000Z\n"
            f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\nDTEND:{begin + timedelta(hours=1):%Y%m%dT%H%M%SZ}\n"
            f"SUMMARY:{title}\nEND:VEVENT\nEND:VCALENDAR\n"
        )
        return Draft(title, f"{title}, {begin:%Y-%m-%d %H:%M}\n", calendar=calendar), person(name)

    def price_list(self) -> Sent:
        """Draft a mail with a vendor's price list as PDF."""
        vendor = self._vendor()
        subject, text = _wording(vendor).language.prose.price_list
        return _with_pdf(subject, text, other.price_list(vendor, self._random)), _sender(vendor.name, "sales", vendor)

    def letter(self) -> Sent:
        """Draft a mail with a letter as PDF."""
        random, language = self._random, self._language()
        day = date(2026, 1, 1) + timedelta(days=random.randrange(300))
        pdf = other.letter(self._vendor(), self._owner, language, day)
        return _with_pdf(random.choice(language.prose.subjects), language.prose.letter[0], pdf), person(
            language.people[0]
        )

    def resume(self) -> Sent:
        """Draft a mail with a curriculum vitae as PDF."""
        language = self._language()
        title = language.prose.resume[0]
        return _with_pdf(title, title, other.resume(language, self._random)), person(language.people[-1])

    def bank_statement(self) -> Sent:
        """Draft a mail with a bank's statement of account as PDF."""
        language, vendor = self._language(), self._vendor()
        day = date(2026, 1, 2) + timedelta(days=self._random.randrange(280))
        pdf = other.bank_statement(vendor, self._owner, language, self._random, day)
        subject, text = language.prose.statement
        return _with_pdf(subject, text, pdf), Address("Contoria Bank", "statements", "contoria.example.com")

    def _business(self, vendor: Vendor, pairs: tuple[tuple[str, str], ...], mailbox: str) -> Sent:
        language = _wording(vendor).language
        subject, text = (self._fill(part, language, vendor) for part in self._random.choice(pairs))
        return Draft(subject, f"{text}\n\n{vendor.name}\n"), _sender(vendor.name, mailbox, vendor)

    def _fill(self, template: str, language: Language, vendor: Vendor | None = None) -> str:
        random = self._random
        wording = _wording(vendor or next(v for v in self._vendors if _wording(v).language == language))
        return template.format(
            number=random.randrange(10_000, 99_999),
            amount=wording.money(Decimal(random.randrange(2_000, 90_000)).scaleb(-2)),
            name=random.choice(language.people).split()[0],
            place=random.choice(language.places),
            day=f"{random.randint(2, 28)} {random.choice(language.months)}",
        )

    def _language(self) -> Language:
        return self._random.choice(self._languages)

    def _vendor(self) -> Vendor:
        return self._random.choice(self._vendors)


def _wording(vendor: Vendor) -> Wording:
    region = REGIONS[vendor.country]
    return Wording(region, LANGUAGES[region.language], vendor.currency, long_dates=False, symbols=True)


def _with_pdf(subject: str, text: str, pdf: bytes) -> Draft:
    attachment = Attachment(pdf, "application/pdf", f"{ascii_word(subject) or 'document'}.pdf")
    return Draft(subject, f"{text}\n", attachments=(attachment,))


def _sender(name: str, mailbox: str, vendor: Vendor) -> Address:
    return Address(name, mailbox, vendor.domain)


def _bulk(domain: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<mailto:leave@{domain}>", "Precedence": "bulk"}

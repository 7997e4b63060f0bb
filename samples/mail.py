"""Messages of text and documents; the same call gives the same bytes, MIME boundaries and ids
included."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import format_datetime

from samples.model import Carrier, Invoice, Message, Truth

_POLICY = default.clone(linesep="\n")
_CHARSETS = ("us-ascii", "iso-8859-1", "windows-1252", "utf-8")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a message; `filename` None gives a part without a name."""

    data: bytes
    content_type: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is not addressed yet; `carrier` says how it carries an invoice, if it does."""

    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    signature: Attachment | None = None
    calendar: str | None = None
    carrier: Carrier | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class MailDelivery:
    """Delivers drafts to one user."""

    def __init__(self, mailbox: str, owner: Address) -> None:
        self._mailbox = mailbox
        self._owner = owner
        self._delivered = 0

    def build(self, draft: Draft, sender: Address, sent: datetime) -> EmailMessage:
        """Build the message with all headers, addressed to the user."""
        self._delivered += 1
        message = EmailMessage(policy=_POLICY)
        message["Received"] = f"from mx.{sender.domain} by mail.example.org with ESMTPS; {format_datetime(sent)}"
        message["From"] = sender
        message["To"] = self._owner
        message["Subject"] = draft.subject
        message["Date"] = format_datetime(sent)
        message["Message-ID"] = f"<{_digest(f'{self._mailbox} {self._delivered}')}@{sender.domain}>"
        for name, value in draft.headers.items():
            message[name] = value
        _fill(message, draft)
        return message

    def deliver(
        self,
        draft: Draft,
        sender: Address,
        sent: datetime,
        *,
        invoice: Invoice | None = None,
        duplicate_of: str | None = None,
    ) -> Message:
        """Deliver the draft. Returns the message as it arrives, with the truth about it."""
        message = self.build(draft, sender, sent)
        return self.hand_over(message, to_bytes(message), sent, draft.carrier, invoice, duplicate_of)

    def hand_over(
        self,
        message: EmailMessage,
        raw: bytes,
        sent: datetime,
        carrier: Carrier | None = None,
        invoice: Invoice | None = None,
        duplicate_of: str | None = None,
    ) -> Message:
        """Deliver bytes that may differ from what `message` would be, with the truth about them."""
        truth = Truth(message_id=str(message["Message-ID"]))
        if invoice:
            truth = replace(
                truth, label="invoice", kind=carrier, expected=invoice.expected(), duplicate_of=duplicate_of
            )
        return Message(raw=raw, received=sent, sender=message["From"].addresses[0].addr_spec, truth=truth)


def person(name: str) -> Address:
    """Return a private sender with an address made from the name."""
    return Address(name, ".".join(ascii_word(part) for part in name.split()), "example.org")


def ascii_word(text: str) -> str:
    """Return the letters and digits of a word, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return "".join(character for character in plain.lower() if character.isalnum())


def to_bytes(message: EmailMessage) -> bytes:
    """Return the message on the wire with LF line ends."""
    identity = str(message["Message-ID"])
    for index, part in enumerate(message.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart" and part.get_boundary() is None:
            part.set_boundary(f"=_{_digest(f'{identity} {index}')}")
    return message.as_bytes(policy=_POLICY)


def reread(message: Message) -> EmailMessage:
    """Parse a delivered message again, for forwarding."""
    parsed = message_from_bytes(message.raw, policy=_POLICY)
    assert isinstance(parsed, EmailMessage)  # noqa: S101  # the policy's message factory says so, the types cannot
    return parsed


def attach(message: EmailMessage, attachments: Sequence[Attachment]) -> None:
    """Add files to a message or part."""
    for attachment in attachments:
        maintype, _, subtype = attachment.content_type.partition("/")
        message.add_attachment(attachment.data, maintype=maintype, subtype=subtype, filename=attachment.filename)


def _fill(message: EmailMessage, draft: Draft) -> None:
    _set_text(message, draft.text, "plain")
    if draft.html is not None:
        message.add_alternative(draft.html, subtype="html", charset="utf-8", cte="quoted-printable")
        if draft.signature is not None:
            _add_picture(list(message.iter_parts())[-1], draft.signature)
    if draft.calendar is not None:
        message.add_alternative(draft.calendar, subtype="calendar", params={"method": "REQUEST"}, cte="8bit")
    attach(message, draft.attachments)


def _add_picture(html: MIMEPart, picture: Attachment) -> None:
    maintype, _, subtype = picture.content_type.partition("/")
    html.add_related(
        picture.data,
        maintype=maintype,
        subtype=subtype,
        cid="<logo@signature>",
        disposition="inline",
        filename=picture.filename,
    )


def _set_text(part: MIMEPart, text: str, subtype: str) -> None:
    """Use the smallest character set that holds the text, as mail programs of every age do."""
    charset = next(name for name in _CHARSETS if _fits(text, name))
    plain = charset == "us-ascii"
    part.set_content(text, subtype=subtype, charset=charset, cte="7bit" if plain else "8bit")


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]

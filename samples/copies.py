"""Copies of an invoice: forwarded, sent again, or by another carrier."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from samples.language import Prose
from samples.mail import Draft, MailDelivery, person, reread, to_bytes
from samples.model import Invoice, Message
from samples.regions import wording_of

# The draft holds the documents of the copy, which need not be those of the original.
Copy = Callable[[MailDelivery, Message, Draft, Invoice], Message]


def forward_whole(postman: MailDelivery, original: Message, draft: Draft, invoice: Invoice) -> Message:
    """Forward the message as an attachment (message/rfc822), from a colleague."""
    language = wording_of(invoice).language
    cover = Draft(f"Fwd: {draft.subject}", f"{language.prose.forward[0]}\n", carrier=draft.carrier)
    sent = original.received + timedelta(days=1, minutes=17)
    message = postman.build(cover, person(language.people[0]), sent)
    message.add_attachment(reread(original))
    return postman.hand_over(message, to_bytes(message), sent, draft.carrier, invoice, original.truth.message_id)


def forward_inline(postman: MailDelivery, original: Message, draft: Draft, invoice: Invoice) -> Message:
    """Forward text and files, with the old headers pasted into the text, from a colleague."""
    language = wording_of(invoice).language
    text = _pasted(language.prose, original, draft)
    forwarded = replace(draft, subject=f"Fwd: {draft.subject}", text=text, html=None, signature=None)
    sent = original.received + timedelta(days=2, minutes=5)
    return postman.deliver(
        forwarded, person(language.people[1]), sent, invoice=invoice, duplicate_of=original.truth.message_id
    )


def send_again(postman: MailDelivery, original: Message, draft: Draft, invoice: Invoice) -> Message:
    """Send the invoice once more, from the vendor."""
    prose = wording_of(invoice).language.prose
    again = replace(draft, subject=f"Re: {draft.subject}", text=f"{prose.again}\n", html=None, signature=None)
    sent = original.received + timedelta(days=6, hours=3)
    sender = reread(original)["From"].addresses[0]
    return postman.deliver(again, sender, sent, invoice=invoice, duplicate_of=original.truth.message_id)


def _pasted(prose: Prose, original: Message, draft: Draft) -> str:
    return (
        f"{prose.forward[1]}\n\n---------- {prose.forward_head} ---------\nFrom: {original.sender}\n"
        f"Date: {original.received:%Y-%m-%d %H:%M}\nSubject: {draft.subject}\n\n{draft.text}"
    )

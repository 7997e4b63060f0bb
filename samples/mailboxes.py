"""The three mailboxes: their users, languages, and numbers of messages."""

from dataclasses import dataclass

from samples.composer import Composer
from samples.model import Message, Party
from samples.vendors import vendors_in


@dataclass(frozen=True, slots=True)
class Plan:
    """One user's mailbox: the user, the languages and countries of the mail, and how many
    messages."""

    name: str
    owner: Party
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    messages: int


MAILBOXES = (
    Plan("ada", Party("Whitfield Studio", "9 Mill Lane", "LS6 2QH", "Leeds", "GB"), ("en",), ("GB", "IE", "US"), 330),
    Plan(
        "bruno",
        Party("Atelier Bruno Keller", "Gerberau 15", "79098", "Freiburg", "DE"),
        ("de", "fr"),
        ("DE", "AT", "CH", "FR"),
        300,
    ),
    Plan(
        "chiara",
        Party("Studio Moretti", "Via Mascarella 26", "40126", "Bologna", "IT"),
        ("it", "es", "nl"),
        ("IT", "ES", "NL"),
        280,
    ),
)


def compose(plan: Plan) -> list[Message]:
    """Return every message of a mailbox, oldest first."""
    composer = Composer(plan.name, plan.owner, plan.languages, vendors_in(plan.countries))
    composer.plain_invoices()
    composer.copied_invoices()
    composer.damaged_invoices()
    composer.everyday_mail(up_to=plan.messages)
    return sorted(composer.messages, key=lambda message: (message.received, message.truth.message_id))

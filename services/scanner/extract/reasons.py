"""Reasons for documents that are not read, and for messages without an invoice."""

from shared.ledger_reasons import SENTENCES, ReasonCode


class UnreadableError(Exception):
    """A document was refused or could not be read."""

    def __init__(self, reason: ReasonCode) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason


NOT_INVOICES: tuple[ReasonCode, ...] = (ReasonCode.NO_DOCUMENT, ReasonCode.INCOMPLETE, ReasonCode.OTHER_DOCUMENT)
"""Reasons of messages that were read well and hold no invoice, the most specific last; all other
reasons are failures."""

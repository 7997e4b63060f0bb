"""Which reason stands for what the extractor met."""

from shared.ledger_reasons import SENTENCES, ReasonCode


class UnreadableError(Exception):
    """A document was refused or could not be read."""

    def __init__(self, reason: ReasonCode) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason


FOUND: dict[str, ReasonCode] = {
    "ubl": ReasonCode.FOUND_UBL,
    "cii": ReasonCode.FOUND_CII,
    "factur-x": ReasonCode.FOUND_FACTUR_X,
    "json-ld": ReasonCode.FOUND_JSON_LD,
    "pdf": ReasonCode.FOUND_PDF,
    "html": ReasonCode.FOUND_HTML,
    "text": ReasonCode.FOUND_TEXT,
    "image": ReasonCode.FOUND_PICTURE,
}
"""The reason of a message with an invoice, by the invoice's format."""

NOT_INVOICES: tuple[ReasonCode, ...] = (ReasonCode.NO_DOCUMENT, ReasonCode.INCOMPLETE, ReasonCode.OTHER_DOCUMENT)
"""Reasons of messages that were read well and hold no invoice, the most telling last; all others failed."""

STOPPED: dict[str, ReasonCode] = {
    "time": ReasonCode.STOPPED_TIME,
    "memory": ReasonCode.STOPPED_MEMORY,
    "cpu": ReasonCode.STOPPED_CPU,
    "output": ReasonCode.STOPPED_OUTPUT,
    "crash": ReasonCode.STOPPED_CRASH,
}
"""The reason of a message that cost a child its life, by the limit of `sandbox.ParserKilled`."""

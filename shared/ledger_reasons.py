"""Reasons for the outcome of a message: the codes that the scanner writes, and the sentences that
people read."""

from enum import StrEnum


class ReasonCode(StrEnum):
    """The reason for the outcome of a message, as the ledger keeps it."""

    FOUND_UBL = "found_ubl"
    FOUND_CII = "found_cii"
    FOUND_FACTUR_X = "found_factur_x"
    FOUND_JSON_LD = "found_json_ld"
    FOUND_PDF = "found_pdf"
    FOUND_HTML = "found_html"
    FOUND_TEXT = "found_text"
    FOUND_PICTURE = "found_picture"
    DUPLICATE = "duplicate"
    READ_BEFORE = "read_before"
    NO_DOCUMENT = "no_document"
    INCOMPLETE = "incomplete"
    OTHER_DOCUMENT = "other_document"
    PDF_WITHOUT_TEXT = "pdf_without_text"
    PICTURE_WITHOUT_TEXT = "picture_without_text"
    PICTURE_TOO_LARGE = "picture_too_large"
    RECOGNITION_TIME = "recognition_time"
    RECOGNITION_FAILED = "recognition_failed"
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_BROKEN = "pdf_broken"
    XML_BROKEN = "xml_broken"
    XML_ENTITIES = "xml_entities"
    ARCHIVE_ENCRYPTED = "archive_encrypted"
    ARCHIVE_BROKEN = "archive_broken"
    ARCHIVE_TOO_LARGE = "archive_too_large"
    TOO_LARGE = "too_large"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_DEEP = "too_deep"
    PARSER_FAILED = "parser_failed"
    STOPPED_TIME = "stopped_time"
    STOPPED_MEMORY = "stopped_memory"
    STOPPED_CPU = "stopped_cpu"
    STOPPED_OUTPUT = "stopped_output"
    STOPPED_CRASH = "stopped_crash"
    STOPPED_SCANNER = "stopped_scanner"
    MESSAGE_TOO_LARGE = "message_too_large"
    OLDER_THAN_REQUESTED = "older_than_requested"
    READ_ELSEWHERE = "read_elsewhere"
    NOT_THERE = "not_there"
    NOT_GIVEN_OUT = "not_given_out"


SENTENCES: dict[ReasonCode, str] = {
    ReasonCode.FOUND_UBL: "UBL invoice attached",
    ReasonCode.FOUND_CII: "CII invoice attached",
    ReasonCode.FOUND_FACTUR_X: "Factur-X XML inside the PDF",
    ReasonCode.FOUND_JSON_LD: "Invoice data inside the message (schema.org)",
    ReasonCode.FOUND_PDF: "Read from the text of the PDF",
    ReasonCode.FOUND_HTML: "Read from the message itself",
    ReasonCode.FOUND_TEXT: "Read from the plain text of the message",
    ReasonCode.FOUND_PICTURE: "Recognised in a picture of the document",
    ReasonCode.DUPLICATE: "Same invoice as an earlier message",
    ReasonCode.READ_BEFORE: "Read in an earlier scan",
    ReasonCode.NO_DOCUMENT: "Nothing in the message looks like an invoice",
    ReasonCode.INCOMPLETE: "Looks like an invoice, but amount, number or vendor is missing",
    ReasonCode.OTHER_DOCUMENT: "A business document, but not an invoice",
    ReasonCode.PDF_WITHOUT_TEXT: "The PDF is a picture without text",
    ReasonCode.PICTURE_WITHOUT_TEXT: "The document is a picture in which no text was recognised",
    ReasonCode.PICTURE_TOO_LARGE: "A picture in the document has more pixels than is allowed",
    ReasonCode.RECOGNITION_TIME: "Stopped: recognising the text of the picture took too long",
    ReasonCode.RECOGNITION_FAILED: "The text of the picture could not be recognised: the picture is damaged",
    ReasonCode.PDF_ENCRYPTED: "The PDF is protected by a password",
    ReasonCode.PDF_BROKEN: "The PDF is damaged",
    ReasonCode.XML_BROKEN: "The XML is damaged",
    ReasonCode.XML_ENTITIES: "The XML declares entities, which no invoice needs",
    ReasonCode.ARCHIVE_ENCRYPTED: "The archive is protected by a password",
    ReasonCode.ARCHIVE_BROKEN: "The archive is damaged",
    ReasonCode.ARCHIVE_TOO_LARGE: "The archive grows too large when it is opened",
    ReasonCode.TOO_LARGE: "A document is larger than the limit",
    ReasonCode.TOO_MANY_PARTS: "The message has too many parts",
    ReasonCode.TOO_DEEP: "Messages or archives are nested too deeply",
    ReasonCode.PARSER_FAILED: "The document could not be read",
    ReasonCode.STOPPED_TIME: "Stopped: reading the document took too long",
    ReasonCode.STOPPED_MEMORY: "Stopped: the document needed more memory than is allowed",
    ReasonCode.STOPPED_CPU: "Stopped: the document needed more processor time than is allowed",
    ReasonCode.STOPPED_OUTPUT: "Stopped: the documents in the message are larger than is allowed",
    ReasonCode.STOPPED_CRASH: "Stopped: the document crashed the parser",
    ReasonCode.STOPPED_SCANNER: "Skipped: each attempt to read the message stopped the scanner",
    ReasonCode.MESSAGE_TOO_LARGE: "The message is larger than the limit",
    ReasonCode.OLDER_THAN_REQUESTED: "Older than the months that this scan covers",
    ReasonCode.READ_ELSEWHERE: "The same message was already read, in this folder or another one of the mailbox",
    ReasonCode.NOT_THERE: "Deleted or moved before it could be read",
    ReasonCode.NOT_GIVEN_OUT: "The mail server refused to deliver this message; the next scan will retry it",
}
"""The sentence for each code, on pages, in the API and in the command line."""

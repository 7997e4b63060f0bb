"""The protocol between the scanner and a parser process: length-prefixed frames, never pickle.

A request is a length and the message. A response is two lengths, the report as JSON, and the
originals one after the other in the order of the report's `documents`.
"""

import hashlib
import struct

from pydantic import ValidationError

from services.scanner.extract.model import MessageReport

READY = b"\x06"
"""Sent once by a parser process when it can take messages."""
REQUEST = struct.Struct(">I")
RESPONSE = struct.Struct(">II")

EXIT_MEMORY = 70
EXIT_OUTPUT = 71


class InvalidResponseError(Exception):
    """A parser process's response does not match what it announces."""


def pack_response(report: MessageReport, originals: dict[str, bytes]) -> list[bytes]:
    """Return the pieces of a response."""
    header = report.model_dump_json().encode()
    documents = [originals[document.sha256] for document in report.documents]
    return [RESPONSE.pack(len(header), sum(map(len, documents))), header, *documents]


def unpack_response(header: bytes, documents: bytes) -> tuple[MessageReport, dict[str, bytes]]:
    """Return the report and the originals of a response.

    Both are checked, as the parser process has handled hostile input. Raises InvalidResponseError.
    """
    try:
        report = MessageReport.model_validate_json(header)
    except ValidationError as error:
        raise InvalidResponseError(f"{error.error_count()} fields of the report are invalid") from None
    originals: dict[str, bytes] = {}
    start = 0
    for document in report.documents:
        data = documents[start : start + document.size]
        start += document.size
        if hashlib.sha256(data).hexdigest() != document.sha256:
            raise InvalidResponseError("a document does not have the hash in the report")
        originals[document.sha256] = data
    if start != len(documents) or not _all_present(report, originals):
        raise InvalidResponseError("the report and its documents do not match")
    return report, originals


def _all_present(report: MessageReport, originals: dict[str, bytes]) -> bool:
    return all(carrier.sha256 in originals for invoice in report.invoices for carrier in invoice.carriers)

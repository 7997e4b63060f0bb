"""Documents and messages that are measured, each with its truth."""

import hashlib
import io
import json
import mailbox
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import pypdf

from bench.extraction.score import Row
from samples.scanned import scanned
from samples.variety import Document, Form, documents, others

Half = Literal["develop", "held-out"]


def wrapped(name: str, data: bytes) -> bytes:
    """Return a document as a message of its own, from a sender that reveals nothing."""
    message = EmailMessage()
    message["From"], message["Subject"] = "documents@example.com", "document"
    message["Date"] = datetime(2026, 1, 1, tzinfo=UTC)
    if name.endswith(".html"):
        message.set_content(data, maintype="text", subtype="html", cte="base64")
    else:
        message.set_content("Attached.")
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename="document")
    return message.as_bytes()


def delivered(document: Document) -> bytes:
    """Return a drawn document as a message."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = document.sender, "document", "Thu, 01 Jan 2026 00:00:00 +0000"
    if document.form == "pdf":
        mail.set_content("Attached.")
        mail.add_attachment(document.data, maintype="application", subtype="pdf", filename="document")
    else:
        mail.set_content(document.data.decode(), subtype="html" if document.form == "html" else "plain")
    return mail.as_bytes()


def drawn(seed: str) -> Iterator[tuple[Row, bytes]]:
    """Return documents of our own, in great variety, and documents that are no invoices."""
    counts: tuple[tuple[Form, int], ...] = (("pdf", 300), ("html", 150), ("text", 75))
    for form, count in counts:
        for document in documents(form, count, seed=seed):
            yield {"file": document.name, "kind": form, "expected": document.expected}, delivered(document)
    for paper in others(150, seed=seed):
        yield {"file": paper.name, "kind": "negative"}, delivered(paper)


def scans(seed: str, count: int = 40) -> Iterator[tuple[Row, bytes]]:
    """Return drawn PDFs in the form that a scanner gives."""
    for document in documents("pdf", count, seed=seed):
        row = {"file": document.name, "kind": "scan", "expected": document.expected}
        yield row, delivered(replace(document, data=scanned(document.data, seed=document.name)))


def without_embedded_files(data: bytes) -> bytes:
    """Return the same PDF without its XML, to test the plain reader on a page whose truth is
    known."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for key in ("/Names", "/AF"):
        writer.root_object.pop(pypdf.generic.NameObject(key), None)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def half_of(truth: Row) -> Half:
    """Return the half of the corpus that a document belongs to: all of one vendor, or one project,
    are in the same."""
    about = (truth.get("expected") or {}).get("vendor") or truth.get("source") or truth["file"]
    return "develop" if hashlib.sha256(about.casefold().encode()).digest()[0] & 1 else "held-out"


def singles(corpus: Path, half: Half | None) -> Iterator[tuple[Row, bytes]]:
    """Yield every document with its truth; those marked so once more without their XML."""
    for line in (corpus / "truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        if half is not None and half_of(truth) != half:
            continue
        data = (corpus / truth["file"]).read_bytes()
        yield truth, data if truth["file"].endswith(".eml") else wrapped(truth["file"], data)
        if truth.get("also_plain"):
            yield {**truth, "kind": "plain"}, wrapped(truth["file"], without_embedded_files(data))


def messages(corpus: Path, half: Half | None) -> Iterator[tuple[Row, bytes]]:
    """Yield every message of the mailboxes with its truth."""
    truths: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for line in (corpus / "mailbox_truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        truths[truth["mbox"], truth["message_id"]].append(truth)
    for path in sorted(corpus.glob("mailbox-*.mbox")):
        box = mailbox.mbox(path, create=False)
        for key in box.iterkeys():
            raw = box.get_bytes(key)
            match = re.search(rb"^message-id:\s*(\S+)", raw, re.IGNORECASE | re.MULTILINE)
            known = truths.get((path.name, match[1].decode("latin-1") if match else ""), [])
            truth = known.pop(0) if known else {"label": "none", "file": "unlisted"}
            if half is None or half_of(truth) == half:
                yield {**truth, "kind": truth.get("kind") or "negative"}, raw
        box.close()

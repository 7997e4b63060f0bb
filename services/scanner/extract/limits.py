"""Limits on the examination of one message."""

from dataclasses import dataclass, replace

MIB = 1024 * 1024
TESSERACT = "tesseract"
"""The OCR program, looked up on PATH."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one message.

    A document that exceeds one is refused with a reason code, or its parser process is killed.
    """

    seconds: float = 20.0
    """Wall-clock time for one message; its parser process is killed after it."""
    cpu_seconds: int = 15
    """Processor time for one message (RLIMIT_CPU counts whole seconds)."""
    memory_bytes: int = 1024 * MIB
    """Address space of the parser process (RLIMIT_AS)."""
    output_bytes: int = 64 * MIB
    """Report and originals together, as the parser process may send them back."""
    pdf_pages: int = 50
    """Pages of a PDF that are read; an invoice states what matters on them."""
    text_characters: int = 2_000_000
    """Characters that are read of one document's text."""
    parts: int = 200
    """MIME parts and archive members of one message."""
    nesting: int = 10
    """Levels of nested multiparts, forwarded messages and archives."""
    zip_entries: int = 200
    zip_bytes: int = 64 * MIB
    """Unpacked bytes of all archives of one message."""
    zip_ratio: int = 200
    """Unpacked to packed size of one archive member."""
    xml_bytes: int = 20 * MIB
    ocr_seconds: float = 0.0
    """Wall-clock time for OCR in one message; 0 switches it off."""
    ocr_document_seconds: float = 20.0
    """Wall-clock time for OCR in one document."""
    ocr_memory_bytes: int = 1024 * MIB
    """Address space of the OCR program (RLIMIT_AS)."""
    ocr_pages: int = 3
    """First pages of a document that are read by OCR."""
    ocr_pixels: int = 40_000_000
    """Pixels of one image; a larger one is refused before it is decoded."""

    @property
    def ocr_enabled(self) -> bool:
        """Whether images are read by OCR."""
        return self.ocr_seconds > 0

    def with_ocr(self, seconds: float = 40.0) -> "Limits":
        """Return these limits with OCR on, and with so many more seconds for each message."""
        return replace(self, seconds=self.seconds + seconds, ocr_seconds=seconds)

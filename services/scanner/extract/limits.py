"""The bounds that one message has to stay inside while it is examined."""

from dataclasses import dataclass, replace

MIB = 1024 * 1024
TESSERACT = "tesseract"
"""The program that recognises characters in pictures, on PATH."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one message; what is larger is refused with a reason code, or costs the child its life."""

    seconds: float = 20.0
    """Wall-clock time of one message; the child is killed after it."""
    cpu_seconds: int = 15
    """Processor time of one message (RLIMIT_CPU counts whole seconds)."""
    memory_bytes: int = 1024 * MIB
    """Address space of the child (RLIMIT_AS)."""
    output_bytes: int = 64 * MIB
    """Report and originals together, as the child may send them back."""
    pdf_pages: int = 50
    """Pages of a PDF that are read; an invoice says all that matters before."""
    text_characters: int = 2_000_000
    """Characters of text that are read of one document."""
    parts: int = 200
    """MIME parts and archive members of one message."""
    nesting: int = 10
    """Levels of multipart, forwarded message and archive inside one another."""
    zip_entries: int = 200
    zip_bytes: int = 64 * MIB
    """Unpacked bytes of all archives of one message."""
    zip_ratio: int = 200
    """Unpacked to packed size of one archive member."""
    xml_bytes: int = 20 * MIB
    ocr_seconds: float = 0.0
    """Time on the clock for recognising characters in the pictures of one message; 0: it is off."""
    ocr_document_seconds: float = 20.0
    """The same for one document."""
    ocr_memory_bytes: int = 1024 * MIB
    """Address space of the recogniser (RLIMIT_AS)."""
    ocr_pages: int = 3
    """First pages of a document that are recognised."""
    ocr_pixels: int = 40_000_000
    """Of one picture; a larger one is refused before it is decoded."""

    @property
    def ocr_enabled(self) -> bool:
        """Whether characters are recognised."""
        return self.ocr_seconds > 0

    def with_ocr(self, seconds: float = 40.0) -> "Limits":
        """The same, with so many seconds more for each message, in which characters are recognised."""
        return replace(self, seconds=self.seconds + seconds, ocr_seconds=seconds)

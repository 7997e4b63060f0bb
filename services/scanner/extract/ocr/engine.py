"""The OCR engine: Tesseract as a program that reads an image on stdin and writes words as TSV.

It runs below the parser process with limits of its own, and ends with it.
"""

import os
import subprocess

from services.scanner.extract.limits import TESSERACT, Limits
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode
from shared.process_limits import die_with_parent, limit_cpu, limit_resources

MODELS = {
    "cs": "ces", "da": "dan", "de": "deu", "en": "eng", "es": "spa", "fi": "fin", "fr": "fra", "it": "ita", "nb": "nor",
    "nl": "nld", "pl": "pol", "pt": "por", "sv": "swe",
}  # fmt: skip
"""Tesseract's model for each language of the lexicon."""
DEFAULT_MODEL = "eng"
_SAUVOLA = "2"
"""Local thresholds separate ink from paper: scanned paper is grey and grained, with dark
corners."""
_LISTING_SECONDS = 10.0


class OcrEngine:
    """An installed Tesseract."""

    def __init__(self, limits: Limits, program: str = TESSERACT) -> None:
        self._limits = limits
        self._program = program
        self._installed: frozenset[str] | None = None

    def model_for(self, language: str) -> str:
        """Return the installed model for a language, else the English one. Raises
        UnreadableError."""
        if self._installed is None:
            self._installed = frozenset(self._run(["--list-langs"], b"", _LISTING_SECONDS).split())
        model = MODELS.get(language, DEFAULT_MODEL)
        return model if model in self._installed else DEFAULT_MODEL

    def recognise(self, image: bytes, model: str, *, seconds: float, dpi: int, page: int = 0) -> str:
        """Return the TSV of one page of an image (PNM, PNG, TIFF or WebP).

        Raises TimeoutError after so many seconds, and UnreadableError if Tesseract fails at the
        image.
        """
        options = ("-l", model, "--psm", "3", "--dpi", str(dpi))
        settings = (f"thresholding_method={_SAUVOLA}", f"tessedit_page_number={page}", "debug_file=/dev/null")
        setting_options = [word for setting in settings for word in ("-c", setting)]
        return self._run(["stdin", "stdout", *options, *setting_options, "tsv"], image, seconds)

    def _run(self, arguments: list[str], image: bytes, seconds: float) -> str:
        try:
            process = subprocess.run(  # noqa: S603 - a fixed program; the image goes through a pipe
                [self._program, *arguments],
                input=image,
                capture_output=True,
                timeout=seconds,
                check=False,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # more threads make it slower
                preexec_fn=self._confine,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        except OSError:
            raise UnreadableError(ReasonCode.RECOGNITION_FAILED) from None
        if process.returncode != 0:
            raise UnreadableError(ReasonCode.RECOGNITION_FAILED)
        return process.stdout.decode("utf-8", "replace")

    def _confine(self) -> None:
        die_with_parent()
        limit_resources(memory_bytes=self._limits.ocr_memory_bytes)
        limit_cpu(round(self._limits.ocr_document_seconds) + 1)

"""The recogniser: Tesseract, a program of its own that gets a picture on stdin and tells words with boxes as TSV.

It runs below the parser child with limits of its own, and ends with it.
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
"""The recogniser's model for each language of the lexicon."""
FIRST = "eng"
_SAUVOLA = "2"
"""Ink against paper is told from each place's surroundings: paper is grey and grained, and its corners are dark."""
_LISTING_SECONDS = 10.0


class Engine:
    """An installed recogniser."""

    def __init__(self, limits: Limits, program: str = TESSERACT) -> None:
        self._limits = limits
        self._program = program
        self._installed: frozenset[str] | None = None

    def model_of(self, language: str) -> str:
        """The installed model for a language of the lexicon, else the one for English. Raises UnreadableError."""
        if self._installed is None:
            self._installed = frozenset(self._run(["--list-langs"], b"", _LISTING_SECONDS).split())
        model = MODELS.get(language, FIRST)
        return model if model in self._installed else FIRST

    def recognise(self, picture: bytes, model: str, *, seconds: float, dpi: int, page: int = 0) -> str:
        """The TSV on one page of a picture (PNM, PNG, TIFF or WebP).

        Raises `TimeoutError` after so many seconds, and `UnreadableError` if the recogniser fails at the picture.
        """
        options = ("-l", model, "--psm", "3", "--dpi", str(dpi))
        settings = (f"thresholding_method={_SAUVOLA}", f"tessedit_page_number={page}", "debug_file=/dev/null")
        wanted = [word for setting in settings for word in ("-c", setting)]
        return self._run(["stdin", "stdout", *options, *wanted, "tsv"], picture, seconds)

    def _run(self, arguments: list[str], picture: bytes, seconds: float) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; the picture goes through a pipe
                [self._program, *arguments],
                input=picture,
                capture_output=True,
                timeout=seconds,
                check=False,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # more threads only get in each other's way
                preexec_fn=self._confine,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        except OSError:
            raise UnreadableError(ReasonCode.RECOGNITION_FAILED) from None
        if done.returncode != 0:
            raise UnreadableError(ReasonCode.RECOGNITION_FAILED)
        return done.stdout.decode("utf-8", "replace")

    def _confine(self) -> None:
        die_with_parent()
        limit_resources(memory_bytes=self._limits.ocr_memory_bytes)
        limit_cpu(round(self._limits.ocr_document_seconds) + 1)

"""OCR of the documents of one message, within the time that one message has for it."""

from dataclasses import dataclass, field
from time import monotonic

from services.scanner.extract.consistency_checks import ROUNDING
from services.scanner.extract.fields.annotated_text import AnnotatedText
from services.scanner.extract.invoice_draft import InvoiceDraft
from services.scanner.extract.lexicon.languages import LANGUAGES
from services.scanner.extract.limits import Limits
from services.scanner.extract.message.parts import Part
from services.scanner.extract.ocr import image_header, rendering
from services.scanner.extract.ocr.engine import DEFAULT_MODEL, OcrEngine
from services.scanner.extract.ocr.image_selection import select_images
from services.scanner.extract.ocr.page import RecognisedPage, parse_page
from services.scanner.extract.ocr.rendering import RenderedPage
from services.scanner.extract.page.pdf import Pdf, open_pdf
from services.scanner.extract.page.text_document import Line
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

PAGE_WIDTH = 595.0
"""Points; assumed width of an attached image, which seldom states its own."""
_MAX_CONFIDENCE_ADDED_UP, _MAX_CONFIDENCE = 0.85, 0.75
"""Highest confidence of a recognised value: if net amount and tax add up to the total, and else."""
_DOUBTFUL_BELOW, _DOUBTFUL_FACTOR = 0.6, 0.8
"""Confidence of a word below which a value loses confidence, and the factor."""
_MIN_PAGE_SECONDS = 0.5
"""Seconds that must be left to begin another page."""


@dataclass(slots=True)
class RecognisedText:
    """Lines of recognised pages, as the text layer of a PDF gives them.

    `confidence` holds that of each cell by its locator.
    """

    lines: tuple[Line, ...] = ()
    confidence: dict[str, float] = field(default_factory=dict)
    pages: set[int] = field(default_factory=set)
    timed_out: bool = False
    model: str = DEFAULT_MODEL
    """Tesseract's model: that of the document's language, once it is known."""

    def lower_confidence(self, draft: InvoiceDraft) -> None:
        """Give recognised values the source `ocr` and less confidence than values of a text
        layer."""
        most = _MAX_CONFIDENCE_ADDED_UP if _adds_up(draft) else _MAX_CONFIDENCE
        for name, evidence in draft.evidence.items():
            if (ocr_confidence := self.confidence.get(evidence.locator)) is not None:
                believed = min(evidence.confidence, most) * (
                    _DOUBTFUL_FACTOR if ocr_confidence < _DOUBTFUL_BELOW else 1
                )
                draft.evidence[name] = evidence.model_copy(update={"source": "ocr", "confidence": round(believed, 3)})


class OcrSession:
    """Reads the images of one message by OCR."""

    def __init__(self, limits: Limits, engine: OcrEngine | None = None) -> None:
        self._limits = limits
        self._engine = engine or OcrEngine(limits)
        self._left = limits.ocr_seconds

    images_to_read = staticmethod(select_images)

    def read_pdf(self, document: Pdf, error_without_ocr: UnreadableError) -> RecognisedText:
        """Return the text on those of the first pages that are images.

        Raises UnreadableError; if no page is an image, `error_without_ocr`.
        """
        text, deadline = RecognisedText(), self._deadline()
        for number, page in document.pages(self._limits.ocr_pages):
            if not rendering.is_scanned_page(page, self._limits):
                continue
            text.pages.add(number)
            if not self._read_page(text, rendering.render(page, self._limits), number, deadline):
                break
        if not text.pages:
            raise error_without_ocr
        return _require_text(text)

    def read_image(self, part: Part) -> RecognisedText:
        """Return the text on an attached image. Raises UnreadableError."""
        try:
            page_sizes = image_header.page_sizes(part.kind, part.data)[: self._limits.ocr_pages]
            for size in page_sizes:
                rendering.check_pixels(*size, self._limits)
            if part.kind == "jpeg":
                pdf = rendering.jpeg_to_pdf(part.data, image_header.read_jpeg_header(part.data), PAGE_WIDTH)
                with open_pdf(pdf, self._limits) as document:
                    return self.read_pdf(document, UnreadableError(ReasonCode.RECOGNITION_FAILED))
        except ValueError:
            raise UnreadableError(ReasonCode.RECOGNITION_FAILED) from None
        text, deadline = RecognisedText(), self._deadline()
        for number, size in enumerate(page_sizes, start=1):
            rendered = RenderedPage(part.data, PAGE_WIDTH / max(size.width, 1))
            text.pages.add(number)
            if not self._read_page(text, rendered, number, deadline, index=number - 1):
                break
        return _require_text(text)

    def _deadline(self) -> float:
        """Return the time limit of one document, on the monotonic clock."""
        return monotonic() + min(self._left, self._limits.ocr_document_seconds)

    def _read_page(
        self, text: RecognisedText, rendered: RenderedPage, number: int, deadline: float, *, index: int = 0
    ) -> bool:
        """Recognise one more page; return False if no time is left."""
        started = monotonic()
        try:
            page = self._recognise(text, rendered, number, deadline, index)
        except TimeoutError:
            text.timed_out = True
            return False
        finally:
            self._left -= monotonic() - started
        text.lines += tuple(page.lines)
        text.confidence |= page.confidence
        return True

    def _recognise(
        self, text: RecognisedText, rendered: RenderedPage, number: int, deadline: float, index: int
    ) -> RecognisedPage:
        """Recognise a page with the English model, then with that of its language.

        One model is several times faster than all of them together; the first result tells the
        language.
        """
        first = self._run_engine(rendered, text.model, deadline, index)
        page = parse_page(first, number, rendered.points_per_pixel)
        if text.model != DEFAULT_MODEL or (model := self._model_for(page)) == DEFAULT_MODEL:
            return page
        try:
            again = self._run_engine(rendered, model, deadline, index)
        except TimeoutError:
            text.timed_out = True
            return page
        text.model = model
        return parse_page(again, number, rendered.points_per_pixel, earlier=first)

    def _model_for(self, page: RecognisedPage) -> str:
        languages = AnnotatedText(tuple(page.lines)).languages if page.lines else ()
        is_told = 0 < len(languages) < len(LANGUAGES)
        return self._engine.model_for(languages[0]) if is_told else DEFAULT_MODEL

    def _run_engine(self, rendered: RenderedPage, model: str, deadline: float, index: int) -> str:
        if (left := deadline - monotonic()) < _MIN_PAGE_SECONDS:
            raise TimeoutError
        dpi = round(rendering.POINTS_PER_INCH / rendered.points_per_pixel)
        return self._engine.recognise(rendered.image, model, seconds=left, dpi=dpi, page=index)


def _adds_up(draft: InvoiceDraft) -> bool:
    if draft.net is None or draft.tax is None or draft.total is None:
        return False
    return abs(draft.net + draft.tax - draft.total) <= ROUNDING


def _require_text(text: RecognisedText) -> RecognisedText:
    if not text.lines:
        reason = ReasonCode.RECOGNITION_TIME if text.timed_out else ReasonCode.PICTURE_WITHOUT_TEXT
        raise UnreadableError(reason)
    return text

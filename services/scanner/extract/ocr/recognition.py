"""What is recognised in the documents of one message, inside the time that one message has for it."""

from dataclasses import dataclass, field
from time import monotonic

from services.scanner.extract.consistency_checks import ROUNDING
from services.scanner.extract.fields.annotated_text import Marks
from services.scanner.extract.invoice_draft import Draft
from services.scanner.extract.lexicon.languages import LANGUAGES
from services.scanner.extract.limits import Limits
from services.scanner.extract.message.parts import Part
from services.scanner.extract.ocr import pictures, rendering
from services.scanner.extract.ocr.engine import FIRST, Engine
from services.scanner.extract.ocr.image_selection import worth_recognising
from services.scanner.extract.ocr.page import RecognisedPage, page_of
from services.scanner.extract.ocr.rendering import Drawn
from services.scanner.extract.page.pdf import Pdf, opened
from services.scanner.extract.page.text_document import Line
from services.scanner.extract.reasons import UnreadableError
from shared.ledger_reasons import ReasonCode

PAGE_WIDTH = 595.0
"""Points; so wide is the page that an attached picture is taken for, as it seldom knows its own size."""
_SURE, _UNSURE = 0.85, 0.75
"""The most that a recognised value is believed: where net amount and tax come to the total, and elsewhere."""
_DOUBTFUL_WORD, _DOUBT = 0.6, 0.8
"""Below which confidence of the recogniser a value is believed less, and by which factor."""
_ONE_PAGE = 0.5
"""Seconds that must be left to begin another page."""


@dataclass(slots=True)
class Recognised:
    """Lines of recognised pages, as the text layer of a PDF gives them, and how sure each cell is, by its locator."""

    lines: tuple[Line, ...] = ()
    confidence: dict[str, float] = field(default_factory=dict)
    pages: set[int] = field(default_factory=set)
    ran_out_of_time: bool = False
    model: str = FIRST
    """Of the recogniser: that of the document's language, once it is known."""

    def mark(self, draft: Draft) -> None:
        """Say of each value that was recognised where it is from, and believe it less than one that was written."""
        most = _SURE if _adds_up(draft) else _UNSURE
        for name, evidence in draft.evidence.items():
            if (seen := self.confidence.get(evidence.locator)) is not None:
                believed = min(evidence.confidence, most) * (_DOUBT if seen < _DOUBTFUL_WORD else 1)
                draft.evidence[name] = evidence.model_copy(update={"source": "ocr", "confidence": round(believed, 3)})


class Recognition:
    """Recognises the characters in the pictures of one message."""

    def __init__(self, limits: Limits, engine: Engine | None = None) -> None:
        self._limits = limits
        self._engine = engine or Engine(limits)
        self._left = limits.ocr_seconds

    choose = staticmethod(worth_recognising)

    def of_pdf(self, document: Pdf, without: UnreadableError) -> Recognised:
        """What stands on those of the first pages that are pictures.

        Raises UnreadableError; if none is a picture, what the document was like `without` recognition.
        """
        found, budget = Recognised(), self._budget()
        for number, page in document.pages(self._limits.ocr_pages):
            if not rendering.is_picture(page, self._limits):
                continue
            found.pages.add(number)
            if not self._add(found, rendering.drawn(page, self._limits), number, budget):
                break
        if not found.pages:
            raise without
        return _readable(found)

    def of_picture(self, part: Part) -> Recognised:
        """What stands on an attached picture. Raises UnreadableError."""
        try:
            sizes = pictures.sizes(part.kind, part.data)[: self._limits.ocr_pages]
            for size in sizes:
                rendering.refuse_too_many(*size, self._limits)
            if part.kind == "jpeg":
                made = rendering.pdf_of(part.data, pictures.jpeg(part.data), PAGE_WIDTH)
                with opened(made, self._limits) as document:
                    return self.of_pdf(document, UnreadableError(ReasonCode.RECOGNITION_FAILED))
        except ValueError:
            raise UnreadableError(ReasonCode.RECOGNITION_FAILED) from None
        found, budget = Recognised(), self._budget()
        for number, size in enumerate(sizes, start=1):
            drawn = Drawn(part.data, PAGE_WIDTH / max(size.width, 1))
            found.pages.add(number)
            if not self._add(found, drawn, number, budget, place=number - 1):
                break
        return _readable(found)

    def _budget(self) -> float:
        """Until when a document may take, on the monotonic clock."""
        return monotonic() + min(self._left, self._limits.ocr_document_seconds)

    def _add(self, found: Recognised, drawn: Drawn, number: int, until: float, *, place: int = 0) -> bool:
        """Recognise one page more; False when there is no time left."""
        started = monotonic()
        try:
            page = self._in_its_language(found, drawn, number, until, place)
        except TimeoutError:
            found.ran_out_of_time = True
            return False
        finally:
            self._left -= monotonic() - started
        found.lines += tuple(page.lines)
        found.confidence |= page.confidence
        return True

    def _in_its_language(
        self, found: Recognised, drawn: Drawn, number: int, until: float, place: int
    ) -> RecognisedPage:
        """One model reads a page several times faster than all of them together: the first tells which one it takes."""
        first = self._answer(drawn, found.model, until, place)
        page = page_of(first, number, drawn.points_per_pixel)
        if found.model != FIRST or (model := self._model_for(page)) == FIRST:
            return page
        try:
            again = self._answer(drawn, model, until, place)
        except TimeoutError:
            found.ran_out_of_time = True
            return page
        found.model = model
        return page_of(again, number, drawn.points_per_pixel, earlier=first)

    def _model_for(self, page: RecognisedPage) -> str:
        languages = Marks(tuple(page.lines)).languages if page.lines else ()
        is_told = 0 < len(languages) < len(LANGUAGES)
        return self._engine.model_of(languages[0]) if is_told else FIRST

    def _answer(self, drawn: Drawn, model: str, until: float, place: int) -> str:
        if (left := until - monotonic()) < _ONE_PAGE:
            raise TimeoutError
        dpi = round(rendering.POINTS_PER_INCH / drawn.points_per_pixel)
        return self._engine.recognise(drawn.picture, model, seconds=left, dpi=dpi, page=place)


def _adds_up(draft: Draft) -> bool:
    if draft.net is None or draft.tax is None or draft.total is None:
        return False
    return abs(draft.net + draft.tax - draft.total) <= ROUNDING


def _readable(found: Recognised) -> Recognised:
    if not found.lines:
        reason = ReasonCode.RECOGNITION_TIME if found.ran_out_of_time else ReasonCode.PICTURE_WITHOUT_TEXT
        raise UnreadableError(reason)
    return found

"""The level of accuracy that is reached, on documents that are drawn in great variety."""

from collections.abc import Iterable

import pytest

from bench.extraction.corpus import delivered
from bench.extraction.score import FIELDS, Score
from samples.variety import Document, Form, documents, others
from tests.support.documents import report_of

SEED = "guarded"
LEVELS: dict[Form, tuple[int, float, dict[str, float]]] = {
    "pdf": (160, 0.98, {"vendor_tax_id": 0.95, "net": 0.95, "tax": 0.95}),
    "html": (80, 0.97, {"vendor": 0.92}),
    "text": (40, 0.95, {}),
}
"""By form: how many documents, the share of right values that every field reaches, and those that
are harder."""
CALIBRATED = 0.97


def scored(drawn: Iterable[Document]) -> Score:
    score = Score()
    for document in drawn:
        truth = {"file": document.name, "kind": document.form, "expected": document.expected}
        score.add(truth, report_of(delivered(document)).invoices)
    return score


@pytest.mark.parametrize("form", LEVELS)
def test_invoices_of_any_country_wording_and_layout_are_read(form: Form) -> None:
    count, level, harder = LEVELS[form]
    score = scored(documents(form, count, seed=SEED))
    failures = "\n".join(score.failures)
    assert score.found >= level * count, failures
    for field in FIELDS:
        wanted = score.right[field] + score.wrong[field] + score.missed[field]
        assert score.right[field] >= harder.get(field, level) * wanted, f"{field}\n{failures}"
    assert score.sure_right >= CALIBRATED * score.sure, failures


def test_other_documents_with_prices_are_no_invoices() -> None:
    read = {paper.name: report_of(delivered(paper)) for paper in others(80, seed=SEED)}
    assert {name for name, report in read.items() if report.invoices} == set()


def test_the_same_seed_draws_the_same_documents() -> None:
    assert [list(documents("pdf", 3, seed="a")), list(documents("html", 3, seed="a"))] == [
        list(documents("pdf", 3, seed="a")),
        list(documents("html", 3, seed="a")),
    ]
    assert next(documents("pdf", 1, seed="a")).data != next(documents("pdf", 1, seed="b")).data

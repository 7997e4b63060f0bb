"""The benchmark: measures a corpus and a generated one, prints the tables, keeps the figures."""

import argparse
import contextlib
import gc
import json
import resource
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from bench.extraction.corpus import drawn, messages, scans, singles
from bench.extraction.score import FIELDS, Row, Score, table
from bench.extraction.speed import pdfplumber_per_second
from bench.record import ROOT, record
from services.scanner.extract import documents
from services.scanner.extract.limits import Limits
from services.scanner.extract.message.parts import Part
from services.scanner.extract.pipeline import examine
from services.scanner.extract.reasons import UnreadableError

ROUNDS = 10
"""A parser child lives for thousands of documents: what it makes once, as a language's table, is
spread over some."""
STRUCTURED = ("ubl", "cii", "factur-x")
Measured = tuple["defaultdict[str, Score]", list[str], "Counter[str]"]


def measure(items: Iterator[tuple[Row, bytes]], limits: Limits) -> Measured:
    """Return scores by kind, the false invoices, and how many messages had which reason."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    false: list[str] = []
    reasons: Counter[str] = Counter()
    for truth, raw in items:
        started = _processor_time()
        report, _ = examine(raw, limits)
        score = scores[truth["kind"]]
        score.seconds += _processor_time() - started
        reasons[f"{truth['kind']}: {report.reason}"] += 1
        if truth["kind"] == "negative":
            score.documents += 1
            if report.invoices:
                score.found += 1
                false.append(f"{truth['file']}: {report.invoices[0].format} total {report.invoices[0].total}")
        else:
            score.add(truth, report.invoices)
    return scores, false, reasons


def _processor_time() -> float:
    """Return the seconds of this process and of the recognisers that it has started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def main(argv: list[str] | None = None) -> int:
    """Measure a corpus, print the tables, append the figures to `.local/bench.jsonl`."""
    parser = argparse.ArgumentParser(prog="extraction", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, default=ROOT.parent / "shared" / "corpus")
    parser.add_argument("--half", choices=("develop", "held-out"), help="the documents of half of the vendors")
    parser.add_argument("--failures", action="store_true", help="list every document with a wrong or missing value")
    parser.add_argument("--no-yardstick", action="store_true", help="leave pdfplumber out")
    parser.add_argument("--ocr", action="store_true", help="only scanned documents of our own, read by Tesseract")
    arguments = parser.parse_args(argv)
    if arguments.ocr:
        measured = measure(scans("bench"), Limits().with_ocr())
        show("scans: precision/recall", measured, failures=arguments.failures)
        score = measured[0]["scan"]
        figures = {f"right_{field}": score.right[field] / max(score.wanted(field), 1) for field in FIELDS}
        record("extraction_ocr", figures | {"per_second": score.documents / score.seconds}, {})
        return 0
    if not (arguments.corpus / "truth.jsonl").is_file():
        print(f"no corpus in {arguments.corpus}: give the folder that holds truth.jsonl", file=sys.stderr)
        return 1
    # First, in a process as fresh as a parser child.
    ratios = {} if arguments.no_yardstick else {"pdfplumber": speed(arguments.corpus)}
    figures = {}
    for name, items in (
        ("documents", singles(arguments.corpus, arguments.half)),
        ("mailbox", messages(arguments.corpus, arguments.half)),
        ("generated", drawn("bench")),
    ):
        measured = measure(items, Limits())
        show(f"{name}: precision/recall", measured, failures=arguments.failures)
        figures |= summary(name, measured[0])
    record("extraction", figures, ratios)
    return 0


def show(title: str, measured: Measured, *, failures: bool) -> None:
    """Print what was measured."""
    scores, false, reasons = measured
    table(title, scores)
    if failures:
        print(*(failure for score in scores.values() for failure in score.failures), sep="\n")
        print(*sorted(reasons.items()), sep="\n")
    print(f"false invoices: {len(false)} of {scores['negative'].documents}", *false, sep="\n  ")


def summary(name: str, scores: "defaultdict[str, Score]") -> dict[str, float]:
    """Return the figures that are kept."""
    structured = [scores[kind] for kind in STRUCTURED if kind in scores]
    total = sum(score.documents for score in structured)
    negative = scores["negative"]
    every = list(scores.values())
    sure = sum(score.sure for score in every)
    known = (
        {f"{name}_structured_right": round(sum(score.core_right for score in structured) / total, 4)} if total else {}
    )
    return known | {
        f"{name}_false_share": round(negative.found / max(negative.documents, 1), 4),
        f"{name}_sure_right": round(sum(score.sure_right for score in every) / max(sure, 1), 4),
        f"{name}_per_second": round(sum(score.documents for score in every) / sum(score.seconds for score in every), 1),
    }


def speed(corpus: Path) -> float:
    """Return the speed with PDFs as a multiple of pdfplumber's, from the bytes of the file to the
    invoice, on one core."""
    rows = [json.loads(line) for line in (corpus / "truth.jsonl").read_text().splitlines()]
    files = [corpus / row["file"] for row in rows if row["file"].endswith(".pdf") and row["kind"] != "negative"]
    parts = [Part("1", None, "pdf", path.read_bytes(), is_body=False) for path in files]
    envelope, limits = documents.MessageContext(), Limits()
    gc.collect()
    gc.freeze()  # as the parser child does; the corpus in memory would be looked through again and again
    started = process_time()
    for part in parts * ROUNDS:
        with contextlib.suppress(UnreadableError):
            documents.read(part, envelope, limits)
    own_speed = ROUNDS * len(parts) / (process_time() - started)
    yardstick_speed = pdfplumber_per_second(files)
    print(f"PDF: {own_speed:.0f} documents a second; pdfplumber's bare text {yardstick_speed:.1f}")
    return own_speed / yardstick_speed


if __name__ == "__main__":
    sys.exit(main())

"""What the extractor may not import, and that formats, limits and reasons are complete."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import get_args

from services.scanner.extract.formats import FORMATS, STRUCTURED
from services.scanner.extract.reasons import NOT_INVOICES
from services.scanner.extract.sandbox.pool import ParserLimit
from shared.invoice_types import InvoiceFormat
from shared.ledger_reasons import SENTENCES, ReasonCode

ROOT = Path(__file__).parents[3]
FORBIDDEN = {"faststream", "aio_pika", "motor", "pymongo", "fastapi", "prometheus_client"}


def _modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_parser_process_imports_nothing_that_reaches_servers() -> None:
    loaded = _modules_after("import services.scanner.extract.sandbox.parser_process")
    assert not {name.partition(".")[0] for name in loaded} & FORBIDDEN
    assert {name for name in loaded if name.startswith("shared.")} == {
        "shared.invoice_types",
        "shared.ledger_reasons",
        "shared.process_limits",
    }


def test_the_scanner_side_loads_no_parser() -> None:
    loaded = _modules_after("import services.scanner.extract.sandbox.pool, services.scanner.extract.dedupe")
    assert not loaded & {"lxml", "pypdfium2", "selectolax"}


def test_every_reason_has_its_own_sentence() -> None:
    assert set(SENTENCES) == set(ReasonCode)
    assert len(set(SENTENCES.values())) == len(SENTENCES)


def test_every_format_has_an_entry_with_a_reason_of_its_own() -> None:
    assert set(FORMATS) == set(get_args(InvoiceFormat))
    reasons = {entry.reason for entry in FORMATS.values()}
    assert reasons == {code for code in ReasonCode if code.startswith("found_")}
    assert len(reasons) == len(FORMATS)
    assert {"ubl", "cii", "factur-x", "json-ld"} == STRUCTURED


def test_every_format_has_a_reader() -> None:
    modules = {name: import_module(f"services.scanner.extract.{entry.reader}") for name, entry in FORMATS.items()}
    assert all(callable(module.read) for module in modules.values())
    xml = [modules[name] for name, entry in FORMATS.items() if entry.content == "xml"]
    assert all(callable(module.type_code) for module in xml)
    roots = [root for module in xml for root in module.ROOTS]
    assert len(roots) == len(set(roots))


def test_every_limit_has_its_reason() -> None:
    assert {f"stopped_{limit}" for limit in get_args(ParserLimit)} <= set(ReasonCode)
    assert ReasonCode.NO_DOCUMENT in NOT_INVOICES

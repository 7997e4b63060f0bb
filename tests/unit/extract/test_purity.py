"""What the extractor may not touch, and that every reason can be told to a person."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

from services.scanner.extract.model import Format
from services.scanner.extract.reasons import FOUND, NOT_INVOICES, STOPPED
from services.scanner.extract.sandbox.pool import Limit
from shared.ledger_reasons import SENTENCES, ReasonCode

ROOT = Path(__file__).parents[3]
FORBIDDEN = {"faststream", "aio_pika", "motor", "pymongo", "fastapi", "prometheus_client"}


def _modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_child_imports_nothing_that_reaches_servers() -> None:
    loaded = _modules_after("import services.scanner.extract.sandbox.child")
    assert not {name.partition(".")[0] for name in loaded} & FORBIDDEN
    assert {name for name in loaded if name.startswith("shared.")} == {"shared.process_limits", "shared.ledger_reasons"}


def test_the_scanner_side_loads_no_parser() -> None:
    loaded = _modules_after("import services.scanner.extract.sandbox.pool, services.scanner.extract.dedupe")
    assert not loaded & {"lxml", "pypdfium2", "selectolax"}


def test_every_reason_has_its_own_sentence() -> None:
    assert set(SENTENCES) == set(ReasonCode)
    assert len(set(SENTENCES.values())) == len(SENTENCES)


def test_every_format_and_every_limit_has_its_reason() -> None:
    assert set(FOUND) == set(get_args(Format))
    assert set(STOPPED) == set(get_args(Limit))
    assert ReasonCode.NO_DOCUMENT in NOT_INVOICES

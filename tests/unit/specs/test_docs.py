"""`./run docs`: every generated document in one go."""

import shutil
from pathlib import Path

from tools.docs import outdated_pages, write_pages
from tools.specs.writing import DOCS


def test_a_document_that_is_not_current_is_named_and_written(tmp_path: Path) -> None:
    for name in ("openapi.json", "cli.md"):
        shutil.copy(DOCS / name, tmp_path / name)
    assert outdated_pages(tmp_path) == []
    page = tmp_path / "cli.md"
    page.write_text(page.read_text(encoding="utf-8") + "by hand", encoding="utf-8")
    (tmp_path / "openapi.json").write_text("{}", encoding="utf-8")
    assert write_pages(tmp_path) == ["openapi.json", "cli.md"]
    assert outdated_pages(tmp_path) == []
    assert page.read_text(encoding="utf-8") == (DOCS / "cli.md").read_text(encoding="utf-8")

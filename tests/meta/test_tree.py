"""Rules about the source tree that no linter knows."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TOPS = ("services", "shared", "cli", "tools", "deploy", "samples", "bench")
SOURCES = [path for top in TOPS for path in (ROOT / top).rglob("*.py")]
LIMIT = 300


def test_no_source_file_outgrows_its_role() -> None:
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > LIMIT}
    assert long == {}

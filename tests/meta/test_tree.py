"""Rules about the source tree that no linter knows."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TOPS = ("services", "shared", "cli", "deploy", "samples", "bench")
SOURCES = [path for top in TOPS for path in (ROOT / top).rglob("*.py")]
UNTRACKED = {".git", ".local", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
LIMIT = 300


def test_no_source_file_outgrows_its_role() -> None:
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > LIMIT}
    assert long == {}


def test_no_file_names_a_path_of_this_machine() -> None:
    here = [path.encode() + b"/" for path in {str(ROOT.parent), str(Path.home())} if path != "/"]
    files = [path for entry in ROOT.iterdir() if entry.name not in UNTRACKED for path in _files(entry)]
    assert len(files) > len(SOURCES)
    assert [str(path) for path in files if any(name in path.read_bytes() for name in here)] == []


def _files(entry: Path) -> list[Path]:
    if entry.is_file():
        return [entry]
    return [path for path in entry.rglob("*") if path.is_file() and not UNTRACKED.intersection(path.parts)]

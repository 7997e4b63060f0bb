"""Rules about the source tree that no linter knows."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOPS = ("services", "shared", "cli", "deploy", "samples", "bench")
SOURCES = [path for top in TOPS for path in (ROOT / top).rglob("*.py")]
LIMIT = 300


def test_no_source_file_outgrows_its_role() -> None:
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > LIMIT}
    assert long == {}


def test_no_tracked_file_names_a_path_of_this_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    here = [str(ROOT.parent) + "/", str(Path.home()) + "/"]
    named = [
        name
        for name in tracked
        if (text := (ROOT / name).read_bytes()) and any(path.encode() in text for path in here if path != "//")
    ]
    assert named == []

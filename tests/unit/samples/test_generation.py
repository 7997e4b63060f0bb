"""Making the samples: the same bytes every time, and only when there is need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from samples import make
from samples.mailboxes import MAILBOXES
from tests.support.waiting import SECONDS
from tests.unit.samples.conftest import USERS, Samples

FILES = ("truth.jsonl", *(f"{user}.mbox" for user in USERS))
SMALLEST = 70


@pytest.fixture
def one_small_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    small = type(MAILBOXES[0])("ada", MAILBOXES[0].owner, ("en",), ("GB", "IE", "US"), SMALLEST)
    monkeypatch.setattr("samples.mailboxes.MAILBOXES", (small,))


def test_another_process_with_another_hash_seed_writes_the_same_bytes(samples: Samples, tmp_path: Path) -> None:
    seeded = {**os.environ, "PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-m", "samples", str(tmp_path)], check=True, env=seeded, timeout=SECONDS)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (samples.folder / name).read_bytes(), name


def test_each_mailbox_is_at_most_a_few_megabytes(samples: Samples) -> None:
    assert all((samples.folder / name).stat().st_size < 4_000_000 for name in FILES)


@pytest.mark.usefixtures("one_small_mailbox")
def test_a_second_run_leaves_the_files_alone(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "ada.mbox").write_bytes(b"mine")
    make(tmp_path)
    assert (tmp_path / "ada.mbox").read_bytes() == b"mine"


@pytest.mark.usefixtures("one_small_mailbox")
def test_a_missing_file_is_made_again(tmp_path: Path) -> None:
    make(tmp_path)
    before = (tmp_path / "ada.mbox").read_bytes()
    (tmp_path / "ada.mbox").unlink()
    make(tmp_path)
    assert (tmp_path / "ada.mbox").read_bytes() == before


@pytest.mark.usefixtures("one_small_mailbox")
def test_samples_of_another_generation_are_made_anew(tmp_path: Path) -> None:
    make(tmp_path)
    stamp = tmp_path / ".samples-generation"
    stamp.write_text(stamp.read_text().replace(stamp.read_text()[:8], "00000000", 1))
    (tmp_path / "ada.mbox").write_bytes(b"old")
    make(tmp_path)
    assert (tmp_path / "ada.mbox").stat().st_size > len(b"old")


@pytest.mark.parametrize("argument", [(), ("--unknown",)])
def test_a_call_without_a_folder_is_refused(argument: tuple[str, ...], tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    call = [sys.executable, "-m", "samples", *argument]
    refused = subprocess.run(
        call, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=SECONDS
    )
    assert (refused.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "usage" in refused.stderr

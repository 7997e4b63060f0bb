"""What the end of a test run says of a failure, and that a serial test runs beside no other."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SAMPLE = """
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.logs import output_of, reported

RUNNING = Path(__file__).with_name("running")


def others(name):
    return {path.name for path in RUNNING.iterdir()} - {name}


@pytest.mark.serial
@pytest.mark.parametrize("number", range(4))
def test_alone(number):
    mine = RUNNING / f"alone-{number}"
    mine.touch()
    beside = set.union(*(others(mine.name) for _ in range(200)))
    mine.unlink()
    assert beside == set()


@pytest.mark.parametrize("number", range(20))
def test_with_others(number):
    mine = RUNNING / f"other-{number}"
    mine.touch()
    others(mine.name)
    mine.unlink()


def test_that_fails(tmp_path):
    log = tmp_path / "server.log"
    log.write_text("said before the test\\n")
    with reported(log), output_of("service") as output:
        with log.open("a") as server:
            server.write("the disk is full\\n")
        subprocess.run([sys.executable, "-c", "print('cannot store')"], stdout=output, check=True)
    assert "status" == "DONE", "the task did not end"
"""


def test_the_end_of_a_run_tells_what_failed_with_its_logs(tmp_path: Path) -> None:
    (tmp_path / "running").mkdir()
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(ROOT)]
    command += ["-c", str(ROOT / "pyproject.toml"), "--numprocesses", "2", str(tmp_path)]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAILTALLY_TEST_"))}
    said = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert "1 failed, 24 passed" in said.stdout, said.stdout + said.stderr
    assert "MAILTALLY_TEST_SEED=" in said.stdout
    end = said.stdout.partition("::test_that_fails (call)")[2]
    assert "the task did not end" in end
    assert "the disk is full" in end
    assert "said before the test" not in end
    assert "cannot store" in end
    assert "slowest 10 durations" in end

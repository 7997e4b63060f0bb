"""The version that the services report is the one of the package."""

import tomllib
from pathlib import Path

from shared.version import VERSION

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_the_reported_version_is_that_of_pyproject() -> None:
    assert tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"] == VERSION

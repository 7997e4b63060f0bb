"""What the tests of the contract share."""

from pathlib import Path

import pytest

from tests.support.node import install


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages for Node.js, which is installed with its npm when missing."""
    return install(tmp_path_factory.mktemp("node"))

"""The manifests of deploy/kubernetes as `kubectl` puts them together, without a cluster."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.installed import installed

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
OVERLAYS = ("small", "production")

Manifest = dict[str, Any]


@cache
def built(overlay: str) -> tuple[Manifest, ...]:
    """All manifests of an overlay. Raises `StackError` without a kubectl, AssertionError with what it says."""
    command = [installed("kubectl", "kubernetes-client"), "kustomize", str(FOLDER / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # A warning is about what a later version refuses. Of "unknown field" an older kubectl than 1.27 speaks.
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def servers() -> list[Manifest]:
    """The examples of a RabbitMQ cluster and a MongoDB replica set."""
    files = sorted((FOLDER / "servers").glob("*.yaml"))
    return [manifest for file in files for manifest in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def of_kind(kind: str, overlay: str) -> dict[str, Manifest]:
    """Name -> manifest."""
    return {manifest["metadata"]["name"]: manifest for manifest in built(overlay) if manifest["kind"] == kind}

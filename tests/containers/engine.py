"""The Docker engine of this machine, asked through its own command line: contexts and settings are the user's."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from tools.stack.layout import PROJECT

_COMPOSE = (2, 24)
"""The first that takes an `env_file` that need not be there."""
_DOCKERFILE = PROJECT / "deploy" / "Dockerfile"


def docker(*arguments: str) -> str:
    """What `docker ARGUMENTS` prints; raises `CalledProcessError` with its error output."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def inspect(*objects: str) -> list[dict[str, Any]]:
    """What the engine knows of containers or images."""
    found: list[dict[str, Any]] = json.loads(docker("inspect", *objects))
    return found


def obstacle() -> str | None:
    """What is missing to run Compose here, in sentences; None when nothing is."""
    if shutil.which("docker") is None:
        return "There is no docker program. Install Docker Engine with its Compose plugin."
    try:
        docker("version", "--format", "{{.Server.Version}}")
        version = docker("compose", "version", "--short")
    except subprocess.CalledProcessError as error:
        return (
            f"{' '.join(error.cmd)}: {error.stderr.strip()}\nA running Docker engine with its Compose plugin is needed."
        )
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < _COMPOSE:
        return f"Docker Compose {version.strip()} is too old: {'.'.join(map(str, _COMPOSE))} or newer is needed."
    return None


def missing(images: Sequence[str]) -> str | None:
    """Which of these images is neither here nor can be pulled, in a sentence; None when all are here now."""
    for image in images:
        if docker("image", "ls", "--quiet", image).strip():
            continue
        try:
            docker("pull", "--quiet", image)
        except subprocess.CalledProcessError as error:
            return f"The image {image} is not on this machine and cannot be pulled: {error.stderr.strip()}"
    return None


def base_images() -> list[str]:
    """Those that our own image is built from."""
    return sorted(set(re.findall(r"^FROM (\S+)", _DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)))

"""docker-compose.yml as one project of its own: free ports, made-up settings of the tests, nothing left at the end."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.containers.engine import docker, inspect
from tests.containers.figures import Figures
from tests.support.waiting import eventually_sync
from tools.stack.layout import PROJECT
from tools.stack.ports import free_ports

PORTS = ("API_PORT", "RABBITMQ_PORT", "RABBITMQ_UI_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")
"""The variables of docker-compose.yml that publish a port."""

STEPS = {"secrets", "provision", "migrate"}
"""The services that do their work at each start, and end."""

_SETTINGS = "MAILTALLY_SLICE_MESSAGES=20\nMAILTALLY_SLICE_LEASE_S=5\n"
"""Every scan is spread over the scanners, and what a dead one held is soon free."""
_START_SECONDS = 300


@dataclass(frozen=True)
class Container:
    """One container of the project, as the engine knows it."""

    service: str
    number: int
    known: dict[str, Any]

    @property
    def restarts(self) -> int:
        """How often its restart policy has started it again."""
        return int(self.known["RestartCount"])

    @property
    def is_step(self) -> bool:
        """Whether it does its work and ends."""
        return self.service in STEPS

    @property
    def health(self) -> str:
        """`healthy`, `unhealthy` or `starting`; `none` where nothing is checked."""
        return str(self.known["State"].get("Health", {}).get("Status", "none"))


@dataclass(frozen=True)
class Compose:
    """The commands of `docker compose` on one project."""

    project: str
    environment: Mapping[str, str]
    folder: Path
    files: tuple[str, ...] = ("docker-compose.yml",)

    def run(self, *arguments: str, check: bool = True, given: str | None = None, apart: bool = False) -> str:
        """What the command prints on standard output; `given` is its input.

        With `check`, an exit code other than 0 is an error. What runs `apart` is not reached by Ctrl-C.
        """
        files = [f"--file={file}" for file in self.files]
        command = ["docker", "compose", *files, "--env-file", os.devnull, "--project-name", self.project, *arguments]
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            input=given,
            start_new_session=apart,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def up(self, *options: str) -> None:
        """Start what is not running, and wait until all of it is healthy; tells what its log says if it is not."""
        try:
            self.run("up", "--detach", "--wait", "--wait-timeout", str(_START_SECONDS), "--no-build", *options)
        except AssertionError as error:
            error.add_note(self.run("ps", "--all"))
            error.add_note(self.run("logs", "--no-color", "--tail", "30"))
            raise

    def execute(self, service: str, *command: str, given: str | None = None) -> str:
        """What a command prints inside the first container of a service."""
        return self.run("exec", "--no-TTY", service, *command, given=given)

    def passwords(self) -> dict[str, dict[str, str]]:
        """Every password and key, as the operator sees them."""
        show = ("cat", "/secrets/operator/passwords.json")
        kept: dict[str, dict[str, str]] = json.loads(
            self.run("run", "--rm", "--no-deps", "--no-TTY", "provision", *show)
        )
        return kept

    def containers(self) -> list[Container]:
        """All of them, those that have ended too."""
        ids = self.run("ps", "--all", "--quiet").split()
        return [
            Container(labels["com.docker.compose.service"], int(labels["com.docker.compose.container-number"]), known)
            for known in inspect(*ids)
            for labels in (known["Config"]["Labels"],)
        ]

    def of(self, service: str) -> list[Container]:
        """Those of one service."""
        return [container for container in self.containers() if container.service == service]

    def kill(self, service: str) -> None:
        """End the first container's processes as a lack of memory would; its restart policy starts it again.

        From inside, as the engine leaves a container alone that it was itself told to kill (`docker kill`).
        """
        before = self.of(service)[0].restarts
        self.run("exec", "--no-TTY", service, "sh", "-c", "kill -KILL -1", check=False)

        def is_started_again() -> bool:
            return self.of(service)[0].restarts > before

        eventually_sync(is_started_again)

    def until_healthy(self) -> None:
        """Wait until every container that is checked is healthy."""

        def are_healthy() -> bool:
            return {container.health for container in self.containers()} <= {"healthy", "none"}

        eventually_sync(are_healthy)

    def port(self, variable: str) -> int:
        """The port on 127.0.0.1 that one of `PORTS` stands for."""
        return int(self.environment[variable])

    @property
    def images(self) -> list[str]:
        """Those that it starts and does not build."""
        started = [service for service in self.config["services"].values() if not service.get("profiles")]
        return sorted({service["image"] for service in started if "build" not in service})

    @cached_property
    def config(self) -> dict[str, Any]:
        """The compose file as Compose understands it, profiles included."""
        read: dict[str, Any] = json.loads(self.run("--profile", "*", "config", "--format", "json"))
        return read


def project(folder: Path) -> Compose:
    """A project that nothing else knows, with free ports and an image of its own; starts nothing."""
    name = f"mailtally-test-{os.urandom(4).hex()}"
    settings = folder / "settings.env"
    settings.write_text(_SETTINGS)
    ours = {"SERVICE_IMAGE": f"{name}:local", "SERVICE_ENV_FILE": str(settings)}
    ports = {variable: str(port) for variable, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    return Compose(name, {**_inherited(), **ports, **ours}, folder)


@contextmanager
def running(compose: Compose, figures: Figures, log: Path) -> Iterator[Compose]:
    """Build it, start it, and remove all of it at the end, whatever happens: containers, networks, volumes, image.

    What was written to the logs is in the file `log` then.
    """
    try:
        with figures.measured("build"):
            compose.run("--progress", "plain", "build")
        with figures.measured("first start, until all are healthy"):
            compose.up()
        yield compose
    finally:
        log.write_text(compose.run("logs", "--no-color", "--timestamps", check=False))
        try:
            compose.run("down", "--volumes", "--timeout", "0", "--remove-orphans", apart=True)
        finally:
            docker("image", "rm", "--force", compose.environment["SERVICE_IMAGE"])


def _inherited() -> dict[str, str]:
    """The environment without what would change the project: a developer's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAILTALLY_", "COMPOSE_"))}

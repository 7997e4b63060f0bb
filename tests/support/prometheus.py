"""A real Prometheus from the system's packages, and its promtool."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support import logs
from tests.support.installed import installed
from tests.support.monitoring import PROMETHEUS, scrape_jobs
from tests.support.waiting import SECONDS, eventually_sync
from tools.stack.ports import free_ports

Series = dict[str, str]


def program(name: str) -> str:
    """`prometheus` or `promtool`, installed when missing. Raises `StackError` when it cannot be had."""
    return installed(name, "prometheus")


def promtool(*arguments: str) -> str:
    """What it says; raises with that when it finds fault."""
    command = [program("promtool"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROMETHEUS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Prometheus:
    """A running server."""

    client: httpx.Client

    def ask(self, expression: str) -> list[tuple[Series, float]]:
        """The instant vector; raises when the expression is none."""
        answer = self._get("query", query=expression)
        return [(sample["metric"], float(sample["value"][1])) for sample in answer["result"]]

    def series(self, selector: str) -> list[Series]:
        """The labels of all series that match."""
        found: list[Series] = self._get("series", **{"match[]": selector})
        return found

    def targets(self) -> list[dict[str, Any]]:
        """What is scraped, and how that went."""
        found: list[dict[str, Any]] = self._get("targets", state="active")["activeTargets"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """All rules with their health."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def _get(self, what: str, **params: str) -> Any:
        answer = self.client.get(f"/api/v1/{what}", params=params)
        assert answer.is_success, answer.text
        return answer.json()["data"]


@contextmanager
def running(folder: Path, targets: dict[str, list[str]], *, every_s: int = 2) -> Iterator[Prometheus]:
    """The product's own configuration, with these targets ("host:port") of its jobs.

    A scrape may take as long as the interval.
    """
    port = free_ports(1)[0]
    configuration = folder / "prometheus.yml"
    configuration.write_text(yaml.safe_dump(_for_targets(targets, every_s)), encoding="utf-8")
    command = [
        program("prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (
        logs.output_of("prometheus") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS) as client:
                eventually_sync(lambda: _is_ready(client, process))
                yield Prometheus(client)
        finally:
            process.kill()  # nobody wants its data


def _for_targets(targets: dict[str, list[str]], every_s: int) -> dict[str, Any]:
    jobs = scrape_jobs()
    assert jobs.keys() == targets.keys()
    for name, job in jobs.items():
        job.pop("dns_sd_configs", None)
        job["static_configs"] = [{"targets": targets[name]}]
    return {
        "global": {"scrape_interval": f"{every_s}s", "evaluation_interval": f"{every_s}s"},
        "rule_files": [str(PROMETHEUS / "alerts.yml")],
        "scrape_configs": [*jobs.values()],
    }


def _is_ready(client: httpx.Client, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "Prometheus did not start"
    try:
        return client.get("/-/ready").is_success
    except httpx.TransportError:
        return False

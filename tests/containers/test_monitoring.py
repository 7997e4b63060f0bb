"""Prometheus in its container reaches every process and has every rule."""

import json
import re
from collections import Counter
from typing import Any

import httpx

from tests.containers.compose import Compose
from tests.support.monitoring import PROMETHEUS, alerts
from tests.support.waiting import SECONDS, eventually_sync

DOCTOR = ("python", "-m", "deploy.doctor", "--json")


def ask(deployment: Compose, path: str) -> Any:
    """The `data` of an answer of Prometheus."""
    url = f"http://127.0.0.1:{deployment.port('PROMETHEUS_PORT')}/api/v1/{path}"
    return httpx.get(url, trust_env=False, timeout=SECONDS).raise_for_status().json()["data"]


def test_every_process_is_scraped(deployment: Compose) -> None:
    jobs = re.findall(r"job_name: ([\w-]+)", (PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    replicas = Counter(container.service for container in deployment.containers())
    expected = {job: replicas.get(job, 1) for job in jobs}

    def up() -> Counter[str]:
        targets = ask(deployment, "targets?state=active")["activeTargets"]
        return Counter(target["labels"]["job"] for target in targets if target["health"] == "up")

    def all_are_up() -> bool:
        return up() == expected

    eventually_sync(all_are_up)


def test_every_alert_is_loaded_and_none_has_an_error(deployment: Compose) -> None:

    def evaluated() -> bool:
        return all(rule["health"] != "unknown" for rule in rules())

    def rules() -> list[dict[str, Any]]:
        return [rule for group in ask(deployment, "rules")["groups"] for rule in group["rules"]]

    eventually_sync(evaluated)
    loaded = sorted(rule["name"] for rule in rules() if rule["type"] == "alerting")
    assert loaded == sorted(rule["alert"] for rule in alerts())
    assert {rule["name"]: rule.get("lastError") for rule in rules() if rule["health"] != "ok"} == {}


def test_the_doctor_finds_nothing_wrong(deployment: Compose) -> None:
    deployment.until_healthy()
    told = json.loads(deployment.run("run", "--rm", "--no-deps", "--no-TTY", "provision", *DOCTOR, check=False))
    assert [check for check in told["checks"] if check["state"] == "problem"] == []


def test_what_was_scanned_is_counted(deployment: Compose) -> None:
    def counted() -> bool:
        found = ask(deployment, "query?query=sum(mailtally_messages_scanned_total)")["result"]
        return bool(found) and float(found[0]["value"][1]) > 0

    eventually_sync(counted)

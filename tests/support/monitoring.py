"""What the alerts and the dashboards ask of Prometheus, read from the files that it and Grafana are given."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"

_METRIC = re.compile(r"\b(?:mailtally|faststream|rabbitmq|process|up)(?:_\w+)?\b")


def scrape_jobs() -> dict[str, dict[str, Any]]:
    """Name -> job of the configuration that Prometheus is started with."""
    configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    return {job["job_name"]: job for job in configuration["scrape_configs"]}


def rules() -> list[dict[str, Any]]:
    """Every rule: those that record and those that alert."""
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """The rules that alert."""
    return [rule for rule in rules() if "alert" in rule]


def rule_tests() -> list[dict[str, Any]]:
    """The cases of promtool."""
    tests: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    return tests


def dashboards() -> dict[str, dict[str, Any]]:
    """File name -> Grafana's model."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}


def targets() -> list[tuple[str, dict[str, Any]]]:
    """Every query of every panel, with "dashboard: panel"."""
    return [
        (f"{dashboard['title']}: {panel['title']}", target)
        for dashboard in dashboards().values()
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]


def metrics_in(expression: str) -> set[str]:
    """The series names in PromQL; those that rules record are none of them."""
    bare = re.sub(r'"[^"]*"|mailtally:[\w:]+|\bby \([^)]*\)|\bon ?\([^)]*\)', "", expression)
    return set(_METRIC.findall(bare))

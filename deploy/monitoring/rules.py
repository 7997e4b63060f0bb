"""Alerts for the Prometheus operator, generated from deploy/prometheus/alerts.yml."""

import json
from pathlib import Path

import yaml

_DEPLOY = Path(__file__).parents[1]
FILE = _DEPLOY / "kubernetes" / "components" / "monitoring" / "rules.json"


def text() -> str:
    """Return a PrometheusRule with the same groups."""
    groups = yaml.safe_load((_DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "mailtally"},
        "spec": {"groups": groups},
    }
    return json.dumps(rule, indent=1) + "\n"

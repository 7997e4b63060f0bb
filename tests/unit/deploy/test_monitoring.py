"""Alerts and dashboard name only metrics and labels that something exports, and every alert has its runbook entry."""

import json
import re

import pytest

from shared.topology import WORK_QUEUES
from tests.unit.deploy.exported import ROOT, exported, labels_of_products

ALERTS = (ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8")
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboards/overview.json").read_text(encoding="utf-8"))
RUNBOOK = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

NAMES = re.findall(r"^ +- alert: (\w+)$", ALERTS, re.MULTILINE)
TARGETS = [(panel["title"], target) for panel in DASHBOARD["panels"] for target in panel["targets"]]
METRIC = re.compile(r"\b(?:mailtally|faststream|rabbitmq|process|up)(?:_\w+)?\b")
SELECTOR = re.compile(r"\b(mailtally_\w+?)(?:_bucket|_sum|_count|_total)?\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
TARGET_LABELS = {"le", "job", "instance"}
"""Labels that Prometheus itself adds."""


def metrics_in(expression: str) -> set[str]:
    return set(METRIC.findall(re.sub(r'"[^"]*"', '""', expression)))


def test_an_alert_is_there_for_each_promise() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 5


def test_alerts_name_metrics_that_exist() -> None:
    expressions = re.sub(r"#.*|annotations:\n(?: {10}.*\n)+|- (?:alert|name): .*", "", ALERTS)
    named = metrics_in(expressions)
    assert len(named) >= 5
    assert named - exported() == set()


@pytest.mark.parametrize(("title", "target"), TARGETS)
def test_a_panel_names_metrics_that_exist(title: str, target: dict[str, str]) -> None:
    named = metrics_in(target["expr"])
    assert named, title
    assert named - exported() == set()


@pytest.mark.parametrize(("title", "target"), TARGETS)
def test_a_legend_names_labels_that_the_query_keeps(title: str, target: dict[str, str]) -> None:
    wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    groups = GROUPED.findall(target["expr"])
    kept = {label.strip() for group in groups for label in group.split(",")} if groups else TARGET_LABELS
    assert wanted <= kept, title


@pytest.mark.parametrize("text", [ALERTS, json.dumps([target["expr"] for _, target in TARGETS]).replace('\\"', '"')])
def test_selectors_use_labels_that_the_metric_has(text: str) -> None:
    labels = labels_of_products()
    selectors = SELECTOR.findall(text)
    assert selectors
    for metric, matchers in selectors:
        used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        assert used <= labels[metric] | TARGET_LABELS, metric


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_has_a_runbook_entry_and_a_test(name: str) -> None:
    assert f"runbook: docs/operations.md#{name.lower()}\n" in ALERTS
    assert re.search(rf"^#+ {name}$", RUNBOOK, re.MULTILINE)
    assert f"alertname: {name}\n" in (ROOT / "deploy/prometheus/alerts.test.yml").read_text(encoding="utf-8")


def test_the_runbook_has_no_entry_without_an_alert() -> None:
    assert set(re.findall(r"^#+ (Mailtally[A-Z]\w+)$", RUNBOOK, re.MULTILINE)) == set(NAMES)


def test_panels_have_ids_of_their_own_and_the_one_data_source() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert {target["datasource"]["uid"] for _, target in TARGETS} == {"${datasource}"}


def test_every_queue_that_a_service_consumes_is_watched_for_its_consumers() -> None:
    found = re.search(r'rabbitmq_queue_consumers\{queue=~"([^"]+)"', ALERTS)
    assert found is not None
    names = {name for queue in WORK_QUEUES for name in (queue.name, queue.dead)}
    assert {name for name in names if re.fullmatch(found[1], name)} == {queue.name for queue in WORK_QUEUES}

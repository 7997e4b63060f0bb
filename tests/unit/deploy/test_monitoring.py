"""Alerts and dashboards name only metrics and labels that something exports; alerts fire, and have a runbook entry."""

import re
from typing import Any

import pytest

from deploy.monitoring.writing import FOLDER, files
from shared.messaging.topology import WORK_QUEUES
from tests.support.exported_metrics import ROOT, exported, labels_of_products
from tests.support.monitoring import alerts, dashboards, metrics_in, rule_tests, rules, targets
from tests.support.prometheus import promtool

RUNBOOK = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

NAMES = [rule["alert"] for rule in alerts()]
TARGETS = targets()
EXPRESSIONS = [rule["expr"] for rule in rules()] + [target["expr"] for _, target in TARGETS]
SELECTOR = re.compile(r"\b(mailtally_\w+?)(?:_bucket|_sum|_count|_total)?\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
TARGET_LABELS = {"le", "job", "instance"}
"""Labels that Prometheus itself adds."""
PROMISED = {
    "MailtallyNoConsumers",
    "MailtallyStatusLag",
    "MailtallyDeadLetters",
    "MailtallyTasksStalled",
    "MailtallyRedrives",
    "MailtallyQueueGrowing",
    "MailtallyTasksFailing",
    "MailtallyLoginsRefused",
    "MailtallyServerAway",
    "MailtallyDiskFilling",
}


def test_an_alert_is_there_for_each_promise() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert set(NAMES) >= PROMISED


def test_prometheus_takes_the_configuration_and_every_alert_fires_when_it_should() -> None:
    promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "alerts.test.yml")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_alerts_and_panels_name_metrics_that_exist(expression: str) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    named = metrics_in(expression)
    assert named or set(re.findall(r"mailtally:[\w:]+", expression)) <= recorded
    assert named - exported() == set()


@pytest.mark.parametrize(("title", "target"), TARGETS)
def test_a_legend_names_labels_that_the_query_keeps(title: str, target: dict[str, Any]) -> None:
    wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    groups = GROUPED.findall(target["expr"])
    kept = {label.strip() for group in groups for label in group.split(",")} if groups else TARGET_LABELS
    assert wanted <= kept, title


def test_selectors_use_labels_that_the_metric_has() -> None:
    labels = labels_of_products()
    selectors = [found for expression in EXPRESSIONS for found in SELECTOR.findall(expression)]
    assert len(selectors) > 5
    for metric, matchers in selectors:
        used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        assert used <= labels[metric] | TARGET_LABELS, metric


@pytest.mark.parametrize("rule", alerts(), ids=NAMES)
def test_an_alert_has_a_severity_a_runbook_entry_and_a_test_of_each_kind(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    (entry,) = re.findall(rf"^### {name}\n\n\*\*(\w+)\.\*\*(.*?)(?=^#)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert entry[0] == rule["labels"]["severity"]
    assert "Look:" in entry[1]
    assert "Do:" in entry[1]
    cases = [case for test in rule_tests() for case in test["alert_rule_test"] if case["alertname"] == name]
    assert any(case["exp_alerts"] for case in cases), "no test in which it fires"
    assert any(not case["exp_alerts"] for case in cases), "no test in which it is silent"


def test_the_runbook_has_no_entry_without_an_alert() -> None:
    assert set(re.findall(r"^#+ (Mailtally[A-Z]\w+)$", RUNBOOK, re.MULTILINE)) == set(NAMES)


def test_the_dashboards_are_what_the_code_says() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == files(), "run python -m deploy.monitoring, and commit what it writes"


@pytest.mark.parametrize("name", dashboards())
def test_panels_have_ids_and_places_of_their_own_and_the_one_data_source(name: str) -> None:
    panels = dashboards()[name]["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(ids) == len(set(ids))
    taken = [cell for panel in panels for cell in cells(panel["gridPos"])]
    assert len(taken) == len(set(taken))
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    assert {target["datasource"]["uid"] for panel in panels for target in panel["targets"]} == {"${datasource}"}


def cells(place: dict[str, int]) -> list[tuple[int, int]]:
    """The cells of Grafana's grid that a panel covers."""
    columns, lines = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
    return [(column, line) for column in columns for line in lines]


def test_every_queue_that_a_service_consumes_is_watched_for_its_consumers() -> None:
    (rule,) = (rule for rule in alerts() if rule["alert"] == "MailtallyNoConsumers")
    found = re.search(r'rabbitmq_detailed_queue_consumers\{queue=~"([^"]+)"', rule["expr"])
    assert found is not None
    names = {name for queue in WORK_QUEUES for name in (queue.name, queue.dead)}
    assert {name for name in names if re.fullmatch(found[1].replace("\\\\", "\\"), name)} == {
        queue.name for queue in WORK_QUEUES
    }

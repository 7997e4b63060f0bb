"""Dashboards and panels, and their form in Grafana's JSON model (schema version 39, Grafana 11 and
later)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_COLUMNS = 24
_HEIGHTS = {"stat": 4, "timeseries": 8}
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Query:
    """PromQL and the legend of its lines; `{{label}}` stands for a label that the query keeps."""

    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """A number (`stat`) or lines over time. `unit` is one of Grafana's, `width` is of 24 columns.

    `alarm` is the value from which a number is red; with `below` it is red under it.
    """

    title: str
    queries: Sequence[Query]
    unit: str = "short"
    description: str = ""
    kind: Literal["stat", "timeseries"] = "timeseries"
    width: int = 8
    alarm: float | None = None
    below: bool = False


@dataclass(frozen=True)
class Dashboard:
    """Panels in rows, from the left, each row full before the next one begins."""

    name: str
    title: str
    panels: Sequence[Panel]

    def as_grafana(self) -> dict[str, Any]:
        """Return the JSON model, which Grafana's provisioning reads."""
        return {
            "uid": f"mailtally-{self.name}",
            "title": self.title,
            "tags": ["mailtally"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "refresh": "10s",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "templating": {
                "list": [
                    {
                        "name": "datasource",
                        "type": "datasource",
                        "query": "prometheus",
                        "label": "Data source",
                        "current": {"text": "Prometheus", "value": "mailtally-prometheus"},
                        "hide": 2,
                    }
                ]
            },
            "links": [{"type": "dashboards", "tags": ["mailtally"], "title": "Mailtally", "asDropdown": True}],
            "annotations": {"list": []},
            "panels": [
                _panel(number, panel, place)
                for number, (panel, place) in enumerate(zip(self.panels, self._places(), strict=True), start=1)
            ],
        }

    def _places(self) -> Iterator[dict[str, int]]:
        x = y = height = 0
        for panel in self.panels:
            if x + panel.width > _COLUMNS:
                x, y, height = 0, y + height, 0
            height = max(height, _HEIGHTS[panel.kind])
            yield {"x": x, "y": y, "w": panel.width, "h": _HEIGHTS[panel.kind]}
            x += panel.width


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    if panel.alarm is not None:
        before, after = ("red", "green") if panel.below else ("green", "red")
        steps = [{"color": before, "value": None}, {"color": after, "value": panel.alarm}]
        defaults |= {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [_target(letter, query, panel) for letter, query in zip("ABCDEFGH", panel.queries, strict=False)],
        "options": _options(panel),
    }


def _target(letter: str, query: Query, panel: Panel) -> dict[str, Any]:
    instant = panel.kind == "stat"
    return {
        "refId": letter,
        "datasource": _SOURCE,
        "expr": query.expression,
        "legendFormat": query.legend,
        "instant": instant,
        "range": not instant,
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "textMode": "value_and_name" if any(query.legend for query in panel.queries) else "auto",
    }

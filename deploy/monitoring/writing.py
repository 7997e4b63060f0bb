"""Files of all dashboards, as Grafana is provisioned with them."""

import json
from pathlib import Path

from deploy.monitoring import broker, overview, scanner, service
from deploy.monitoring.model import Dashboard

FOLDER = Path(__file__).parents[1] / "grafana" / "dashboards"
DASHBOARDS: tuple[Dashboard, ...] = (
    overview.DASHBOARD,
    scanner.DASHBOARD,
    broker.DASHBOARD,
    service.DASHBOARD,
)


def files() -> dict[str, str]:
    """Return file name -> text."""
    return {f"{dashboard.name}.json": json.dumps(dashboard.as_grafana(), indent=1) + "\n" for dashboard in DASHBOARDS}

"""`python -m deploy.monitoring` writes the dashboards of Grafana and the rules of the Prometheus
operator."""

import sys

from deploy.monitoring import rules
from deploy.monitoring.writing import FOLDER, files


def main() -> None:
    """Write every file."""
    for path, text in {**{FOLDER / name: text for name, text in files().items()}, rules.FILE: rules.text()}.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.name}\n")


if __name__ == "__main__":
    main()

"""`python -m deploy.dashboards`: writes deploy/grafana/dashboards/*.json anew."""

import sys

from deploy.dashboards.writing import FOLDER, files


def main() -> None:
    """Write every dashboard."""
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")


if __name__ == "__main__":
    main()

"""`python -m services.api.export_openapi > docs/openapi.json`: the OpenAPI document, without a running system."""

import json
import sys

from services.api.main import application


def text() -> str:
    """As it is kept in `docs`."""
    return json.dumps(application().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())

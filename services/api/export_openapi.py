"""Export of the OpenAPI document without a running system: `python -m services.api.export_openapi >
docs/openapi.json`."""

import json
import sys

from services.api.main import application


def text() -> str:
    """Return the document as `docs/openapi.json` has it."""
    return json.dumps(application().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())

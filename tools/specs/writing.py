"""The generated schema files: their content, whether they are current, and writing them."""

import json
from pathlib import Path
from typing import Any

from shared.contract.asyncapi import asyncapi
from shared.contract.schemas import event_schemas
from tools.specs.compatibility import breaking_changes
from tools.stack.layout import PROJECT

DOCS = PROJECT / "docs"


def specs() -> dict[str, Any]:
    """Return the content of every generated file by its path below `docs`."""
    schemas = {f"schemas/{key}.json": schema for key, schema in event_schemas().items()}
    return {"asyncapi.json": asyncapi(), **schemas}


def stale(docs: Path = DOCS) -> list[str]:
    """Return the files that differ from the code: to be written, or to be deleted."""
    wanted = specs()
    written = {f"schemas/{path.name}" for path in (docs / "schemas").glob("*.json")}
    different = [path for path, content in wanted.items() if _read(docs / path) != content]
    return sorted({*different, *(written - wanted.keys())})


def broken(docs: Path = DOCS) -> list[str]:
    """Return a sentence for each way in which the code's events would break readers of the
    published ones."""
    generated = event_schemas()
    sentences: list[str] = []
    for path in sorted((docs / "schemas").glob("*.json")):
        published = json.loads(path.read_text(encoding="utf-8"))
        key = path.stem
        gone = ["the event is gone"]
        changes = breaking_changes(published, generated[key]) if key in generated else gone
        sentences += [f"{key}: {change}. {_what_to_do(key)}" for change in changes]
    return sentences


def write(docs: Path = DOCS) -> list[str]:
    """Write the files that are not current and return their names."""
    names, wanted = stale(docs), specs()
    for name in names:
        path = docs / name
        if name not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(wanted[name], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return names


def _what_to_do(key: str) -> str:
    name, _, version = key.rpartition(".v")
    following = f"{name}.v{int(version) + 1}"
    return (
        "A published version never changes: put it back, or add a class with the routing key "
        f"{following} beside it and publish both until nobody reads {key}."
    )


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

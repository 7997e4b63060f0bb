"""The generated files of the contract: where they are, whether they are current, and writing them anew."""

import json
from pathlib import Path
from typing import Any

from shared.contract.asyncapi import asyncapi
from shared.contract.schemas import event_schemas
from tools.specs.compatibility import breaking_changes
from tools.stack.layout import PROJECT

DOCS = PROJECT / "docs"


def specs() -> dict[str, Any]:
    """Path below `docs` -> content, of every generated file."""
    schemas = {f"schemas/{key}.json": schema for key, schema in event_schemas().items()}
    return {"asyncapi.json": asyncapi(), **schemas}


def stale(docs: Path = DOCS) -> list[str]:
    """The files that are not what the code says: to be written, or to be deleted."""
    wanted = specs()
    written = {f"schemas/{path.name}" for path in (docs / "schemas").glob("*.json")}
    different = [path for path, content in wanted.items() if _read(docs / path) != content]
    return sorted({*different, *(written - wanted.keys())})


def broken(docs: Path = DOCS) -> list[str]:
    """A sentence for each way in which the code's events would break the readers of the published ones."""
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
    """Write what is stale and return its names."""
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

"""Reading the api's OpenAPI document in tests that go over every operation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    told: Json

    @property
    def path_parameters(self) -> list[str]:
        return [each["name"] for each in self.told.get("parameters", ()) if each["in"] == "path"]

    @property
    def streams_events(self) -> bool:
        return "text/event-stream" in self.told["responses"].get("200", {}).get("content", {})

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(document: Json) -> Iterator[Operation]:
    """All of them."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield Operation(method, path, methods[method])


def body_of(operation: Operation, document: Json, known: Mapping[str, Any]) -> Json:
    """The arguments for httpx of a body that the operation accepts; `known` gives properties by name."""
    contents = operation.told.get("requestBody", {}).get("content", {})
    if "application/json" in contents:
        return {"json": _sample(contents["application/json"]["schema"], document, known)}
    return {"content": known["content"]} if contents else {}


def _sample(schema: Json, document: Json, known: Mapping[str, Any]) -> Any:
    """A value that fits, with everything that is required."""
    if "$ref" in schema:
        return _sample(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, known)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _sample(schema[choice][0], document, known)
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = {*schema.get("required", ()), *(known.keys() & schema.get("properties", {}).keys())}
            return {
                name: known[name] if name in known else _sample(told, document, known)
                for name, told in schema.get("properties", {}).items()
                if name in wanted
            }
        case "array":
            return [_sample(schema["items"], document, known)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return "x" * max(1, schema.get("minLength", 1))

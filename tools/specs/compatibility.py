"""Compatibility of a generated schema with its published form.

Events stay in the event log for months and have external readers: old readers must be able to read
what new code writes, and new readers what old code wrote. So optional fields may be added, and
nothing else may change.
"""

from typing import Any

Schema = dict[str, Any]

_LIMITS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
)
_NOTHING: Schema = {}


def breaking_changes(published: Schema, generated: Schema) -> list[str]:
    """Return one phrase for each change that may break a reader of the published schema; empty if
    compatible."""
    return _Comparison(published, generated).of(published, generated, "the event")


class _Comparison:
    """Walks two schemas at once; `$ref` is followed within each, so that models may be renamed."""

    def __init__(self, published: Schema, generated: Schema) -> None:
        self._published = published
        self._generated = generated

    def of(self, old: Schema, new: Schema, at: str) -> list[str]:
        olds, news = _alternatives(self._published, old), _alternatives(self._generated, new)
        if olds.keys() != news.keys():
            return [f"{at} changed its type from {_named(olds)} to {_named(news)}"]
        return [change for kind in olds for change in self._same_type(olds[kind], news[kind], at)]

    def _same_type(self, old: Schema, new: Schema, at: str) -> list[str]:
        changes = [*_values(old, new, at), *_limits(old, new, at)]
        if "properties" in old or "properties" in new:
            changes += self._fields(old, new, "" if at == "the event" else f"{at}.")
        for inner, name in (("items", f"{at}[]"), ("additionalProperties", f"{at}.*")):
            if isinstance(old.get(inner), dict) or isinstance(new.get(inner), dict):
                changes += self.of(old.get(inner) or _NOTHING, new.get(inner) or _NOTHING, name)
        return changes

    def _fields(self, old: Schema, new: Schema, prefix: str) -> list[str]:
        before, after = old.get("properties", _NOTHING), new.get("properties", _NOTHING)
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        changes = [f"{prefix}{name} is gone or has another name" for name in before if name not in after]
        for name, field in after.items():
            where = f"{prefix}{name}"
            if name not in before:
                changes += [f"{where} is new and required, and older events do not have it"] * (name in needed_after)
                continue
            if (name in needed_before) != (name in needed_after):
                became = "required" if name in needed_after else "optional"
                changes.append(f"{where} became {became}")
            changes += self.of(before[name], field, where)
        return changes


def _values(old: Schema, new: Schema, at: str) -> list[str]:
    """Compare constants and enums. An enum is closed for both sides; `x-extensible-enum` may
    grow."""
    if old.get("const") != new.get("const"):
        return [f"{at} changed its constant"]
    before, after = set(old.get("enum", ())), set(new.get("enum", ()))
    if ("enum" in old) != ("enum" in new):
        return [f"{at} {'got' if 'enum' in new else 'lost'} its list of values"]
    changes = [f"{at} lost the value {value}" for value in sorted(before - after, key=str)]
    changes += [f"{at} got the value {value}, which readers do not know" for value in sorted(after - before, key=str)]
    return changes


def _limits(old: Schema, new: Schema, at: str) -> list[str]:
    return [f"{at} changed its {limit}" for limit in _LIMITS if old.get(limit) != new.get(limit)]


def _alternatives(root: Schema, schema: Schema) -> dict[str, Schema]:
    """Return type name -> schema: one for a plain field, two for a field that may be null."""
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _alternatives(root, target)
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return {kind: inner for branch in branches for kind, inner in _alternatives(root, branch).items()}
    kinds = schema.get("type", "anything")
    return dict.fromkeys([kinds] if isinstance(kinds, str) else kinds, schema)


def _named(kinds: dict[str, Schema]) -> str:
    return " or ".join(sorted(kinds))

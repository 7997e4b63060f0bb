"""The page at `/docs`: the OpenAPI document as plain HTML, without scripts or content from other
sites."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#161a23, #e8ebf1); --quiet: light-dark(#5f6878, #929bac);
  --line: light-dark(#dde1e8, #313d4d); --paper: light-dark(#fff, #171b23); --canvas: light-dark(#f5f6f8, #0f1218);
  --accent: light-dark(#2b4bcb, #9db2ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1rem 6rem; background: var(--canvas); color: var(--ink);
  font: 0.9375rem/1.5 system-ui, sans-serif; }
a { color: var(--accent); }
h1 { margin: 0 0 0.25rem; } h2 { margin: 2.5rem 0 0.75rem; text-transform: capitalize; }
details { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; margin: 0 0 0.5rem; }
summary { cursor: pointer; padding: 0.6rem 0.9rem; } details > div { padding: 0 0.9rem 0.9rem; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre { font: 0.8125rem/1.5 ui-monospace, monospace; } pre { overflow: auto; margin: 0.25rem 0 0; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; color: var(--accent); }
.quiet { color: var(--quiet); } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0; border-top: 1px solid var(--line); }
"""

_METHODS = ("get", "post", "put", "patch", "delete")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>{title} API</h1><p class="quiet">{version} · <a href="/openapi.json">openapi.json</a></p>
<p>{description}</p>{body}</main></body></html>
"""


def render_page(document: dict[str, Any]) -> str:
    """Render the whole page."""
    info = document["info"]
    body = "".join([*_operations(document), *_schemas(document)])
    return _PAGE.format(
        title=escape(info["title"]),
        version=escape(info["version"]),
        description=escape(info.get("description", "")),
        body=body,
    )


def _operations(document: dict[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                operation = methods[method]
                by_tag.setdefault(operation.get("tags", ["other"])[0], []).append(_operation(method, path, operation))
    for tag, operations in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if operation.get("parameters"):
        rows = "".join(map(_parameter, operation["parameters"]))
        parts.append(f"<table><tr><th>Parameter</th><th>In</th><th>What</th></tr>{rows}</table>")
    if "requestBody" in operation:
        parts.append(f"<p>Body: {_contents(operation['requestBody']['content'])}</p>")
    rows = "".join(_response(status, item) for status, item in operation["responses"].items())
    parts.append(f"<table><tr><th>Status</th><th>Answer</th></tr>{rows}</table>")
    summary = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code>'
    name = escape(operation["operationId"])
    return f'<details id="{name}"><summary>{summary}</summary><div>{"".join(parts)}</div></details>'


def _parameter(parameter: dict[str, Any]) -> str:
    item = f"{_schema(parameter['schema'])} {escape(parameter.get('description', ''))}"
    needed = " (required)" if parameter.get("required") else ""
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code>{needed}</td><td>{parameter['in']}</td><td>{item}</td></tr>"
    )


def _response(status: str, item: dict[str, Any]) -> str:
    headers = "".join(f"<br>header <code>{escape(name)}</code>" for name in item.get("headers", {}))
    contents = _contents(item["content"]) if "content" in item else ""
    return f"<tr><td>{escape(status)}</td><td>{escape(item['description'])} {contents}{headers}</td></tr>"


def _contents(content: dict[str, Any]) -> str:
    return ", ".join(
        f'{_schema(item.get("schema", {}))} <span class="quiet">{escape(kind)}</span>' for kind, item in content.items()
    )


def _schema(schema: dict[str, Any]) -> str:
    """Render a type in a few characters, with links to the models."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(map(_schema, schema[choice]))
    if "enum" in schema:
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_schema(schema.get('items', {}))}"
    return f"<code>{escape(str(schema.get('type', 'any')))}</code>"


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    yield "<h2>Models</h2>"
    for name, schema in sorted(document["components"]["schemas"].items()):
        required = schema.get("required", ())
        rows = "".join(
            f"<tr><td><code>{escape(field)}</code>{' (required)' if field in required else ''}</td>"
            f"<td>{_schema(item)} {escape(item.get('description', ''))}</td></tr>"
            for field, item in schema.get("properties", {}).items()
        )
        examples = "".join(
            f"<pre>{escape(json.dumps(example, indent=2))}</pre>" for example in schema.get("examples", ())
        )
        yield (
            f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary><div>'
            f"<p>{escape(schema.get('description', ''))}</p><table>{rows}</table>{examples}</div></details>"
        )

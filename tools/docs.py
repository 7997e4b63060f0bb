"""`./run docs`: writes every generated document below `docs`; with --check it only names those that
are not current."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cli import export_docs
from services.api import export_openapi
from tools.specs import writing

_PAGES: Mapping[str, Callable[[str], str]] = {
    "openapi.json": lambda _: export_openapi.text(),
    "cli.md": export_docs.with_commands,
}
"""Document -> its new text, made of the old one."""


def main(arguments: list[str]) -> int:
    """Write or check all documents.

    Returns 1 if one is not current (--check), or if a change would break readers of an event, in
    which case none is written.
    """
    if breaking := writing.broken():
        print("\n".join(breaking), file=sys.stderr)
        return 1
    if "--check" in arguments:
        outdated = [*writing.stale(), *outdated_pages()]
        for name in outdated:
            print(f"docs/{name} is not current. Run: ./run docs", file=sys.stderr)
        return 1 if outdated else 0
    for name in [*writing.write(), *write_pages()]:
        print(f"wrote docs/{name}")
    return 0


def outdated_pages(docs: Path = writing.DOCS) -> list[str]:
    """Return the names of the documents, beside those of `./run specs`, that differ from what the
    code says."""
    texts = {name: (docs / name).read_text(encoding="utf-8") for name in _PAGES}
    return [name for name, text in texts.items() if _PAGES[name](text) != text]


def write_pages(docs: Path = writing.DOCS) -> list[str]:
    """Write the documents that are not current, and return their names."""
    names = outdated_pages(docs)
    for name in names:
        path = docs / name
        path.write_text(_PAGES[name](path.read_text(encoding="utf-8")), encoding="utf-8")
    return names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

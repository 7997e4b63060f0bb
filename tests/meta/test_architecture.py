"""Rules about docs/architecture.md: its map has every package, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOPS = ("services", "shared", "cli", "tools")
_ENTRY = re.compile(r"(?P<indent>(?:  )*)(?P<name>[a-z_]+(?:/[a-z_]+)*)/(?:\s|$)")


def packages() -> set[str]:
    """Every package of the product, as a path from the root."""
    return {path.parent.relative_to(ROOT).as_posix() for top in TOPS for path in (ROOT / top).rglob("__init__.py")}


def mapped(text: str) -> Iterator[str]:
    """The folders in the map, as paths: each block of code indents a folder below its parent by two blanks."""
    section = text.split("\n## Packages\n")[1].split("\n## ")[0]
    for block in re.findall(r"```\n(.*?)```", section, flags=re.DOTALL):
        parents: list[str] = []
        for entry in filter(None, map(_ENTRY.match, block.splitlines())):
            del parents[len(entry["indent"]) // 2 :]
            parents.append(entry["name"])
            yield "/".join(parents)


def test_the_map_has_every_package_and_nothing_else() -> None:
    folders = list(mapped((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")))
    assert len(folders) == len(set(folders))
    assert {folder for folder in folders if folder.split("/")[0] in TOPS} == packages()
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []

"""Percentage of lines and branches that the tests ran, for each package: `./run coverage`."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any


@dataclass(slots=True)
class PackageCoverage:
    """Lines and branches of a package's own modules: how many there are, and how many were run."""

    total: int = 0
    covered: int = 0

    @property
    def percent(self) -> float:
        """Return the share that was run, 0 to 100; a package without code counts as covered."""
        return 100 * self.covered / self.total if self.total else 100.0


def by_package(files: Mapping[str, Mapping[str, Any]]) -> dict[str, PackageCoverage]:
    """Sum the summaries of files, as `coverage json` writes them, by folder; the key "all" has everything."""
    packages: dict[str, PackageCoverage] = defaultdict(PackageCoverage)
    for path, report in files.items():
        summary = report["summary"]
        for name in (PurePosixPath(path).parent.as_posix(), "all"):
            packages[name].total += summary["num_statements"] + summary.get("num_branches", 0)
            packages[name].covered += summary["covered_lines"] + summary.get("covered_branches", 0)
    return packages


def as_lines(packages: Mapping[str, PackageCoverage]) -> Iterator[str]:
    """Format one line for each package, in alphabetical order, and the sum last."""
    width = max(map(len, packages))
    for name in sorted(packages, key=lambda name: (name == "all", name)):
        package = packages[name]
        yield f"{name:<{width}}  {package.percent:5.1f}%  {package.covered:6,} of {package.total:6,}"


def main(arguments: Iterable[str]) -> None:
    """Print the table for the JSON report that is named by the only argument."""
    (report,) = arguments
    files = json.loads(Path(report).read_text(encoding="utf-8"))["files"]
    print("\n".join(as_lines(by_package(files))))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Command `./run bench [NAME] [ARGS...]`: runs one benchmark, or lists them."""

import importlib
import pkgutil
import sys

import bench

_NOT_BENCHMARKS = {"__main__", "record", "servers", "yardstick"}


def main() -> int:
    """Run the named benchmark with the remaining arguments; without a name, list the names."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in _NOT_BENCHMARKS)
    wanted = sys.argv[1:2]
    if not wanted:
        print("Benchmarks: " + ", ".join(names))
        return 0
    if wanted[0] not in names:
        print(f"No benchmark {wanted[0]!r}. There are: {', '.join(names)}.", file=sys.stderr)
        return 2
    importlib.import_module(f"bench.{wanted[0]}").main(sys.argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main())

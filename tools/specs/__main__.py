"""`python -m tools.specs`: writes docs/asyncapi.json and docs/schemas; with --check it only names
what is not current."""

import sys

from tools.specs.writing import broken, stale, write


def main(arguments: list[str]) -> int:
    """Return 0 when all is current or written; 1 when a file is not current (--check), or when a
    change would break readers, in which case nothing is written."""
    sentences = broken()
    if sentences:
        print("\n".join(sentences), file=sys.stderr)
        return 1
    if "--check" in arguments:
        names = stale()
        for name in names:
            print(f"docs/{name} is not current. Run: ./run specs", file=sys.stderr)
        return 1 if names else 0
    for name in write():
        print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`./run specs`: writes docs/asyncapi.json and docs/schemas anew; with --check it only says what is not current."""

import sys

from tools.specs.writing import broken, stale, write


def main(arguments: list[str]) -> int:
    """0: all is current. 1: a file is not (--check), or a change would break readers, in which case none is written."""
    sentences = broken()
    if sentences:
        print("\n".join(sentences), file=sys.stderr)
        return 1
    if "--check" in arguments:
        names = stale()
        for name in names:
            print(f"docs/{name} is not what the code says. Run: ./run specs", file=sys.stderr)
        return 1 if names else 0
    for name in write():
        print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Command line: `python -m samples OUTDIR` writes the sample mailboxes into a folder."""

import sys
from pathlib import Path

from samples.generate import make

ARGUMENTS = 2


def main(argv: list[str]) -> int:
    """Write the samples into the folder named by the only argument; 2 on wrong usage."""
    if len(argv) != ARGUMENTS:
        sys.stderr.write("usage: python -m samples OUTDIR\n")
        return 2
    make(Path(argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

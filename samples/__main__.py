"""Command `python -m samples OUTDIR`: writes the sample mailboxes into a folder."""

import argparse
from pathlib import Path

from samples.generate import make


def main() -> None:
    """Write the samples into the folder named by the only argument."""
    arguments = argparse.ArgumentParser(prog="python -m samples", description=make.__doc__)
    arguments.add_argument("outdir", type=Path, help="folder for the three mailboxes and truth.jsonl")
    make(arguments.parse_args().outdir)


if __name__ == "__main__":
    main()

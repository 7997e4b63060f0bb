"""Writes the mailboxes and truth.jsonl, once for each state of this package's source."""

import hashlib
import json
from pathlib import Path

from samples.mailboxes import MAILBOXES, compose
from samples.mbox import to_mbox

STAMP = ".samples-generation"


def make(outdir: Path) -> None:
    """Write `<user>.mbox` for every user and `truth.jsonl`; does nothing when they are there already."""
    stamp = outdir / STAMP
    generation = _generation()
    if stamp.exists() and stamp.read_text(encoding="ascii") == generation:
        return
    outdir.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    with (outdir / "truth.jsonl").open("w", encoding="utf-8", newline="\n") as truth:
        for plan in MAILBOXES:
            messages = compose(plan)
            (outdir / f"{plan.name}.mbox").write_bytes(to_mbox(messages))
            for message in messages:
                truth.write(json.dumps({"mailbox": plan.name, **message.truth.row()}, ensure_ascii=False) + "\n")
    stamp.write_text(generation, encoding="ascii")  # last: a run that was cut short is not taken for a whole one


def _generation() -> str:
    """Hash of this package's source: any change of it makes new samples."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        digest.update(source.relative_to(package).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()

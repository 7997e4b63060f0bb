"""Writer of the mailboxes and truth.jsonl, once for each state of this package's source."""

import hashlib
import json
from pathlib import Path

STAMP = ".samples-generation"


def make(outdir: Path) -> None:
    """Write `<user>.mbox` for every user and `truth.jsonl`; does nothing when they are there
    already."""
    stamp = outdir / STAMP
    generation = _generation()
    if _holds(outdir, stamp, generation):
        return
    from samples.mailboxes import MAILBOXES, compose  # late: a run with nothing to do need not load PDF libraries
    from samples.mbox import to_mbox

    outdir.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    written = ["truth.jsonl", *(f"{plan.name}.mbox" for plan in MAILBOXES)]
    with (outdir / "truth.jsonl").open("w", encoding="utf-8", newline="\n") as truth:
        for plan in MAILBOXES:
            messages = compose(plan)
            (outdir / f"{plan.name}.mbox").write_bytes(to_mbox(messages))
            for message in messages:
                truth.write(json.dumps({"mailbox": plan.name, **message.truth.row()}, ensure_ascii=False) + "\n")
    stamp.write_text("\n".join((generation, *written)), encoding="ascii")  # last: a run cut short must not count


def _holds(outdir: Path, stamp: Path, generation: str) -> bool:
    if not stamp.exists():
        return False
    stored, *files = stamp.read_text(encoding="ascii").splitlines()
    return stored == generation and all((outdir / name).exists() for name in files)


def _generation() -> str:
    """Return a hash of this package's source: any change of it makes new samples."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        digest.update(source.relative_to(package).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()

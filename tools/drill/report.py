"""The output of a chaos test: the plan before, then a row for each invariant, the faults, and one
sentence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rich.text import Text

from cli.ui.console import Output
from cli.ui.table_layout import Column, render
from shared.formatting import count, duration
from tools.drill.display import describe
from tools.drill.plan import Kind, Plan
from tools.drill.runner import Result

_CASES = 5


def print_plan(output: Output, plan: Plan) -> None:
    """Print the faults of this seed before they happen."""
    size = plan.size
    load = f"{count(size.all_scans, 'scan')} of {count(size.users, 'user')}"
    head = Text.assemble(("Chaos test ", "bold"), (f"--seed {plan.seed}", "bold cyan"))
    output.line(head.append(f": {load}, {count(len(plan.faults), 'fault')}"))
    rows = [[str(fault.number), f"{fault.at:.1f} s", describe(fault)] for fault in plan.faults]
    for line in render((Column("#", right=True), Column("At", right=True), Column("Fault")), rows, output.out.width):
        output.line(line)
    output.line()


def print_result(output: Output, result: Result) -> None:
    """Print both tables, the cases of broken invariants, and the conclusion."""
    for line in _invariants(output, result):
        output.line(line)
    for check in result.checks:
        for case in check.broken[:_CASES]:
            output.line(Text.assemble(("  ! ", "red"), f"{check.invariant}: {case}"))
        if len(check.broken) > _CASES:
            output.line(f"    and {count(len(check.broken) - _CASES)} more; --json has them all")
    output.line()
    for line in _faults(output, result):
        output.line(line)
    output.line()
    broken = sum(not check.holds for check in result.checks)
    if broken:
        sentence = (
            f"{broken} of {len(result.checks)} invariants broken. The same faults again: --seed {result.plan.seed}"
        )
        output.line(Text(sentence, style="bold red"))
    else:
        recovered = "" if result.recovered_after is None else f" {_after(result.recovered_after)} the last fault"
        sentence = f"All {len(result.checks)} invariants hold. Everything had recovered{recovered}."
        output.line(Text(sentence, style="bold green"))


def as_json(result: Result) -> dict[str, Any]:
    """Return the result as one document."""
    return {
        "seed": result.plan.seed,
        "users": result.plan.size.users,
        "scans": result.plan.size.all_scans,
        "holds": result.holds,
        "recovered_after": result.recovered_after,
        "invariants": [
            {"invariant": f.invariant, "checked": f.checked, "holds": f.holds, "broken": list(f.broken)}
            for f in result.checks
        ],
        "faults": [
            {
                "number": done.fault.number,
                "kind": done.fault.kind.value,
                "target": done.fault.target,
                "at": done.fault.at,
                "seconds": done.fault.seconds,
                "ready_after": ready,
                "note": done.note,
            }
            for done, ready in result.faults
        ],
    }


def _invariants(output: Output, result: Result) -> list[Text]:
    marks = ("ok", "broken") if output.ascii_only else ("✓", "✗")
    rows = [[marks[not check.holds], check.invariant, check.checked] for check in result.checks]
    header, *lines = render((Column(""), Column("Invariant"), Column("Checked", shrinks=True)), rows, output.out.width)
    for line, check in zip(lines, result.checks, strict=True):
        line.stylize("green" if check.holds else "bold red", 0, len(marks[not check.holds]))
    return [header, *lines]


def _faults(output: Output, result: Result) -> list[Text]:
    kinds: Mapping[Kind, list[float | None]] = defaultdict(list)
    for done, ready in result.faults:
        kinds[done.fault.kind].append(ready)
    rows = [[kind.value, count(len(seen)), *_times(seen)] for kind, seen in sorted(kinds.items())]
    columns = (
        Column("Fault"),
        Column("Times", right=True),
        Column("Ready after", right=True),
        Column("Longest", right=True),
    )
    return render(columns, rows, output.out.width)


def _times(ready: Sequence[float | None]) -> tuple[str, str]:
    known = [seconds for seconds in ready if seconds is not None]
    if len(known) < len(ready):
        return "", "never"
    return duration(median(known)), duration(max(known))


def _after(seconds: float) -> str:
    return f"{duration(seconds)} after"

"""Checks that your handler survives what the broker will do to it. Needs nothing but Python.

    python check_handler.py -- COMMAND [ARGS...]

COMMAND is your handler with an empty store: it reads one event (JSON) a line from standard input to the end, then
prints what it has stored, sorted, and exits with 0. It is run once for each way in which the same events can arrive,
and must print the same each time: in order, every event twice, all of them again at the end, in any order, with fields
and types of events that are yet to come.
"""

import argparse
import difflib
import json
import random
import subprocess
import sys
import uuid
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
SCAN = ("scan.requested.v1", "scan.queued.v1", "scan.started.v1", "scan.progressed.v1")
SCANS = (
    (*SCAN, "invoice.found.v1", "scan.completed.v1", "task.changed.v1"),
    (*SCAN, "scan.failed.v1"),
    (*SCAN, "scan.cancel_requested.v1", "scan.cancelled.v1"),
)
SECONDS = 60


def history() -> list[dict]:
    """Three scans, one that ends in each way, made of the golden samples; each with ids of its own."""
    events = []
    for number, keys in enumerate(SCANS):
        for key in keys:
            event = json.loads((GOLDEN / f"{key}.json").read_text(encoding="utf-8"))
            task = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{event['subject']} {number}"))
            event["id"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{event['id']} {number}"))
            event["subject"] = event["correlationid"] = event["data"]["task_id"] = task
            events.append(event)
    return events


def grown(event: dict) -> dict:
    """The event as a later version of Mailtally may send it: more fields, none other."""
    return {**event, "newextension": "x", "data": {**event["data"], "new_field": {"a": [1, None]}}}


def unheard_of(event: dict) -> dict:
    """An event of a type that does not exist yet."""
    new = {"type": "io.mailtally.scan.paused.v9", "id": str(uuid.uuid5(uuid.NAMESPACE_OID, event["id"] + "paused"))}
    return {**event, **new, "data": {"task_id": event["subject"], "until": None}}


def ways(events: list[dict], *, seed: int, rounds: int) -> dict[str, list[dict]]:
    """Name -> the same events, as they may arrive."""
    chance = random.Random(seed)
    arrivals = {
        "every event twice": [event for event in events for _ in range(2)],
        "all of them again at the end": events * 2,
        "backwards": events[::-1],
        "fields that are yet to come": [grown(event) for event in events],
        "types that are yet to come": [event for known in events for event in (unheard_of(known), known)],
    }
    for number in range(1, rounds + 1):
        some = events + chance.sample(events, len(events) // 2)
        arrivals[f"out of order, some twice ({number})"] = chance.sample(some, len(some))
    return arrivals


def result(command: list[str], events: list[dict]) -> str:
    """What the handler has stored after these events. Exits when it fails."""
    lines = "".join(json.dumps(event) + "\n" for event in events)
    try:
        done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f"The handler could not be run: {error}")
    return done.stdout if done.returncode == 0 else f"exit code {done.returncode}\n{done.stderr[-2000:]}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Does a handler come to the same result however events arrive?")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10, help="how many random orders to try")
    parser.add_argument("command", nargs="+", help="the handler, after --")
    given = parser.parse_args()
    events = history()
    expected = result(given.command, events)
    if not expected.strip() or expected.startswith("exit code "):
        sys.exit(f"In order, each once, the handler must exit with 0 and print what it stored. It gave:\n{expected}")
    failed = 0
    for name, arrivals in ways(events, seed=given.seed, rounds=given.rounds).items():
        found = result(given.command, arrivals)
        print(f"{'ok  ' if found == expected else 'FAIL'}  {name}")
        if found != expected:
            failed += 1
            differences = difflib.unified_diff(expected.splitlines(), found.splitlines(), "in order", name, lineterm="")
            print("\n".join(f"      {line}" for line in list(differences)[:12]))
    print(f"{failed} of the ways lead to another result" if failed else "the same result, however they arrive")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m services.status.maintenance migrate | rebuild [--verify]`: jobs on the tasks, with the service's rights.

It reads the service's settings and prints JSON lines: `{"progress": n}` on the way, at the end `{"result": {...}}`, or
`{"error": sentence}` and exit code 1.
"""

import argparse
import asyncio
import dataclasses
import datetime as dt
import json
import sqlite3
import sys
import time
from contextlib import closing
from typing import Any

from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from pymongo.errors import PyMongoError

from services.status import legacy
from services.status.rebuild import Findings, Rebuild
from services.status.rebuild_store import Scratch
from services.status.repository import TaskRepository
from services.status.settings import StatusSettings
from shared import mongo
from shared.errors import MailtallyError
from shared.messaging.event_log import EventLog
from shared.settings import load
from shared.timestamps import rfc3339

_EVERY_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Run one job; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        settings = load(StatusSettings)
        result = asyncio.run(_migrate(settings) if given.job == "migrate" else _rebuild(settings, verify=given.verify))
    except MailtallyError as error:
        return _failed(str(error))
    except mongo.UNAVAILABLE:
        return _failed("The database is away. Run it again: what is done stays done.")
    except PyMongoError as error:
        return _failed(f"The database refused it ({type(error).__name__}).")
    except (AMQPError, ChannelInvalidStateError, OSError) as error:
        return _failed(f"The broker is away ({type(error).__name__}). Run it again: what is done stays done.")
    except sqlite3.OperationalError:
        return _failed("There is no room for the temporary file. SQLITE_TMPDIR may name another folder.")
    except KeyboardInterrupt:
        return 130
    _say({"result": result})
    return 0


async def _migrate(settings: StatusSettings) -> dict[str, Any]:
    client = mongo.connect(settings.mongo_url, service="status-maintenance")
    try:
        await client.admin.command("ping")  # the indexes would be waited for without end
        database = mongo.database(client, settings.mongo_database)
        await TaskRepository(database).prepare()
        return {"migrated": await legacy.migrate(database, _Progress())}
    finally:
        await mongo.close(client)


async def _rebuild(settings: StatusSettings, *, verify: bool) -> dict[str, Any]:
    client = mongo.connect(settings.mongo_url, service="status-maintenance")
    try:
        async with EventLog.open(settings.amqp_url) as log:
            with closing(Scratch()) as scratch:
                database = mongo.database(client, settings.mongo_database)
                rebuild = Rebuild(log=log, database=database, scratch=scratch, report=_Progress())
                return _told(await (rebuild.verify() if verify else rebuild.mend()))
    finally:
        await mongo.close(client)


def _told(findings: Findings) -> dict[str, Any]:
    told = dataclasses.asdict(findings)
    told["differences"] = [
        {
            "task_id": difference.task_id,
            "fields": {name: {"stored": old, "rebuilt": new} for name, (old, new) in difference.fields.items()},
        }
        for difference in findings.differences
    ]
    return told


class _Progress:
    """Tells how far a job is, once a second."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY_SECONDS

    def __call__(self, number: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_SECONDS
            _say({"progress": number})


def _failed(sentence: str) -> int:
    _say({"error": sentence})
    return 1


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> str:
    return rfc3339(value) if isinstance(value, dt.datetime) else str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.status.maintenance")
    jobs = parser.add_subparsers(dest="job", required=True)
    jobs.add_parser("migrate", help="SUCCESS of an older system becomes DONE")
    rebuild = jobs.add_parser("rebuild", help="write what the stream of events says")
    rebuild.add_argument("--verify", action="store_true", help="print the differences and change nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())

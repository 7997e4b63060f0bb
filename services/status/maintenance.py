"""Maintenance jobs: `python -m services.status.maintenance migrate | rebuild [--verify]`.

They run with the settings and permissions of the status service and print JSON lines:
`{"progress": n}` on the way, at the end `{"result": {...}}`, or `{"error": sentence}` and exit
code 1.
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
from services.status.rebuild.rebuild import Rebuild, RebuildReport
from services.status.rebuild.store import RebuildStore
from services.status.repository import TaskRepository
from services.status.settings import StatusSettings
from shared import mongo
from shared.errors import MailtallyError
from shared.messaging.event_log import EventLog
from shared.settings import load
from shared.timestamps import rfc3339

_INTERVAL_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Run one job and return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        settings = load(StatusSettings)
        result = asyncio.run(_migrate(settings) if given.job == "migrate" else _rebuild(settings, verify=given.verify))
    except MailtallyError as error:
        return _failed(str(error))
    except mongo.UNAVAILABLE:
        return _failed("The database is unavailable. Run the command again; it continues where it stopped.")
    except PyMongoError as error:
        return _failed(f"The database refused the operation ({type(error).__name__}).")
    except (AMQPError, ChannelInvalidStateError, OSError) as error:
        return _failed(
            f"The broker is unavailable ({type(error).__name__}). Run the command again; it continues where it stopped."
        )
    except sqlite3.OperationalError:
        return _failed("The disk is too full for the temporary file. Set SQLITE_TMPDIR to another folder.")
    except KeyboardInterrupt:
        return 130
    _print({"result": result})
    return 0


async def _migrate(settings: StatusSettings) -> dict[str, Any]:
    client = mongo.connect(settings.mongo_url, service="status-maintenance")
    try:
        await client.admin.command("ping")  # creating the indexes would wait for ever
        database = mongo.database(client, settings.mongo_database)
        await TaskRepository(database).create_indexes()
        return {"migrated": await legacy.migrate(database, _Progress())}
    finally:
        await mongo.close(client)


async def _rebuild(settings: StatusSettings, *, verify: bool) -> dict[str, Any]:
    client = mongo.connect(settings.mongo_url, service="status-maintenance")
    try:
        async with EventLog.open(settings.amqp_url) as log:
            with closing(RebuildStore()) as store:
                database = mongo.database(client, settings.mongo_database)
                rebuild = Rebuild(log=log, database=database, store=store, report=_Progress())
                return _as_json(await (rebuild.verify() if verify else rebuild.repair()))
    finally:
        await mongo.close(client)


def _as_json(report: RebuildReport) -> dict[str, Any]:
    result = dataclasses.asdict(report)
    result["differences"] = [
        {
            "task_id": difference.task_id,
            "fields": {name: {"stored": old, "rebuilt": new} for name, (old, new) in difference.fields.items()},
        }
        for difference in report.differences
    ]
    return result


class _Progress:
    """Prints the progress of a job once a second."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _INTERVAL_SECONDS

    def __call__(self, number: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _INTERVAL_SECONDS
            _print({"progress": number})


def _failed(sentence: str) -> int:
    _print({"error": sentence})
    return 1


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, default=_encode) + "\n")
    sys.stdout.flush()


def _encode(value: Any) -> str:
    return rfc3339(value) if isinstance(value, dt.datetime) else str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.status.maintenance")
    jobs = parser.add_subparsers(dest="job", required=True)
    jobs.add_parser("migrate", help="turn SUCCESS of an older system into DONE")
    rebuild = jobs.add_parser("rebuild", help="repair tasks that differ from the event log")
    rebuild.add_argument("--verify", action="store_true", help="print the differences and change nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The running api keeps to its OpenAPI document, whatever is sent: no error of the server, no answer that it does not
tell of. Schemathesis makes up the requests; a stream that ends with its client is tried elsewhere."""

import asyncio
import datetime as dt
import json
import sys
from pathlib import Path

from bson import Decimal128
from pydantic import SecretStr

from tests.support.keys import WEBHOOK_KEY
from tests.support.openapi import operations
from tests.support.running_api import RunningApi, a_task, add_mailbox, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS

ROOT = Path(__file__).parents[2]
AT = dt.datetime(2026, 11, 12, tzinfo=dt.UTC)
EXAMPLES = 12
_NOT_FREE = ("cursor", "if-match", "Idempotency-Key")
SETTINGS = """
# That bytes are no mailbox, a name is no mail server's, and a text no address, is not for a schema to say.
[[operations]]
include-path-regex = "^/v1/(accounts(/[^/]+(/mailbox)?)?|webhooks(/[^/]+(/replay)?)?)$"
[operations.checks]
positive_data_acceptance.enabled = false
"""


async def test_whatever_is_sent_is_answered_as_documented(vhost: Vhost, database: TestDatabase, tmp_path: Path) -> None:
    async with running_api(vhost, database, max_upload_mb=1, webhook_key=SecretStr(WEBHOOK_KEY)) as api:
        await some_data(api)
        code, output = await schemathesis(api, tmp_path)
    assert code == 0, output


async def some_data(api: RunningApi) -> None:
    """Something to be found by lists and searches."""
    operator = api.client("operator", admin=True)
    account_id = await add_mailbox(operator)
    task = (await operator.post(f"/v1/accounts/{account_id}/scans")).json()
    await api.database["scanning_tasks"].insert_one(a_task(task, status="DONE", progress=100))
    for n in range(3):
        invoice = {"_id": f"i{n}", "user_id": "operator", "account_id": account_id, "task_id": task["task_id"]}
        facts = {"vendor": "Kestrel", "total": Decimal128("1.00"), "currency": "EUR", "issue_date": "2026-11-12"}
        facts |= {"kind": "invoice", "near_duplicate_of": None, "needs_check": False}
        rest = {"format": "pdf", "confidence": 1.0, "found_at": AT, "_version": 1}
        await api.database["invoices"].insert_one({**invoice, **facts, **rest})
    wanted = {"url": "https://books.example.com/", "events": ["scan.failed.v1"]}
    (await operator.post("/v1/webhooks", json=wanted)).raise_for_status()
    await operator.patch("/v1/invoices/i1", json={"vendor": "Kestrel Cloud Ltd"})


async def schemathesis(api: RunningApi, folder: Path) -> tuple[int | None, str]:
    """Its exit code and what it said."""
    client = api.client("operator", admin=True)
    document = (await client.get("/openapi.json")).json()
    for operation in operations(document):
        # A cursor and an entity tag are good only if they were given out, a key only with the request it came with.
        parameters = operation.told.get("parameters", [])
        parameters[:] = [parameter for parameter in parameters if parameter["name"] not in _NOT_FREE]
    (folder / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    described = folder / "openapi.json"
    described.write_text(json.dumps(document), encoding="utf-8")
    arguments = [
        *("-m", "schemathesis.cli", "run", str(described), "--url", api.url),
        *("--header", f"Authorization: {client.headers['authorization']}"),
        *("--max-examples", str(EXAMPLES), "--seed", "1", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--exclude-path", "/v1/events", "--exclude-path", "/v1/scans/{task_id}/events"),
        *("--request-timeout", str(SECONDS), "--no-color", "--warnings", "off"),
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()

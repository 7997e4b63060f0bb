"""Yardstick of the API: routes that validate the same body and do the same work by hand, and
nothing else.

They have no users, idempotency, records of requests or error handling. `python -m bench.api.bare
PORT AMQP_URL MONGO_URL DATABASE`
"""

import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import orjson
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from services.api.scans.schemas import NewScan
from shared import mongo
from shared.events import utc_now

QUEUE = "bench.bare"
COLLECTION = "bench_bare"


def application(amqp_url: str, mongo_url: str, database_name: str) -> FastAPI:
    """Return the application with both routes, with one connection each."""
    state: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        client = mongo.connect(mongo_url, service="bare")
        state["database"] = mongo.database(client, database_name)
        connection = await aio_pika.connect_robust(amqp_url)
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        state["exchange"] = channel.default_exchange
        yield
        await connection.close()
        client.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/accounts/{account_id}/scans", status_code=202)
    async def request_scan(account_id: str, scan: NewScan) -> dict[str, Any]:
        task = {"task_id": str(uuid.uuid4()), "account_id": account_id, **scan.model_dump()}
        await state["database"][COLLECTION].insert_one({"_id": task["task_id"], **task, "requested_at": utc_now()})
        message = aio_pika.Message(orjson.dumps(task), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await state["exchange"].publish(message, routing_key=QUEUE)
        return task

    @app.get("/scans/{task_id}")
    async def read_scan(task_id: str) -> JSONResponse:
        document = await state["database"]["scanning_tasks"].find_one({"_id": task_id})
        return JSONResponse({name: _plain(value) for name, value in document.items() if name != "history"})

    @app.get("/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    return app


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


if __name__ == "__main__":
    port, *urls = sys.argv[1:]
    uvicorn.run(application(*urls), port=int(port), access_log=False, log_level="warning")

"""One writer per collection and per routing key, refused to everyone else by the servers themselves."""

import re

import pytest
from pymongo.errors import OperationFailure

from shared import mongo
from shared.access import BROKER_ACCESS, COLLECTIONS, SERVICES
from shared.errors import NotPermitted
from shared.events import EVENTS
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.publishing import Publisher
from tests.support.builders import sample_events
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS

UNAUTHORIZED = 13


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_collections_and_no_other(service: str, database: TestDatabase) -> None:
    client = mongo.connect(database.url(service), service=service)
    db = mongo.database(client, database.name)
    try:
        for owner, names in COLLECTIONS.items():
            for name in names:
                if owner == service:
                    await db[name].update_one({"_id": "x"}, {"$set": {"a": 1}}, upsert=True)
                    continue
                with pytest.raises(OperationFailure) as refused:
                    await db[name].update_one({"_id": "x"}, {"$set": {"a": 1}}, upsert=True)
                assert refused.value.code == UNAUTHORIZED
    finally:
        client.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_publishes_its_own_keys_and_no_other(service: str, vhost: Vhost) -> None:
    for key, event in sample_events().items():
        broker = publishing_broker(vhost.url(service), service=service)
        await start_when_reachable(broker)
        publisher = Publisher(broker, confirm_s=SECONDS)
        try:
            if re.search(BROKER_ACCESS[service].publishes, key):
                await publisher.publish(event, mandatory=False)
            else:
                with pytest.raises(NotPermitted):
                    await publisher.publish(event, mandatory=False)
        finally:
            await broker.stop()
    assert set(sample_events()) == set(EVENTS)

"""`deploy.provision` on servers that somebody else runs, as the Job of deploy/kubernetes does it."""

import secrets

import httpx
from pymongo import MongoClient

from deploy.cluster_secrets import SCALER, secrets_of
from deploy.make_secrets import Passwords, new_passwords
from deploy.provision import provision_cluster
from shared.access import BROKER_USERS, SERVICES
from shared.messaging.topology import SLICES
from tests.e2e.conftest import LocalStack
from tests.support.waiting import SECONDS, eventually_sync
from tools.stack.options import DATABASE, with_user
from tools.stack.secrets import Secrets


def test_it_changes_nothing_for_the_services_and_lets_the_scaler_look_at_queues_alone(stack: LocalStack) -> None:
    state, stored = stack.state, Secrets(stack.layout.secrets)
    passwords: Passwords = {
        "rabbitmq": {SCALER: secrets.token_urlsafe(24), **{name: stored[f"rabbitmq-{name}"] for name in BROKER_USERS}},
        "mongodb": {name: stored[f"mongod-{name}"] for name in SERVICES},
        "keys": new_passwords()["keys"],
    }
    made = secrets_of(passwords, broker=state.rabbitmq_management_url, database=state.mongo_url)
    operator = made["mailtally-operator"]
    for _ in range(2):
        provision_cluster(passwords, management_url=operator["management_url"], mongo_url=operator["mongo_url"])

    for service in SERVICES:
        with MongoClient[dict[str, object]](made[f"mailtally-{service}"]["mongo_url"]) as client:
            assert client[DATABASE]["scanning_tasks"].find_one({"_id": "nobody's"}) is None
    assert httpx.get(f"{state.api_url}/readyz", timeout=SECONDS).status_code == 200

    host, vhost = made["mailtally-scaler"]["host"].rsplit("/", 1)
    with httpx.Client(timeout=SECONDS) as http:

        def are_counted() -> bool:
            """A broker that has just started counts no messages yet."""
            return "messages" in http.get(f"{host}/api/queues/{vhost}/{SLICES}").raise_for_status().json()

        eventually_sync(are_counted)
        assert http.delete(f"{host}/api/queues/{vhost}/{SLICES}").status_code in (401, 403)
        publish = {"properties": {}, "routing_key": SLICES, "payload": "x", "payload_encoding": "string"}
        refused = http.post(f"{host}/api/exchanges/{vhost}/mailtally.commands/publish", json=publish)
        assert refused.status_code in (400, 401, 403)
        assert http.get(f"{with_user(host, SCALER, 'wrong')}/api/overview").status_code == 401

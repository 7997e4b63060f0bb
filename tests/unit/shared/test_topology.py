"""The topology as data: nothing can be published into the void, and nobody gets more than their own keys."""

import base64
import hashlib
import re

import pytest

from shared.access import BROKER_ACCESS, COLLECTIONS, MEASURES, OPERATOR, READS, SERVICES, mongo_roles
from shared.events import EVENTS
from shared.messaging.topology import (
    ACCOUNT_CHECK_REQUESTED,
    DEFAULT_EXCHANGE,
    EVENTS_EXCHANGE,
    EVENTS_LOG,
    RETRY_SECONDS,
    SLICES,
    WORK_QUEUES,
    broker_definitions,
    matches,
    retry_queue,
)

DEFINITIONS = broker_definitions(vhost="v", users={name: name for name in SERVICES}, administrator=("root", "secret"))


def test_every_binding_and_dead_letter_target_exists() -> None:
    queues = {queue["name"] for queue in DEFINITIONS["queues"]}
    exchanges = {exchange["name"] for exchange in DEFINITIONS["exchanges"]}
    assert {binding["destination"] for binding in DEFINITIONS["bindings"]} <= queues
    assert {binding["source"] for binding in DEFINITIONS["bindings"]} <= exchanges
    for policy in DEFINITIONS["policies"]:
        rule = policy["definition"]
        if "dead-letter-exchange" not in rule:
            continue
        bound = {(b["source"], b["routing_key"]) for b in DEFINITIONS["bindings"]}
        bound |= {(DEFAULT_EXCHANGE, queue) for queue in queues}
        assert (rule["dead-letter-exchange"], rule["dead-letter-routing-key"]) in bound


def test_each_policy_matches_exactly_one_queue() -> None:
    names = [queue["name"] for queue in DEFINITIONS["queues"]]
    for policy in DEFINITIONS["policies"]:
        assert sum(re.search(policy["pattern"], name) is not None for name in names) == 1


def test_each_work_queue_has_a_policy_and_a_dead_letter_queue() -> None:
    names = {queue["name"] for queue in DEFINITIONS["queues"]}
    assert {queue.dead for queue in WORK_QUEUES} <= names
    limits = {policy["name"]: policy["definition"]["delivery-limit"] for policy in DEFINITIONS["policies"]}
    assert limits.keys() == {f"{queue.name}.limits" for queue in WORK_QUEUES} | {
        f"{queue.dead}.looks" for queue in WORK_QUEUES
    }
    assert all(limits[f"{queue.dead}.looks"] >= 1_000_000 for queue in WORK_QUEUES)


def test_a_check_that_nobody_answers_is_dropped_and_no_dead_letter() -> None:
    rules = {policy["name"]: policy["definition"] for policy in DEFINITIONS["policies"]}
    rule = rules[f"{ACCOUNT_CHECK_REQUESTED}.limits"]
    assert 0 < rule["message-ttl"] <= 30_000
    assert "dead-letter-exchange" not in rule
    assert [name for name, other in rules.items() if "message-ttl" in other] == [f"{ACCOUNT_CHECK_REQUESTED}.limits"]


def test_no_event_of_an_account_is_kept_in_the_stream() -> None:
    keys = [b["routing_key"] for b in DEFINITIONS["bindings"] if b["destination"] == EVENTS_LOG]
    assert sorted(keys) == ["invoice.#", "scan.#"]


def test_the_stream_keeps_events_by_age_and_by_size() -> None:
    (log,) = [queue for queue in DEFINITIONS["queues"] if queue["name"] == EVENTS_LOG]
    assert log["arguments"] == {"x-queue-type": "stream", "x-max-age": "90D", "x-max-length-bytes": 20 * 1024**3}


@pytest.mark.parametrize(
    ("pattern", "key", "matched"),
    [
        ("scan.*.v1", "scan.started.v1", True),
        ("scan.*.v1", "scan.started.v2", False),
        ("scan.*", "scan.started.v1", False),
        ("scan.#", "scan.started.v1", True),
        ("scan.#", "scan", True),
        ("scan.#", "scanner.started.v1", False),
        ("#", "scan.started.v1", True),
        ("task.changed.v1", "task.changed.v1", True),
    ],
)
def test_a_pattern_matches_as_a_topic_exchange_does(pattern: str, key: str, matched: bool) -> None:
    assert matches(pattern, key) is matched


def test_a_retry_queue_holds_a_message_for_the_seconds_of_its_name() -> None:
    arguments = {queue["name"]: queue["arguments"] for queue in DEFINITIONS["queues"]}
    for seconds in RETRY_SECONDS:
        assert arguments[retry_queue(SLICES, seconds)]["x-message-ttl"] == seconds * 1000


def test_every_event_has_exactly_the_publishers_that_the_contract_names() -> None:
    publishers = {key: {name for name in SERVICES if re.search(BROKER_ACCESS[name].publishes, key)} for key in EVENTS}
    assert publishers == {
        "scan.requested.v1": {"api", "status"},
        "scan.cancel_requested.v1": {"api"},
        "scan.cleanup_requested.v1": {"api"},
        "scan.queued.v1": {"scanner"},
        "scan.started.v1": {"scanner"},
        "scan.progressed.v1": {"scanner"},
        "scan.completed.v1": {"scanner"},
        "scan.failed.v1": {"scanner", "status"},
        "scan.cancelled.v1": {"scanner", "status"},
        "invoice.found.v1": {"scanner"},
        "task.changed.v1": {"status"},
        "account.check_requested.v1": {"api"},
        "account.checked.v1": {"scanner"},
        "account.secret_rotated.v1": {"scanner"},
        "account.deleted.v1": {"api"},
        "webhook.test.v1": {"api"},
        "webhook.disabled.v1": {"api"},
    }


def test_only_the_events_exchange_has_topic_rights_and_every_service_has_them() -> None:
    rights = DEFINITIONS["topic_permissions"]
    assert {(right["user"], right["exchange"]) for right in rights} == {(name, EVENTS_EXCHANGE) for name in SERVICES}


def test_the_operators_user_publishes_nowhere_and_reads_the_dead_letters_alone() -> None:
    (right,) = broker_definitions(vhost="v", users={OPERATOR: ""})["permissions"]
    exchanges = [exchange["name"] for exchange in DEFINITIONS["exchanges"]]
    queues = [queue["name"] for queue in DEFINITIONS["queues"]]
    everything = [*exchanges, *queues, "amq.default"]
    assert not [name for name in everything if re.search(right["write"], name) or re.search(right["configure"], name)]
    assert {name for name in everything if re.search(right["read"], name)} == {queue.dead for queue in WORK_QUEUES}


def test_passwords_are_stored_salted_and_hashed() -> None:
    user = next(user for user in DEFINITIONS["users"] if user["name"] == "root")
    raw = base64.b64decode(user["password_hash"])
    assert raw[4:] == hashlib.sha256(raw[:4] + b"secret").digest()


def test_every_collection_has_one_writer() -> None:
    owned = [name for service in SERVICES for name in COLLECTIONS[service]]
    assert len(owned) == len(set(owned))


def test_a_role_writes_its_own_collections_only() -> None:
    for service, role in zip(SERVICES, mongo_roles("d"), strict=True):
        writable = {p["resource"]["collection"] for p in role["privileges"] if "insert" in p["actions"]}
        readable = {p["resource"]["collection"] for p in role["privileges"] if "find" in p["actions"]} - writable
        assert writable == set(COLLECTIONS[service])
        assert readable == set(READS[service])
        of_all = [p["actions"] for p in role["privileges"] if p["resource"]["collection"] == ""]
        assert of_all == ([["dbStats"]] if service in MEASURES else [])

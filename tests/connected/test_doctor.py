"""The doctor on real servers: what is well, and each thing broken for real, with its fix."""

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from pymongo import MongoClient

from cli.doctor import broker, connections, logins
from cli.doctor.checks import CHECKS, run_checks
from cli.doctor.connections import ServerConnections
from cli.doctor.database import INDEXES
from cli.doctor.result import Finding, State
from cli.doctor.target import Target
from shared.access import BROKER_ACCESS, SERVICES, mongo_role
from shared.messaging.topology import (
    DEAD_EXCHANGE,
    EVENTS_EXCHANGE,
    RETRY_EXCHANGE,
    SLICES,
    STATUS_SCAN_EVENTS,
    WORK_QUEUES,
)
from shared.mongo import Document
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS
from tools.stack.options import with_user
from tools.stack.stackfile import ServiceUrls

DECLARE = "run python -m deploy.provision"


class Servers:
    """Both, as somebody who may break them; `path` of the management API begins behind the virtual host."""

    def __init__(self, vhost: Vhost, database: TestDatabase, mongo: MongoClient[Document]) -> None:
        self.vhost = vhost.name
        self.database = mongo[database.name]
        self._http = httpx.Client(base_url=f"{vhost.management_url}/api", timeout=SECONDS)

    def put(self, kind: str, path: str, body: Document) -> None:
        self._http.put(f"/{kind}/{self.vhost}/{path}", json=body).raise_for_status()

    def post(self, kind: str, path: str, body: Document) -> None:
        self._http.post(f"/{kind}/{self.vhost}/{path}", json=body).raise_for_status()

    def delete(self, kind: str, path: str) -> None:
        self._http.delete(f"/{kind}/{self.vhost}/{path}").raise_for_status()

    def make_indexes(self) -> None:
        """Every index, as services make them when they start."""
        for indexes in INDEXES.values():
            for collection, models in indexes.items():
                self.database[collection].create_indexes(list(models))

    def close(self) -> None:
        self._http.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor waits for answers as long as tests do."""
    for module in (connections, broker, logins):
        monkeypatch.setattr(module, "SECONDS", SECONDS)


@pytest.fixture
def target(vhost: Vhost, database: TestDatabase) -> Target:
    return Target(
        amqp_url=vhost.url("administrator"),
        management_url=vhost.management_url,
        mongo_url=database.url("administrator"),
        database=database.name,
        users={service: ServiceUrls(vhost.url(service), database.url(service)) for service in SERVICES},
    )


@pytest.fixture
def breakable(vhost: Vhost, database: TestDatabase) -> Iterator[Servers]:
    """Both, for one test."""
    with (
        MongoClient[Document](database.url("administrator")) as mongo,
        closing(Servers(vhost, database, mongo)) as both,
    ):
        yield both


def look(target: Target, *names: str) -> list[Finding]:
    """What the checks of these names say, or all but two: a test has no consumers, and its broker has just started."""
    left_out = ("consumers", "alarms")
    checks = [check for check in CHECKS if check.name in names or (not names and check.name not in left_out)]
    assert not names or len(checks) == len(names)
    with ServerConnections(target) as patient:
        return [finding for _, finding in run_checks(patient, checks)]


def only_problem(target: Target, *names: str) -> Finding:
    [found] = [finding for finding in look(target, *names) if finding.state is State.PROBLEM]
    return found


def test_servers_as_they_were_set_up_have_no_problem(target: Target, breakable: Servers) -> None:
    breakable.make_indexes()
    found = look(target)
    assert [finding for finding in found if finding.state is State.PROBLEM] == []
    told = [finding.says for finding in found if finding.state is State.UNKNOWN]
    assert told == [
        "The readiness of the services was not checked.",
        "The versions of the services are not known.",
        "The stack is not on this machine.",
        *(f"Skipped: {name}" for name in ("disk", "secrets", "seal keys")),
    ]


def test_each_queue_that_nobody_reads_is_named_with_its_service(target: Target) -> None:
    found = look(target, "consumers")
    assert [finding.says for finding in found[:-1]] == [
        f"The queue {queue.name} has no consumer." for queue in WORK_QUEUES
    ]
    assert "restart the scanner service" in next(each.fix or "" for each in found if SLICES in each.says)
    assert found[-1].says.startswith("No api receives live updates of tasks")


def change_an_argument(servers: Servers) -> None:
    queue = f"{SLICES}.retry.2"
    servers.delete("queues", queue)
    arguments = {"x-queue-type": "quorum", "x-message-ttl": 3000, "x-dead-letter-exchange": "mailtally.commands"}
    servers.put("queues", queue, {"durable": True, "arguments": arguments})


def remove_a_queue(servers: Servers) -> None:
    servers.delete("queues", SLICES)


def remove_a_binding(servers: Servers) -> None:
    key = quote("scan.*.v1", safe="")
    servers.delete("bindings", f"e/{EVENTS_EXCHANGE}/q/{STATUS_SCAN_EVENTS}/{key}")


def add_a_binding(servers: Servers) -> None:
    servers.post("bindings", f"e/{EVENTS_EXCHANGE}/q/{STATUS_SCAN_EVENTS}", {"routing_key": "invoice.#"})


def remove_an_exchange(servers: Servers) -> None:
    servers.delete("exchanges", RETRY_EXCHANGE)


def change_an_exchange(servers: Servers) -> None:
    servers.delete("exchanges", DEAD_EXCHANGE)
    servers.put("exchanges", DEAD_EXCHANGE, {"type": "fanout", "durable": True})


def remove_a_policy(servers: Servers) -> None:
    servers.delete("policies", f"{SLICES}.limits")


def change_a_policy(servers: Servers) -> None:
    body = {"pattern": "^scanner[.]slices$", "apply-to": "queues", "priority": 1, "definition": {"delivery-limit": 2}}
    servers.put("policies", f"{SLICES}.limits", body)


def revoke_a_permission(servers: Servers) -> None:
    read = BROKER_ACCESS["scanner"].read
    servers.put("permissions", "scanner", {"configure": "^$", "write": "^$", "read": read})


def take_all_permissions(servers: Servers) -> None:
    servers.delete("permissions", "status")


def set_a_message_aside(servers: Servers) -> None:
    message = {"properties": {}, "routing_key": SLICES, "payload": "{}", "payload_encoding": "string"}
    servers.post("exchanges", f"{DEAD_EXCHANGE}/publish", message)


def drop_an_index(servers: Servers) -> None:
    servers.database["scan_runs"].drop_index("account_key_1")


def make_an_index_another(servers: Servers) -> None:
    servers.database["users"].drop_index("name_1")
    servers.database["users"].create_index("name")


def leave_an_old_task(servers: Servers) -> None:
    servers.database["scanning_tasks"].insert_one({"_id": "old", "status": "SUCCESS"})


def revoke_a_privilege(servers: Servers) -> None:
    resource = {"db": servers.database.name, "collection": "scanning_tasks"}
    privilege = {"resource": resource, "actions": ["find"]}
    servers.database.command("revokePrivilegesFromRole", mongo_role("api"), privileges=[privilege])


def drop_a_user(servers: Servers) -> None:
    servers.database.command("dropUser", mongo_role("scanner"))


@pytest.mark.parametrize(
    ("break_it", "check", "says", "fix"),
    [
        (change_an_argument, "queues", "x-message-ttl 3000 instead of 2000", "arguments cannot be changed"),
        (remove_a_queue, "queues", f"The queue {SLICES} is missing.", DECLARE),
        (remove_a_binding, "bindings", f"{STATUS_SCAN_EVENTS} to {EVENTS_EXCHANGE} with scan.*.v1 is missing", DECLARE),
        (add_a_binding, "bindings", "is also bound to mailtally.events with invoice.#", "rabbitmqadmin delete"),
        (remove_an_exchange, "exchanges", f"The exchange {RETRY_EXCHANGE} is missing.", DECLARE),
        (change_an_exchange, "exchanges", f"{DEAD_EXCHANGE} is fanout instead of direct", "delete the exchange"),
        (remove_a_policy, "policies", f"The policy {SLICES}.limits is missing.", DECLARE),
        (change_a_policy, "policies", f"The policy {SLICES}.limits was changed.", DECLARE),
        (revoke_a_permission, "broker rights", "The RabbitMQ user scanner has unexpected permissions (write)", DECLARE),
        (take_all_permissions, "broker rights", "The RabbitMQ user status has no permissions.", DECLARE),
        (take_all_permissions, "broker logins", "RabbitMQ refuses the login of the status service", DECLARE),
        (set_a_message_aside, "dead letters", f"1 dead letter in {SLICES}.dead", "redrive"),
        (drop_an_index, "indexes", "(account_key) of scan_runs is missing", "restart the scanner service"),
        (make_an_index_another, "indexes", "(name) of users has a different unique", "restart the api service"),
        (leave_an_old_task, "legacy", "1 scan of an older version with the status SUCCESS", "run mailtally migrate"),
        (revoke_a_privilege, "database rights", "MongoDB role mailtally_api may not find scanning_tasks", DECLARE),
        (drop_a_user, "database rights", "MongoDB has no user mailtally_scanner.", DECLARE),
        (drop_a_user, "database logins", "MongoDB refuses the login of the scanner service", DECLARE),
    ],
)
def test_what_is_broken_is_named_with_its_fix(
    target: Target, breakable: Servers, break_it: Callable[[Servers], None], check: str, says: str, fix: str
) -> None:
    if check == "indexes":
        breakable.make_indexes()
    assert [finding.state for finding in look(target, check)] == [State.OK]
    break_it(breakable)
    found = only_problem(target, check)
    assert says in found.says
    assert fix in (found.fix or "")


def test_who_may_do_what_is_not_theirs_is_seen_in_the_rules_and_in_the_deed(target: Target, breakable: Servers) -> None:
    breakable.delete("topic-permissions", "api")
    assert only_problem(target, "broker rights").says == "The RabbitMQ user api has no topic permissions."
    assert only_problem(target, "broker logins").says == "The api service may publish events of other services."
    resource = {"db": breakable.database.name, "collection": "scanning_tasks"}
    privilege = {"resource": resource, "actions": ["update"]}
    breakable.database.command("grantPrivilegesToRole", mongo_role("scanner"), privileges=[privilege])
    assert "may update scanning_tasks, which belongs to another service" in only_problem(target, "database rights").says
    users = {**target.users, "api": target.users["status"], "status": target.users["api"]}
    assert "may write" in only_problem(replace(target, users=users), "database logins").says


def test_a_clock_that_is_behind_is_told_with_the_difference(target: Target) -> None:
    wrong = dt.timedelta(minutes=4, seconds=12)
    checks = [check for check in CHECKS if check.name in ("broker clock", "database clock")]
    began = time.monotonic()
    with ServerConnections(target, now=lambda: dt.datetime.now(dt.UTC) - wrong) as patient:
        found = [finding for _, finding in run_checks(patient, checks)]
    doubt = time.monotonic() - began + 0.5  # of what is asked in so long, and told in whole seconds
    assert [finding.state for finding in found] == [State.PROBLEM] * 2
    told = re.fullmatch(r"The clock is (\d+) min (\d+) s behind MongoDB\.", found[1].says)
    assert told is not None
    assert abs(60 * int(told[1]) + int(told[2]) - wrong.total_seconds()) <= doubt
    assert "timedatectl set-ntp true" in (found[1].fix or "")


def test_a_service_s_own_user_is_told_what_it_may_not_look_at(target: Target) -> None:
    url = target.users["status"].mongo_url
    found = look(replace(target, mongo_url=url, users={}), "majority", "database rights", "legacy", "database logins")
    assert [finding.state for finding in found] == [State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, State.OK]
    assert all("administrator" in (finding.fix or "") for finding in found[:2])


def test_a_server_that_does_not_answer_is_one_problem_and_what_rests_on_it_is_named(target: Target) -> None:
    away = replace(target, amqp_url="amqp://a:b@127.0.0.1:1/", management_url="http://a:b@127.0.0.1:1", mongo_url=None)
    found = look(away, "amqp", "rabbitmq", "queues", "mongodb", "indexes")
    problem, unknown = State.PROBLEM, State.UNKNOWN
    assert [finding.state for finding in found] == [problem, problem, *(unknown for _ in range(5))]
    assert found[0].says.startswith("RabbitMQ does not accept a connection at 127.0.0.1:1")
    assert "management API does not answer at 127.0.0.1:1" in found[1].says
    assert [finding.says for finding in found[2:]] == [
        "Skipped: rabbitmq",
        "Skipped: queues",
        "The address of MongoDB is not known.",
        "Skipped: mongodb",
        "Skipped: indexes",
    ]


def test_a_login_that_is_refused_and_a_virtual_host_that_is_not_there_are_told(target: Target) -> None:
    def broken(url: str | None) -> str:
        return with_user(url or "", "nobody", "wrong")

    wrong = replace(
        target,
        amqp_url=broken(target.amqp_url),
        management_url=broken(target.management_url),
        mongo_url=broken(target.mongo_url),
    )
    found = [finding.says for finding in look(wrong, "amqp", "rabbitmq", "mongodb") if finding.state is State.PROBLEM]
    assert "refuses the user name or password" in found[0]
    assert "refuses the user name or password" in found[1]
    assert found[2] == "MongoDB refuses the login (code 18)."
    elsewhere = replace(target, amqp_url=f"{(target.amqp_url or '').rpartition('/')[0]}/nowhere")
    assert next(finding.says for finding in look(elsewhere, "queues")) == "RabbitMQ has no virtual host nowhere."

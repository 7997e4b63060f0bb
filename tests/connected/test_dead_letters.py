"""Dead letters over REST: listed without their text, put back or dropped, each time with an entry in the audit log."""

import aio_pika
import aiormq.exceptions
import httpx
import pytest

from shared.access import SERVICES
from shared.messaging.broker import publishing_broker, start_when_reachable
from shared.messaging.dead_letters import AT_HEADER, QUEUE_HEADER, REASON_HEADER, DeadLetters
from shared.messaging.publishing import Publisher
from shared.messaging.topology import DEAD_EXCHANGE, SCAN_REQUESTED, STATUS_SCAN_EVENTS, WORK_QUEUES
from shared.observability.metrics import new_registry
from tests.support.builders import sample_events
from tests.support.running_api import RunningApi, running_api
from tests.support.servers import TestDatabase, Vhost
from tests.support.waiting import SECONDS, eventually

SECRET = b"the text of a mail"
LETTERS = "/v1/admin/dead-letters"


@pytest.fixture
def operator(api: RunningApi) -> httpx.AsyncClient:
    return api.client("operator", admin=True)


async def bury(channel: aio_pika.abc.AbstractChannel, queue: str, *bodies: bytes) -> None:
    headers = {REASON_HEADER: f"why {queue}", QUEUE_HEADER: queue, AT_HEADER: "2026-11-12T09:00:00+00:00"}
    exchange = await channel.get_exchange(DEAD_EXCHANGE, ensure=False)
    for body in bodies:
        await exchange.publish(aio_pika.Message(body, headers={**headers}), routing_key=queue)


async def taken(
    channel: aio_pika.abc.AbstractChannel, queue: str, number: int
) -> list[aio_pika.abc.AbstractIncomingMessage]:
    """So many messages out of a queue, waited for."""
    found: list[aio_pika.abc.AbstractIncomingMessage] = []
    source = await channel.get_queue(queue, ensure=False)
    async with source.iterator(no_ack=True, timeout=SECONDS) as messages:
        async for message in messages:
            found.append(message)
            if len(found) == number:
                return found
    raise AssertionError("unreachable")


async def test_a_look_changes_nothing_and_shows_no_text(
    operator: httpx.AsyncClient, channel: aio_pika.abc.AbstractChannel
) -> None:
    event = sample_events()["scan.failed.v1"]
    await bury(channel, STATUS_SCAN_EVENTS, SECRET, event.to_bytes())
    await bury(channel, SCAN_REQUESTED, b'{"task_id": "t1", "note": "the text of a mail"}')
    first, second = [(await operator.get(LETTERS)).json() for _ in range(2)]
    assert first == second
    assert first["queues"] == {queue.name: 0 for queue in WORK_QUEUES} | {STATUS_SCAN_EVENTS: 2, SCAN_REQUESTED: 1}
    assert [letter["queue"] for letter in first["items"]] == [STATUS_SCAN_EVENTS, STATUS_SCAN_EVENTS, SCAN_REQUESTED]
    told = first["items"][1]
    assert (told["type"], told["task_id"]) == ("io.mailtally.scan.failed.v1", event.subject)
    assert (told["reason"], told["at"], told["tries"]) == (f"why {STATUS_SCAN_EVENTS}", "2026-11-12T09:00:00.000Z", 1)
    shown = [(await operator.get(f"{LETTERS}/{letter['id']}")).json() for letter in first["items"]]
    assert shown[1]["data"]["error"].startswith("text of ")
    assert (shown[2]["task_id"], shown[2]["data"]) == ("t1", {"task_id": "text of 2", "note": "text of 18"})
    assert [{name: letter[name] for name in told} for letter in shown] == first["items"]
    assert SECRET.decode() not in str((first, shown))
    assert event.data.error not in str((first, shown))
    only = (await operator.get(LETTERS, params={"queue": SCAN_REQUESTED})).json()["items"]
    assert only == first["items"][2:]
    assert (await operator.get(LETTERS, params={"limit": 1})).json()["items"] == first["items"][:1]


async def test_a_look_ends_when_the_queue_has_again_what_it_held(
    operator: httpx.AsyncClient, channel: aio_pika.abc.AbstractChannel
) -> None:
    await bury(channel, SCAN_REQUESTED, *(b"%d" % number for number in range(300)))
    (dropped,) = (await operator.get(LETTERS, params={"limit": 1})).json()["items"]
    await operator.delete(f"{LETTERS}/{dropped['id']}")
    for _ in range(20):
        assert (await operator.get(LETTERS, params={"limit": 200})).json()["queues"][SCAN_REQUESTED] == 299


async def test_one_is_put_back_as_it_is_and_one_is_dropped_and_both_are_written_down(
    operator: httpx.AsyncClient, channel: aio_pika.abc.AbstractChannel
) -> None:
    await bury(channel, STATUS_SCAN_EVENTS, b"1", b"2", b"3")
    one, two, three = (await operator.get(LETTERS)).json()["items"]
    assert (await operator.post(f"{LETTERS}/{one['id']}/redrive")).status_code == 204
    (back,) = await taken(channel, STATUS_SCAN_EVENTS, 1)
    assert (back.body, back.headers[REASON_HEADER]) == (b"1", f"why {STATUS_SCAN_EVENTS}")
    assert (await operator.delete(f"{LETTERS}/{two['id']}")).status_code == 204
    assert (await operator.get(LETTERS)).json()["items"] == [three]
    assert (await operator.post(f"{LETTERS}/{one['id']}/redrive")).status_code == 404
    entries = (await operator.get("/v1/admin/audit")).json()["items"]
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("dead_letters.drop", {"ids": [two["id"]]}),
        ("dead_letters.redrive", {"ids": [one["id"]]}),
    ]
    assert {entry["by"]["name"] for entry in entries} == {"operator"}


async def test_many_are_put_back_or_dropped_by_queue_or_by_ids(
    operator: httpx.AsyncClient, channel: aio_pika.abc.AbstractChannel
) -> None:
    await bury(channel, STATUS_SCAN_EVENTS, *(str(number).encode() for number in range(300)))
    await bury(channel, SCAN_REQUESTED, b"a", b"b", b"c")
    moved = (await operator.post(f"{LETTERS}/redrive", json={"queue": STATUS_SCAN_EVENTS})).json()["ids"]
    assert len(set(moved)) == 300
    back = await taken(channel, STATUS_SCAN_EVENTS, 300)
    assert sorted(int(letter.body) for letter in back) == list(range(300))
    left = [letter["id"] for letter in (await operator.get(LETTERS)).json()["items"]]
    assert len(left) == 3
    dropped = await operator.post(f"{LETTERS}/drop", json={"ids": [left[1], "gone"]})
    assert dropped.json() == {"ids": [left[1]]}
    assert [letter["id"] for letter in (await operator.get(LETTERS)).json()["items"]] == [left[0], left[2]]
    choices: list[dict[str, object]] = [
        {},
        {"queue": STATUS_SCAN_EVENTS, "ids": left},
        {"queue": "elsewhere"},
        {"ids": []},
    ]
    for choice in choices:
        assert (await operator.post(f"{LETTERS}/drop", json=choice)).status_code == 422


async def test_what_fails_again_tells_how_often_it_was_tried(
    operator: httpx.AsyncClient, vhost: Vhost, channel: aio_pika.abc.AbstractChannel
) -> None:
    broker = publishing_broker(vhost.url("status"), service="status")
    await start_when_reachable(broker)
    try:
        headers: aio_pika.abc.HeadersType = {}
        for tries in (1, 2, 3):
            grave = DeadLetters(Publisher(broker, confirm_s=SECONDS), new_registry())
            await grave.bury(b"x", queue=STATUS_SCAN_EVENTS, reason="why", headers=headers)
            (letter,) = (await operator.get(LETTERS)).json()["items"]
            assert letter["tries"] == tries
            await operator.post(f"{LETTERS}/{letter['id']}/redrive")
            (back,) = await taken(channel, STATUS_SCAN_EVENTS, 1)
            headers = back.headers
    finally:
        await broker.stop()


async def test_what_the_broker_itself_gives_up_comes_back_as_often_as_it_is_put_back(
    operator: httpx.AsyncClient, channel: aio_pika.abc.AbstractChannel
) -> None:
    await channel.default_exchange.publish(aio_pika.Message(b"x"), routing_key=SCAN_REQUESTED)
    source = await channel.get_queue(SCAN_REQUESTED, ensure=False)

    async def letters() -> list[dict[str, object]]:
        items: list[dict[str, object]] = (await operator.get(LETTERS)).json()["items"]
        return items

    for tries in (1, 2, 3):
        async with source.iterator(timeout=SECONDS) as messages:
            await (await anext(messages)).reject(requeue=False)
        found = await eventually(letters)  # the broker moves it by itself
        assert (found[0]["reason"], found[0]["tries"]) == ("never acknowledged", tries)
        assert found[0]["at"] is not None
        assert (await operator.post(f"{LETTERS}/{found[0]['id']}/redrive")).status_code == 204


async def test_the_operators_user_can_publish_nothing_and_no_services_user_reads_a_dead_letter(
    vhost: Vhost, channel: aio_pika.abc.AbstractChannel
) -> None:
    await bury(channel, STATUS_SCAN_EVENTS, b"x")
    for exchange in ("mailtally.events", "mailtally.commands", DEAD_EXCHANGE, ""):
        async with await aio_pika.connect(vhost.url("operator")) as connection:
            mine = await connection.channel(publisher_confirms=True)
            target = mine.default_exchange if exchange == "" else await mine.get_exchange(exchange, ensure=False)
            with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                await target.publish(aio_pika.Message(b"forged"), routing_key=STATUS_SCAN_EVENTS)
    for service in SERVICES:
        for queue in WORK_QUEUES:
            async with await aio_pika.connect(vhost.url(service)) as connection:
                letters = await (await connection.channel()).get_queue(queue.dead, ensure=False)
                with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                    await letters.get(timeout=SECONDS)


async def test_without_the_operators_user_the_answer_names_the_setting(vhost: Vhost, database: TestDatabase) -> None:
    async with running_api(vhost, database, operator_amqp_url=None) as api:
        answer = await api.client("operator", admin=True).get(LETTERS)
    assert (answer.status_code, answer.json()["code"]) == (501, "dead_letters_off")
    assert "MAILTALLY_OPERATOR_AMQP_URL" in answer.json()["detail"]


async def test_with_the_broker_away_nothing_is_done_and_the_answer_says_so(
    vhost: Vhost, database: TestDatabase
) -> None:
    away = "amqp://operator:x@127.0.0.1:1/x"
    async with running_api(vhost, database, operator_amqp_url=away) as api:
        answer = await api.client("operator", admin=True).post(f"{LETTERS}/drop", json={"queue": STATUS_SCAN_EVENTS})
    assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")
    assert answer.headers["retry-after"]

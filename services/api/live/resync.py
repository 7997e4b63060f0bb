"""Background tasks of event streams: pings, and resynchronization after lost announcements."""

import asyncio
import logging
from collections.abc import Iterable

from services.api.live.hub import PING_GROUPS, Hub
from services.api.scans.task_reader import TaskReader
from shared.mongo import UNAVAILABLE

logger = logging.getLogger("mailtally.api.live")

RESYNC_SECONDS = 5.0
"""Changes are announced without a guarantee; this often, versions are compared to make up for lost
ones."""

_GROUP_INTERVAL_SECONDS = 1.0
_AT_ONCE = 500
_BETWEEN_USERS_SECONDS = 0.02
"""Spreads the reads of new tasks: 50 users a second, however many follow."""


async def ping_forever(hub: Hub) -> None:
    """Ping each stream every `PING_GROUPS` seconds; until cancelled."""
    while True:
        for group in range(PING_GROUPS):
            await asyncio.sleep(_GROUP_INTERVAL_SECONDS)
            hub.ping_group(group)


async def resync_forever(hub: Hub, tasks: TaskReader) -> None:
    """Compare the versions sent with those stored, for all streams together; until cancelled."""
    while True:
        await asyncio.sleep(RESYNC_SECONDS)
        try:
            await _resync_known(hub, tasks)
            await _publish_new(hub, tasks)
        except UNAVAILABLE as error:
            extra = {"event": "resync_deferred", "reason": type(error).__name__}
            logger.warning("event streams not resynchronized: database unavailable", extra=extra)


async def _resync_known(hub: Hub, tasks: TaskReader) -> None:
    """Publish later versions of the followed tasks that have not ended."""
    oldest: dict[str, int] = {}
    for subscription in hub.subscriptions:
        for task_id in subscription.unfinished:
            seen = subscription.seen(task_id)
            oldest[task_id] = min(seen, oldest.get(task_id, seen))
    for ids in _batches(list(oldest)):
        versions = await tasks.versions(ids)
        behind = [task_id for task_id, version in versions.items() if version > oldest[task_id]]
        for task in await tasks.find_many(behind):
            hub.publish(task)


async def _publish_new(hub: Hub, tasks: TaskReader) -> None:
    """Publish tasks that have begun since, to those who follow all of theirs."""
    for user_id in {subscription.user_id for subscription in hub.subscriptions if subscription.task_id is None}:
        for task in (await tasks.newest_of_accounts(user_id)).values():
            hub.publish(task)
        await asyncio.sleep(_BETWEEN_USERS_SECONDS)


def _batches(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))

"""RabbitMQ and MongoDB of a stack: started here, or already running and provisioned."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from shared.access import BROKER_USERS, OPERATOR, SERVICES, mongo_role
from tools.stack import binaries
from tools.stack.layout import Layout
from tools.stack.mongod import Mongod
from tools.stack.options import External, with_database_user, with_user
from tools.stack.process_supervisor import OnRestart
from tools.stack.provision import provision_broker, provision_database
from tools.stack.rabbitmq import RabbitMQ
from tools.stack.secrets import ADMINISTRATOR, Secrets
from tools.stack.stackfile import ServiceUrls

Report = Callable[[str], None]


@dataclass
class Servers:
    """Both servers, ready for the services once `start` has returned."""

    layout: Layout
    secrets: Secrets
    external: External
    report: Report
    on_restart: OnRestart = lambda: None
    amqp_url: str = ""
    management_url: str = ""
    mongo_url: str = ""
    users: dict[str, ServiceUrls] = field(default_factory=dict)
    rabbitmq: RabbitMQ | None = None
    mongod: Mongod | None = None

    async def start(self) -> None:
        """Start or provision both at the same time. Raises `StackError`."""
        try:
            async with asyncio.TaskGroup() as group:
                broker = group.create_task(self._start_broker())
                database = group.create_task(self._start_database())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        amqp, mongo = broker.result(), database.result()
        self.users = {service: ServiceUrls(amqp[service], mongo[service]) for service in SERVICES}
        self.users["api"] = replace(self.users["api"], operator_amqp_url=amqp[OPERATOR])

    async def stop(self, grace: float = 20.0) -> None:
        """Stop what `start` has started, both at the same time; without grace the servers are
        killed."""
        await asyncio.gather(*(server.stop(grace) for server in (self.rabbitmq, self.mongod) if server is not None))

    @property
    def pids(self) -> dict[str, list[int]]:
        """Return the process ids of the servers that the stack started."""
        return {
            "rabbitmq": self.rabbitmq.pids if self.rabbitmq is not None else [],
            "mongod": self.mongod.pids if self.mongod is not None else [],
        }

    async def _start_broker(self) -> dict[str, str]:
        passwords = {user: self.secrets[f"rabbitmq-{user}"] for user in BROKER_USERS}
        if self.external.amqp_url is not None and self.external.management_url is not None:
            self.amqp_url, self.management_url = self.external.amqp_url, self.external.management_url
            vhost = self.external.vhost
            await asyncio.to_thread(provision_broker, self.management_url, vhost=vhost, passwords=passwords)
            return {user: with_user(self.amqp_url, user, password) for user, password in passwords.items()}
        programs = await asyncio.to_thread(binaries.rabbitmq, self.report)
        self.rabbitmq = RabbitMQ(self.layout, self.secrets, programs, self.on_restart)
        await self.rabbitmq.start()
        administrator = self.secrets[f"rabbitmq-{ADMINISTRATOR}"]
        self.amqp_url = self.rabbitmq.addresses.url(ADMINISTRATOR, administrator)
        self.management_url = self.rabbitmq.addresses.management_url(administrator)
        return {user: self.rabbitmq.addresses.url(user, password) for user, password in passwords.items()}

    async def _start_database(self) -> dict[str, str]:
        passwords = {service: self.secrets[f"mongod-{service}"] for service in SERVICES}
        database = self.external.database
        if self.external.mongo_url is not None:
            self.mongo_url = url = self.external.mongo_url
            await asyncio.to_thread(provision_database, url, database, passwords)
            return {s: with_database_user(url, mongo_role(s), passwords[s], database) for s in SERVICES}
        program = await asyncio.to_thread(binaries.mongod, self.report)
        self.mongod = Mongod(self.layout, self.secrets, program, self.on_restart)
        await self.mongod.start(database)
        self.mongo_url = self.mongod.administrator_url
        return {service: self.mongod.service_url(service, database) for service in SERVICES}

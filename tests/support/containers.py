"""RabbitMQ and MongoDB in containers that live as long as a context; no image is ever downloaded for a test."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]  # publishes no types
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, PyMongoError
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient, get_docker_host
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.support.server_choice import CHOICE, MONGO, RABBITMQ
from tests.support.waiting import SECONDS, eventually_sync
from tools.stack.errors import StackError
from tools.stack.secrets import ADMINISTRATOR, Secrets

_LOOPBACK = "127.0.0.1"
_ASK_SECONDS = 5

# The key must belong to the server's user. Nobody else needs it: the replica set has one member.
_KEY_FILE = "/data/configdb/key"
_MONGO_START = (
    f"head -c 48 /dev/urandom | base64 -w 0 | install --mode 400 --owner mongodb /dev/stdin {_KEY_FILE} && "
    f"exec docker-entrypoint.sh mongod --replSet tests --keyFile {_KEY_FILE} --bind_ip_all --wiredTigerCacheSizeGB 0.5"
)


@dataclass(frozen=True)
class _Server:
    """How one kind of server is made, and what it is called for a stack once it is ready."""

    image: str
    create: Callable[[str, str], DockerContainer]
    settings: Callable[[DockerContainer, str], dict[str, str]]


def obstacle(servers: Sequence[str]) -> str | None:
    """Why these servers cannot run in containers here, as the end of a sentence; None when they can."""
    host = urlsplit(get_docker_host() or "").hostname
    if host not in (None, "localhost", _LOOPBACK):
        return "the Docker daemon is on another machine, and their ports are published on its loopback address"
    try:
        client = DockerClient(timeout=_ASK_SECONDS).client
    except (DockerException, OSError):
        return "no Docker daemon answers"
    try:
        for server in servers:
            client.images.get(_image(server))
    except ImageNotFound:
        return f"the image {_image(server)} is not here (docker pull {_image(server)})"
    except (DockerException, OSError) as error:
        return f"the Docker daemon does not say which images it has ({type(error).__name__})"
    finally:
        client.close()
    return None


@contextmanager
def running(servers: Sequence[str], secrets: Secrets) -> Iterator[dict[str, str]]:
    """The servers, ready; the settings that name them to a stack. Raises `StackError` when one does not start."""
    # The process that holds the context cleans up; Ryuk would be one more image to have.
    testcontainers_config.ryuk_disabled = True
    # Otherwise the library guesses, and takes any machine with /.dockerenv for a container among containers.
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host
    with ExitStack() as stack:
        try:
            # All are started before the first is waited for.
            started = [(server, stack.enter_context(_container(server, secrets))) for server in servers]
            settings: dict[str, str] = {}
            for server, container in started:
                settings |= _SERVERS[server].settings(container, _password(server, secrets))
        except (DockerException, PyMongoError, OSError, RuntimeError) as error:
            raise StackError(
                f"A container for the tests did not start: {error}\n{CHOICE}=local does without containers."
            ) from error
        yield settings


def _image(server: str) -> str:
    return f"{testcontainers_config.hub_image_name_prefix}{_SERVERS[server].image}"


def _password(server: str, secrets: Secrets) -> str:
    return secrets[f"container-{server}"]


def _container(server: str, secrets: Secrets) -> DockerContainer:
    return _SERVERS[server].create(_SERVERS[server].image, _password(server, secrets))


def _publish(container: DockerContainer, *ports: int) -> DockerContainer:
    """Publish these ports as free ones of the loopback address alone, which `with_exposed_ports` cannot."""
    for port in ports:
        container.ports[str(port)] = (_LOOPBACK, 0)  # type: ignore[assignment]  # passed on to docker, which takes both
    return container


def _authority(container: DockerContainer, port: int, password: str) -> str:
    return f"{ADMINISTRATOR}:{quote(password, safe='')}@{_LOOPBACK}:{container.get_exposed_port(port)}"


def _create_rabbitmq(image: str, password: str) -> DockerContainer:
    container = DockerContainer(image)
    container.with_envs(RABBITMQ_DEFAULT_USER=ADMINISTRATOR, RABBITMQ_DEFAULT_PASS=password)
    return _publish(container, 5672, 15672)


def _rabbitmq_settings(container: DockerContainer, password: str) -> dict[str, str]:
    started = LogMessageWaitStrategy("Server startup complete")
    started.with_startup_timeout(int(SECONDS)).with_poll_interval(0.2).wait_until_ready(container)
    return {
        "MAILTALLY_AMQP_URL": f"amqp://{_authority(container, 5672, password)}/",
        "MAILTALLY_RABBITMQ_MANAGEMENT_URL": f"http://{_authority(container, 15672, password)}",
    }


def _create_mongo(image: str, password: str) -> DockerContainer:
    container = DockerContainer(image).with_command(["bash", "-c", _MONGO_START])
    container.with_envs(MONGO_INITDB_ROOT_USERNAME=ADMINISTRATOR, MONGO_INITDB_ROOT_PASSWORD=password)
    return _publish(container, 27017)


def _mongo_settings(container: DockerContainer, password: str) -> dict[str, str]:
    url = f"mongodb://{_authority(container, 27017, password)}/?authSource=admin&directConnection=true"
    _make_primary(url)
    return {"MAILTALLY_MONGO_URL": url}


def _make_primary(url: str) -> None:
    """Make the server a replica set of one and wait until it takes writes."""
    config = {"_id": "tests", "members": [{"_id": 0, "host": f"{_LOOPBACK}:27017"}]}
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=1000) as client:

        def is_initiated() -> bool:
            """The image's first start, which makes the administrator, is not reachable from outside."""
            with suppress(ConnectionFailure):
                client.admin.command("replSetInitiate", config)
                return True
            return False

        def is_primary() -> bool:
            with suppress(ConnectionFailure):
                return bool(client.admin.command("hello")["isWritablePrimary"])
            return False

        eventually_sync(is_initiated)
        eventually_sync(is_primary)


_SERVERS = {
    RABBITMQ: _Server("rabbitmq:4-management", _create_rabbitmq, _rabbitmq_settings),
    MONGO: _Server("mongo:8", _create_mongo, _mongo_settings),
}

"""The environment of a service process: the launcher's own, with the service's addresses and secrets."""

from collections.abc import Mapping

from cli.stack.secrets import Secrets
from cli.stack.stackfile import ServiceUrls

_ADMINISTRATORS = ("MAILTALLY_RABBITMQ_MANAGEMENT_URL", "MAILTALLY_AMQP_URL_FILE", "MAILTALLY_MONGO_URL_FILE")
_OWN_TOKENS = ("MAILTALLY_JWT_SECRET", "MAILTALLY_JWT_SECRET_FILE", "MAILTALLY_OIDC_ISSUER")


def service_environment(
    service: str,
    *,
    urls: ServiceUrls,
    database: str,
    port: int,
    secrets: Secrets,
    inherited: Mapping[str, str],
) -> dict[str, str]:
    """What a service is started with: its own users only, never the administrators' addresses."""
    environment = {name: value for name, value in inherited.items() if name not in _ADMINISTRATORS}
    environment |= {
        "MAILTALLY_AMQP_URL": urls.amqp_url,
        "MAILTALLY_MONGO_URL": urls.mongo_url,
        "MAILTALLY_MONGO_DATABASE": database,
        "MAILTALLY_HTTP_HOST": "127.0.0.1",
        "MAILTALLY_HTTP_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    environment.setdefault("MAILTALLY_LOG_FORMAT", "json")
    if service == "api" and not any(name in inherited for name in _OWN_TOKENS):
        environment["MAILTALLY_JWT_SECRET_FILE"] = str(secrets.file("jwt-secret").resolve())
    return environment

"""The environment of a service process: the launcher's own, with the service's addresses and
secrets."""

from collections.abc import Mapping
from pathlib import Path

from tools.stack.secrets import Secrets, public_key
from tools.stack.stackfile import ServiceUrls

_OPERATOR = "MAILTALLY_OPERATOR_AMQP_URL"
_ADMINISTRATORS = (
    "MAILTALLY_RABBITMQ_MANAGEMENT_URL",
    "MAILTALLY_AMQP_URL_FILE",
    "MAILTALLY_MONGO_URL_FILE",
    _OPERATOR,
    f"{_OPERATOR}_FILE",
)
_PRIVATE_KEY, _PUBLIC_KEY = "MAILTALLY_SEAL_PRIVATE_KEY", "MAILTALLY_SEAL_PUBLIC_KEY"
_SEAL_KEYS = (_PRIVATE_KEY, f"{_PRIVATE_KEY}_FILE", _PUBLIC_KEY, f"{_PUBLIC_KEY}_FILE")
_WEBHOOK_KEYS = ("MAILTALLY_WEBHOOK_KEY", "MAILTALLY_WEBHOOK_KEY_FILE")
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
    """Return the environment of a service: with its own logins only, never the administrators'
    addresses."""
    environment = {name: value for name, value in inherited.items() if name not in (*_ADMINISTRATORS, *_SEAL_KEYS)}
    environment |= {
        "MAILTALLY_AMQP_URL": urls.amqp_url,
        "MAILTALLY_MONGO_URL": urls.mongo_url,
        "MAILTALLY_MONGO_DATABASE": database,
        "MAILTALLY_HTTP_HOST": "127.0.0.1",
        "MAILTALLY_HTTP_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    environment.setdefault("MAILTALLY_LOG_FORMAT", "json")
    if urls.operator_amqp_url is not None:
        environment[_OPERATOR] = urls.operator_amqp_url
    if service == "api" and not any(name in inherited for name in _OWN_TOKENS):
        environment["MAILTALLY_JWT_SECRET_FILE"] = str(secrets.file("jwt-secret").resolve())
    if service in ("api", "webhooks") and not any(name in inherited for name in _WEBHOOK_KEYS):
        environment["MAILTALLY_WEBHOOK_KEY_FILE"] = str(secrets.webhook_key().resolve())
    return environment | _seal_key(service, secrets, inherited)


def _seal_key(service: str, secrets: Secrets, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the half of the key pair that the service needs, from the operator's own pair if set.

    Where the private keys are given, the public one is derived from them.
    """
    if service not in ("api", "scanner"):
        return {}
    wanted = _PUBLIC_KEY if service == "api" else _PRIVATE_KEY
    given = {name: inherited[name] for name in (wanted, f"{wanted}_FILE") if inherited.get(name)}
    if given:
        return given
    if service == "api" and (keys := inherited.get(_PRIVATE_KEY)):
        return {_PUBLIC_KEY: public_key(keys)}
    if service == "api" and (file := inherited.get(f"{_PRIVATE_KEY}_FILE")):
        return {_PUBLIC_KEY: public_key(Path(file).read_text(encoding="utf-8"))}
    private, public = secrets.seal_keys()
    return {f"{wanted}_FILE": str((public if service == "api" else private).resolve())}

"""Checked and sealed IMAP settings of an account, from what a user sends."""

from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from services.api.accounts.imap_schemas import ImapChange, NewImapSource, NewOAuth2
from services.api.http.problems import Fault, Problem
from shared.mailboxes import Auth, ImapMailbox, MailSecret, OAuth2, Security, binding
from shared.net.hosts import NotAHost, canonical_host, is_private_host
from shared.sealing import Sealer

_PORTS: dict[Security, int] = {"tls": 993, "starttls": 143}
_PRIVATE = "Loopback and private addresses are not allowed here. Ask your administrator to allow them."
_REENTER = "Enter the {secret} again: it was sealed for the previous server, port, security and user name."
_Value = TypeVar("_Value")


class ImapSettings:
    """Builds the `source.imap` of accounts. Raises `Problem` with a pointer to each error."""

    def __init__(self, sealer: Sealer, *, ports: frozenset[int], allow_private: bool) -> None:
        self._sealer = sealer
        self._ports = ports
        self._allow_private = allow_private

    def new(self, account_id: str, source: NewImapSource) -> ImapMailbox:
        """Return the mailbox of a new account."""
        mailbox = ImapMailbox(
            host=source.host,
            port=source.port or _PORTS[source.security],
            security=source.security,
            username=source.username,
            auth=source.auth,
            oauth2=_public_part(source.oauth2),
            folders=tuple(source.folders),
            secret="",
        )
        self._check(mailbox, source.oauth2)
        _raise_if_any(_secret_faults(source.auth, source))
        return self._sealed(account_id, mailbox, source)

    def changed(self, account_id: str, before: ImapMailbox, change: ImapChange) -> ImapMailbox:
        """Return the changed mailbox. It keeps its secret unless a new one is given or the old one
        would be sent elsewhere."""
        auth = change.auth or ("xoauth2" if change.oauth2 else "password" if change.password else before.auth)
        security = change.security or before.security
        kept_port = before.port if before.port != _PORTS[before.security] else _PORTS[security]
        mailbox = before.model_copy(
            update={
                "host": _first(change.host, before.host),
                "port": _first(change.port, kept_port),
                "security": security,
                "username": _first(change.username, before.username),
                "auth": auth,
                "oauth2": _public_part(change.oauth2) or (before.oauth2 if auth == "xoauth2" else None),
                "folders": before.folders if change.folders is None else tuple(change.folders),
            }
        )
        self._check(mailbox, change.oauth2)
        if change.password is not None or change.oauth2 is not None:
            _raise_if_any(_secret_faults(auth, change))
            return self._sealed(account_id, mailbox, change)
        if auth != before.auth or binding(account_id, mailbox) != binding(account_id, before):
            name = "password" if auth == "password" else "oauth2"
            _raise_if_any([Fault(pointer=f"/source/{name}", detail=_REENTER.format(secret=_NAMES[auth]))])
        return mailbox

    def _sealed(self, account_id: str, mailbox: ImapMailbox, given: NewImapSource | ImapChange) -> ImapMailbox:
        oauth2 = given.oauth2
        secret = MailSecret(
            bound_to=binding(account_id, mailbox),
            password=given.password.get_secret_value() if given.password else None,
            refresh_token=oauth2.refresh_token.get_secret_value() if oauth2 and oauth2.refresh_token else None,
            client_secret=oauth2.client_secret.get_secret_value() if oauth2 and oauth2.client_secret else None,
        )
        return mailbox.model_copy(update={"secret": self._sealer.seal(secret)})

    def _check(self, mailbox: ImapMailbox, oauth2: NewOAuth2 | None) -> None:
        faults = []
        if mailbox.port not in self._ports:
            allowed = ", ".join(map(str, sorted(self._ports)))
            faults.append(Fault(pointer="/source/port", detail=f"Allowed ports of mail servers: {allowed}."))
        if is_private_host(mailbox.host) and not self._allow_private:
            faults.append(Fault(pointer="/source/host", detail=_PRIVATE))
        _raise_if_any([*faults, *(self._oauth2_faults(oauth2) if oauth2 else ())])

    def _oauth2_faults(self, oauth2: NewOAuth2) -> Iterator[Fault]:
        if (oauth2.provider == "other") != (oauth2.token_url is not None):
            yield _oauth2_fault("token_url", 'Required with provider "other", and allowed only with it.')
        if oauth2.token_url is not None:
            yield from self._address_faults(oauth2.token_url)
        if oauth2.tenant is not None and oauth2.provider != "microsoft":
            yield _oauth2_fault("tenant", 'Allowed with provider "microsoft" only.')
        if oauth2.grant == "client_credentials":
            if oauth2.provider == "google":
                yield _oauth2_fault("grant", "Google does not support this grant for mail: use refresh_token.")
            if oauth2.provider == "microsoft" and oauth2.tenant is None:
                yield _oauth2_fault("tenant", 'Required with grant "client_credentials".')

    def _address_faults(self, url: str) -> Iterator[Fault]:
        try:
            parts = urlsplit(url)
            host = canonical_host(parts.hostname or "")
            is_good = parts.scheme == "https" and parts.port != 0 and parts.username is None and not parts.fragment
        except (ValueError, NotAHost):
            is_good, host = False, ""
        if not is_good or not url.isprintable() or not url.isascii() or " " in url:
            yield _oauth2_fault("token_url", "Must be an https:// address without a user name.")
        elif is_private_host(host) and not self._allow_private:
            yield _oauth2_fault("token_url", _PRIVATE)


_NAMES: dict[Auth, str] = {"password": "password", "xoauth2": "oauth2 part"}


def _secret_faults(auth: Auth, given: NewImapSource | ImapChange) -> Iterator[Fault]:
    """Yield what is missing in the secret, and what does not belong in it."""
    if auth == "password":
        if given.password is None:
            yield Fault(pointer="/source/password", detail='Required with auth "password".')
        if given.oauth2 is not None:
            yield Fault(pointer="/source/oauth2", detail='Allowed with auth "xoauth2" only.')
        return
    if given.password is not None:
        yield Fault(pointer="/source/password", detail='Allowed with auth "password" only.')
    oauth2 = given.oauth2
    if oauth2 is None:
        yield Fault(pointer="/source/oauth2", detail='Required with auth "xoauth2".')
    elif oauth2.grant == "refresh_token":
        if oauth2.refresh_token is None:
            yield _oauth2_fault("refresh_token", 'Required with grant "refresh_token".')
    else:
        if oauth2.client_secret is None:
            yield _oauth2_fault("client_secret", 'Required with grant "client_credentials".')
        if oauth2.refresh_token is not None:
            yield _oauth2_fault("refresh_token", 'Allowed with grant "refresh_token" only.')


def _public_part(oauth2: NewOAuth2 | None) -> OAuth2 | None:
    return None if oauth2 is None else OAuth2(**oauth2.model_dump(exclude={"client_secret", "refresh_token"}))


def _oauth2_fault(name: str, detail: str) -> Fault:
    return Fault(pointer=f"/source/oauth2/{name}", detail=detail)


def _first(value: _Value | None, otherwise: _Value) -> _Value:
    return otherwise if value is None else value


def _raise_if_any(faults: Iterator[Fault] | list[Fault]) -> None:
    found = list(faults)
    if found:
        raise Problem("invalid_request", found[0].detail, errors=found)

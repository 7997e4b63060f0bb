"""Access to the API of a stack: as its operator, or as a user, who is created if missing."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cli.client.api import ApiClient, Json
from cli.client.token_auth import BearerAuth, Token, operator_token
from cli.errors import ApiProblemError
from tools.stack.layout import Layout
from tools.stack.secrets import Secrets


@dataclass(frozen=True)
class StackConnection:
    """The address of the API, and the key that signs its tokens."""

    api_url: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, api_url: str, layout: Layout, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the connection to a stack of this machine, with the key that its api was started
        with."""
        if secret := environ.get("MAILTALLY_JWT_SECRET"):
            return cls(api_url, secret)
        file = environ.get("MAILTALLY_JWT_SECRET_FILE")
        path = Path(file) if file else Secrets(layout.secrets).file("jwt-secret")
        return cls(api_url, path.read_text(encoding="utf-8").strip())

    @contextmanager
    def operator(self) -> Iterator[ApiClient]:
        """Open the API as the operator of this machine."""
        with ApiClient(self.api_url, BearerAuth(lambda: operator_token(self.secret))) as api:
            yield api

    @contextmanager
    def user(self, name: str) -> Iterator[ApiClient]:
        """Open the API as this user."""
        with self.operator() as operator:

            def issue() -> Token:
                token = issue_token(operator, name)
                return Token(token["access_token"], token["expires_in"])

            with ApiClient(self.api_url, BearerAuth(issue)) as api:
                yield api

    def sign_in_link(self, name: str, *, admin: bool = False) -> str:
        """Return an address that signs a browser in once as this user, who is created if
        missing."""
        with self.operator() as operator:
            issue_token(operator, name, admin=admin)
            path: str = operator.sign_in_link(name)["path"]
        return self.api_url + path


def issue_token(operator: ApiClient, name: str, *, admin: bool = False) -> Json:
    """Issue a token for the user, who is created if missing: an administrator if `admin`."""
    try:
        return operator.token(name)
    except ApiProblemError as problem:
        if problem.status != 404:
            raise
    operator.put_user(name, admin=admin)
    return operator.token(name)

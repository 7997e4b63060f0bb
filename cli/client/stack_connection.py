"""The way into one stack's API: as its operator, or as a user who is made when there is none."""

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
    """Where the API is, and the key that signs its tokens."""

    api_url: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, api_url: str, layout: Layout, environ: Mapping[str, str] = os.environ) -> Self:
        """The door of a stack on this machine; the key is the one that its api was started with."""
        if secret := environ.get("MAILTALLY_JWT_SECRET"):
            return cls(api_url, secret)
        file = environ.get("MAILTALLY_JWT_SECRET_FILE")
        path = Path(file) if file else Secrets(layout.secrets).file("jwt-secret")
        return cls(api_url, path.read_text(encoding="utf-8").strip())

    @contextmanager
    def operator(self) -> Iterator[ApiClient]:
        """The API as the person who runs this machine."""
        with ApiClient(self.api_url, BearerAuth(lambda: operator_token(self.secret))) as api:
            yield api

    @contextmanager
    def user(self, name: str) -> Iterator[ApiClient]:
        """The API as this user."""
        with self.operator() as operator:

            def issue() -> Token:
                token = issue_token(operator, name)
                return Token(token["access_token"], token["expires_in"])

            with ApiClient(self.api_url, BearerAuth(issue)) as api:
                yield api

    def sign_in_link(self, name: str, *, admin: bool = False) -> str:
        """The address that signs a browser in as this user, once; who is not there yet is made."""
        with self.operator() as operator:
            issue_token(operator, name, admin=admin)
            path: str = operator.sign_in_link(name)["path"]
        return self.api_url + path


def issue_token(operator: ApiClient, name: str, *, admin: bool = False) -> Json:
    """A token of the user; one who is not there yet is made, an administrator if `admin`."""
    try:
        return operator.token(name)
    except ApiProblemError as problem:
        if problem.status != 404:
            raise
    operator.put_user(name, admin=admin)
    return operator.token(name)

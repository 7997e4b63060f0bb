"""The way into one stack's API: as its operator, or as a user who is made when there is none."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cli.client.api import Api, Json
from cli.client.token_auth import Bearer, Token, operator_token
from cli.errors import ApiProblem
from tools.stack.layout import Layout
from tools.stack.secrets import Secrets


@dataclass(frozen=True)
class Door:
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
    def operator(self) -> Iterator[Api]:
        """The API as the person who runs this machine."""
        with Api(self.api_url, Bearer(lambda: operator_token(self.secret))) as api:
            yield api

    @contextmanager
    def user(self, name: str) -> Iterator[Api]:
        """The API as this user."""
        with self.operator() as operator:

            def issue() -> Token:
                token = token_of(operator, name)
                return Token(token["access_token"], token["expires_in"])

            with Api(self.api_url, Bearer(issue)) as api:
                yield api

    def sign_in_link(self, name: str, *, admin: bool = False) -> str:
        """The address that signs a browser in as this user, once; who is not there yet is made."""
        with self.operator() as operator:
            token_of(operator, name, admin=admin)
            path: str = operator.sign_in_link(name)["path"]
        return self.api_url + path


def token_of(operator: Api, name: str, *, admin: bool = False) -> Json:
    """A token of the user; one who is not there yet is made, an administrator if `admin`."""
    try:
        return operator.token(name)
    except ApiProblem as problem:
        if problem.status != 404:
            raise
    operator.put_user(name, admin=admin)
    return operator.token(name)

"""Form of a mailbox on a mail server: its API requests, and errors at its fields."""

from typing import Any

from pydantic import ValidationError

from services.api.accounts.imap_schemas import ImapSource
from services.api.accounts.schemas import Account, AccountCheck
from services.api.http.problems import Problem
from services.api.web.forms import Form
from shared.error_codes import ErrorCode, error_text, known_code

_PORT_DIGITS = 5
_OAUTH2 = ("provider", "client_id", "client_secret", "refresh_token", "tenant", "token_url")
_FIELDS = {
    ErrorCode.HOST_UNREACHABLE: "host",
    ErrorCode.HOST_NOT_ALLOWED: "host",
    ErrorCode.TLS_FAILED: "host",
    ErrorCode.MAILBOX_UNAVAILABLE: "host",
    ErrorCode.FOLDER_MISSING: "folders",
}
_LOGIN_CODES = frozenset({ErrorCode.LOGIN_REFUSED, ErrorCode.SECRET_UNREADABLE})
_PROBLEMS = {
    "check_timed_out": "No scanner has answered. Try again in a minute.",
    "broker_unavailable": "Mailtally cannot reach its message broker. Try again in a minute.",
    "too_many_checks": "Too many mailboxes are being checked at once. Try again in a minute.",
}
"""Sentences for checks that came to no result."""
_HINTS = {
    "host": "Enter the name of a mail server, such as imap.example.com.",
    "username": "Enter the user name of the mailbox, often its address.",
    "password": "Enter the password.",
    "label": "Enter a name of at most 100 characters.",
    "port": "Enter the port, a number such as 993.",
}


def new_account_body(form: Form) -> dict[str, Any]:
    """Return the body of `POST /v1/accounts`."""
    source = {"kind": "imap", **_source_body(form)}
    return {"label": form.text("label") or form.text("username") or "Mailbox", "source": source}


def change_body(form: Form, before: Account) -> dict[str, Any]:
    """Return the body of `PATCH /v1/accounts/{account_id}`: only what changes."""
    change: dict[str, Any] = {"label": form.text("label")}
    if isinstance(before.source, ImapSource):
        new_source = _source_body(form)
        stored = before.source.model_dump()
        changed = {
            name: value
            for name, value in new_source.items()
            if name not in stored or _comparable(stored[name]) != _comparable(value)
        }
        if changed:
            change["source"] = changed
    return change


def form_of(account: Account) -> Form:
    """Return the form filled from an account; it never holds secrets."""
    source = account.source
    values = {"label": account.label}
    if isinstance(source, ImapSource):
        values |= {
            "host": source.host,
            "port": str(source.port),
            "security": source.security,
            "username": source.username,
            "auth": source.auth,
            "folders": ", ".join(source.folders),
        }
        if source.oauth2 is not None:
            values |= {name: str(value) for name, value in source.oauth2.model_dump().items() if value is not None}
    return Form(values)


def form_errors(error: ValidationError | Problem) -> dict[str, str]:
    """Return field -> sentence, under "" for no field.

    Raises errors that the form did not cause.
    """
    if isinstance(error, ValidationError):
        messages = {str(fault["loc"][-1]): fault["msg"].removeprefix("Value error, ") for fault in error.errors()}
        return {name: _HINTS.get(name) or f"{message[0].upper()}{message[1:]}." for name, message in messages.items()}
    if error.code not in ("invalid_request", "scan_running"):
        raise error
    return {fault.pointer.rpartition("/")[2]: fault.detail for fault in error.errors} or {"": error.detail}


def check_errors(check: AccountCheck, *, oauth2: bool) -> dict[str, str]:
    """Return field -> sentence for a check that failed; `oauth2` tells how the mailbox signs in."""
    code = known_code(check.code)
    if code is None:
        return {"": _PROBLEMS.get(check.code, check.detail)}
    secret = "refresh_token" if oauth2 else "password"
    return {secret if code in _LOGIN_CODES else _FIELDS.get(code, ""): error_text(code, oauth2=oauth2).sentence}


def _source_body(form: Form) -> dict[str, Any]:
    source: dict[str, Any] = {
        "host": form.text("host"),
        "security": form.text("security") or "tls",
        "username": form.text("username"),
        "folders": [name.strip() for name in form.text("folders").split(",") if name.strip()],
    }
    if form.text("port"):
        port = form.text("port")
        source["port"] = int(port) if port.isdecimal() and len(port) <= _PORT_DIGITS else port
    if form.text("auth") == "xoauth2":
        oauth2 = {name: form.text(name) for name in _OAUTH2 if form.text(name)}
        if form.text("client_id") or form.text("refresh_token"):
            source |= {"auth": "xoauth2", "oauth2": {**oauth2, "grant": "refresh_token"}}
    elif form.secret("password"):
        source |= {"auth": "password", "password": form.secret("password")}
    return source


def _comparable(value: Any) -> str:
    return ",".join(value) if isinstance(value, list | tuple) else str(value)

"""The client of the REST API, which every command uses. Returns the API's JSON as it came."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from cli.client.sse import Event, read_events
from cli.errors import ApiProblemError, ApiUnreachableError
from cli.parsing.months_option import MonthsBack

Json = dict[str, Any]

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_UPLOAD_ANSWER_SECONDS = 600.0
_CHECK_ANSWER_SECONDS = 60.0
_SILENCE_SECONDS = 45.0
"""Three times the interval of the pings that the API sends on an idle event stream."""
_PAGE = 200


class ApiClient:
    """The API as one user sees it. Every method raises `ApiProblemError` or `ApiUnreachableError`.
    Use it from one thread only."""

    def __init__(self, url: str, auth: httpx.Auth, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            auth=auth,
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            transport=transport,
            trust_env=False,  # a proxy of the environment could not reach a stack on this machine
        )

    def __enter__(self) -> Self:
        """Keep connections open between calls."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def put_user(self, name: str, *, admin: bool, password: str | None = None) -> Json:
        """Create or update the user of this name; a password replaces the old one (operator
        only)."""
        rights = {"admin": admin, **({} if password is None else {"password": password})}
        return self._json("PUT", f"/v1/admin/users/{_segment(name)}", json=rights)

    def users(self) -> list[Json]:
        """Return all users (operator only)."""
        return list(self._pages("/v1/admin/users"))

    def token(self, name: str) -> Json:
        """Issue a bearer token for the user, with its lifetime in seconds (operator only)."""
        return self._json("POST", f"/v1/admin/users/{_segment(name)}/tokens")

    def sign_in_link(self, name: str) -> Json:
        """Create a link that signs a browser in once: its path and its lifetime in seconds
        (operator only)."""
        return self._json("POST", f"/v1/admin/users/{_segment(name)}/links")

    def accounts(self) -> list[Json]:
        """Return all mailboxes of the user."""
        return list(self._pages("/v1/accounts"))

    def create_account(self, label: str, source: Json | None = None) -> Json:
        """Create a mailbox: an empty one for uploads, or one on a mail server (`source`)."""
        return self._json("POST", "/v1/accounts", json={"label": label, "source": source or {"kind": "upload"}})

    def change_account(self, account_id: str, **changes: Any) -> Json:
        """Change `label` or `source` of a mailbox; anything else stays."""
        return self._json("PATCH", f"/v1/accounts/{account_id}", json=changes)

    def check_account(self, account_id: str) -> Json:
        """Test the login of a mailbox: {ok, code, detail, folders}. Takes as long as its mail
        server does."""
        timeout = httpx.Timeout(_CHECK_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
        return self._json("POST", f"/v1/accounts/{account_id}/check", timeout=timeout)

    def delete_account(self, account_id: str) -> None:
        """Delete the mailbox, and the invoices that no other mailbox has."""
        self._send("DELETE", f"/v1/accounts/{account_id}")

    def upload(self, account_id: str, filename: str, body: Iterator[bytes], octets: int | None) -> Json:
        """Stream a mailbox to the API. With `octets`, one that is too large is refused before it is
        sent."""
        return self._json(
            "PUT",
            f"/v1/accounts/{account_id}/mailbox",
            params={"filename": filename},
            content=body,
            headers={} if octets is None else {"Content-Length": str(octets)},
            timeout=httpx.Timeout(_UPLOAD_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
        )

    def start_scan(self, account_id: str, *, months: MonthsBack | None, full: bool, key: str | None = None) -> Json:
        """Start a scan and return its task, or the active task if a scan is already running.
        Without `months` an upload is scanned completely, and a mail server one month back.

            Repeating the call with the same `key` (the Idempotency-Key) returns the same task,
        ended or not.
        """
        reach = {} if months is None else {"months": months.months}
        body = {"scan_type": "all", "full": full, **reach}
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._json("POST", f"/v1/accounts/{account_id}/scans", json=body, headers=headers)

    def scan(self, task_id: str) -> Json:
        """Return the current task."""
        return self._json("GET", f"/v1/scans/{_segment(task_id)}")

    def scans(self, **filters: str | None) -> Iterator[Json]:
        """Yield tasks, newest first, page by page."""
        return self._pages("/v1/scans", **filters)

    def scan_stats(self) -> dict[str, int]:
        """Return the number of tasks in each status."""
        return self._json("GET", "/v1/scans/stats")

    def cancel_scan(self, task_id: str) -> Json:
        """Request the cancellation of a scan."""
        return self._json("POST", f"/v1/scans/{_segment(task_id)}/cancel")

    def invoices(self, **filters: str | None) -> Iterator[Json]:
        """Yield invoices, newest first, page by page."""
        return self._pages("/v1/invoices", **filters)

    @contextmanager
    def export(self, form: str, **filters: str | None) -> Iterator[Iterator[bytes]]:
        """Stream all matching invoices as a file: "csv", "json" or "xlsx"."""
        wanted = {key: value for key, value in filters.items() if value is not None}
        timeout = httpx.Timeout(_UPLOAD_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
        try:
            with self._http.stream("GET", f"/v1/invoices.{form}", params=wanted, timeout=timeout) as response:
                if not response.is_success:
                    response.read()
                    raise _problem(response)
                yield response.iter_bytes()
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def webhooks(self) -> list[Json]:
        """Return all webhooks of the user."""
        return list(self._pages("/v1/webhooks"))

    def add_webhook(self, url: str, events: list[str], label: str | None) -> Json:
        """Create a webhook and return it with its secret."""
        return self._json("POST", "/v1/webhooks", json={"url": url, "events": events, "label": label})

    def remove_webhook(self, webhook_id: str) -> None:
        """Delete a webhook and its delivery log."""
        self._send("DELETE", f"/v1/webhooks/{webhook_id}")

    def test_webhook(self, webhook_id: str) -> Json:
        """Send a test event to the webhook; returns {event_id}."""
        return self._json("POST", f"/v1/webhooks/{webhook_id}/test")

    def deliveries(self, webhook_id: str, **filters: str | None) -> Iterator[Json]:
        """Yield the deliveries of a webhook, newest first, page by page."""
        return self._pages(f"/v1/webhooks/{webhook_id}/deliveries", **filters)

    def dead_letters(self, queue: str | None) -> Json:
        """Return the oldest dead letters and the number in each queue (operator only)."""
        return self._json(
            "GET", "/v1/admin/dead-letters", params={"limit": _PAGE, **({"queue": queue} if queue else {})}
        )

    def dead_letter(self, letter_id: str) -> Json:
        """Return one dead letter without the content of mail (operator only)."""
        return self._json("GET", f"/v1/admin/dead-letters/{_segment(letter_id)}")

    def move_dead_letters(self, verb: str, **chosen: Any) -> list[str]:
        """`redrive` or `drop` the dead letters of a `queue` or with these `ids`; returns the ids of
        those that were moved (operator only)."""
        done: list[str] = self._json("POST", f"/v1/admin/dead-letters/{verb}", json=chosen)["ids"]
        return done

    def clean_up(self, older_than_days: int, *, dry_run: bool) -> Json:
        """Delete, or with `dry_run` only count, the records of scans that ended long ago, of all
        users (operator only)."""
        wish = {"older_than_days": older_than_days, "dry_run": dry_run}
        return self._json("POST", "/v1/admin/tasks/cleanup", json=wish)

    @contextmanager
    def events(self, path: str, last_id: str | None = None) -> Iterator[Iterator[Event]]:
        """Open an event stream: `/v1/events`, or that of one scan."""
        headers = {"Accept": "text/event-stream", **({} if last_id is None else {"Last-Event-ID": last_id})}
        timeout = httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS)
        try:
            with self._http.stream("GET", path, headers=headers, timeout=timeout) as response:
                if not response.is_success:
                    response.read()
                    raise _problem(response)
                yield read_events(response.iter_bytes())
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _pages(self, path: str, **filters: str | None) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            wanted = {"limit": str(_PAGE), **filters, "cursor": cursor}
            page = self._json("GET", path, params={key: value for key, value in wanted.items() if value is not None})
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def _json(self, method: str, path: str, **options: Any) -> Json:
        answer = self._send(method, path, **options).json()
        if not isinstance(answer, dict):
            raise ApiUnreachableError(f"The server at {self.url} is not Mailtally. Check the address.")
        return answer

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if not response.is_success:
            raise _problem(response)
        return response

    def _unreachable(self, error: httpx.TransportError) -> ApiUnreachableError:
        if isinstance(error, httpx.TimeoutException):
            return ApiUnreachableError(
                f"Mailtally at {self.url} did not answer in time. Check it with: mailtally doctor"
            )
        return ApiUnreachableError(f"Mailtally does not answer at {self.url}. Start it with: ./run up --detach")


def _segment(text: str) -> str:
    """Quote text that a person typed as one segment of a path: a slash in it must not lead
    elsewhere."""
    return quote(text, safe="")


def _problem(response: httpx.Response) -> ApiProblemError:
    try:
        document = response.json()
        title, detail = f"{document['title']}.", document["detail"]
        sentences = [detail] if detail.startswith(title[:-1]) else [title, detail]
        sentences += [f"{error['pointer'].lstrip('/')}: {error['detail']}." for error in document.get("errors") or ()]
        return ApiProblemError(response.status_code, document["code"], " ".join(sentences))
    except (ValueError, KeyError, AttributeError, TypeError):
        return ApiProblemError(response.status_code, "unknown", f"The API answered with status {response.status_code}.")

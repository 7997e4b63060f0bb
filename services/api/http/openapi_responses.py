"""OpenAPI descriptions of the problems and headers that responses may have."""

from collections import defaultdict
from typing import Any

from services.api.http.problems import MEDIA_TYPE, PROBLEM_TYPES

Responses = dict[int | str, dict[str, Any]]

SCHEMA = "#/components/schemas/ProblemDetails"
RETRY_AFTER = {"Retry-After": {"description": "seconds", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
_TEXT = {"type": "string"}
LOCATION = {"Location": {"description": "path of the new resource", "schema": _TEXT}}
ETAG = {"ETag": {"description": "changes whenever the response does", "schema": _TEXT}}
LINK = {"Link": {"description": 'the next page, if there is one: `<path>; rel="next"`', "schema": _TEXT}}


def problem_responses(*codes: str) -> Responses:
    """Describe the problem responses of a route, beyond those that all routes of its kind have."""
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[PROBLEM_TYPES[code].status].append(code)
    return {status: _problem(status, found) for status, found in sorted(by_status.items())}


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": "; ".join(f"`{code}`: {PROBLEM_TYPES[code].title}" for code in codes),
        "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMA}}},
    }
    if status in (429, 503):
        response["headers"] = RETRY_AFTER
    return response


def merge_responses(first: Responses, second: Responses) -> Responses:
    """Merge two descriptions; problems of the same status get the codes of both."""
    result = dict(first)
    for status, response in second.items():
        if status in result and MEDIA_TYPE in response.get("content", {}):
            known = str(result[status]["description"])
            if response["description"] not in known:
                result[status] = {**result[status], "description": f"{known}; {response['description']}"}
        else:
            result[status] = response
    return result

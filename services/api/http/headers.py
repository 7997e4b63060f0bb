"""Response headers: `Link` for the next page (RFC 8288), and the comparison of entity tags (RFC
9110)."""

from fastapi import Request, Response


def set_next_link(request: Request, response: Response, next_cursor: str | None) -> None:
    """Set `Link` to the next page, if there is one, relative to the api's root; for clients that
    follow links."""
    if next_cursor is not None:
        following = request.url.include_query_params(cursor=next_cursor)
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'


def etag_matches(if_none_match: str, etag: str) -> bool:
    """Return whether the list in `If-None-Match` has the entity tag, by weak comparison (RFC 9110
    section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags

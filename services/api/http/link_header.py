"""`Link: <...>; rel="next"` (RFC 8288) beside `next_cursor`, for clients that follow links."""

from fastapi import Request, Response


def link_next(request: Request, response: Response, next_cursor: str | None) -> None:
    """Name the next page, if there is one, relative to the api's root."""
    if next_cursor is not None:
        following = request.url.include_query_params(cursor=next_cursor)
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'

"""Safe preview of an original inside a page: it runs nothing and loads nothing.

The scanner detected the content type from the content. HTML is reduced to harmless elements and
also sandboxed by its policy; a PDF is shown by the browser's viewer, which a sandbox would keep
from starting.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import nh3

from services.api.http.problems import Problem
from services.api.invoices.document_reader import StoredFile

_MAX_HTML_BYTES = 5 * 1024 * 1024
_NOTHING = "default-src 'none'; frame-ancestors 'self'"
_MAIL = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_AS_THEY_ARE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"})
_TEXTS = frozenset({"text/plain", "text/xml", "application/xml", "application/json"})
_PRESENTATION = {"style", "class", "align", "valign", "bgcolor", "color", "width", "height", "border", "dir", "lang"}
_ATTRIBUTES = {
    "*": _PRESENTATION,
    "a": {"href"},
    "img": {"src", "alt"},
    "table": {"cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
}
_PAGE = '<!doctype html><html><head><meta charset="utf-8"><title>Mail</title></head><body>{}</body></html>'


@dataclass(frozen=True)
class Preview:
    """A response that a browser may show inside a page."""

    content_type: str
    chunks: AsyncIterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)


async def preview_of(file: StoredFile) -> Preview:
    """Return the document in a form that is safe to show; raises `Problem` 406 if there is none."""
    kind = file.content_type.partition(";")[0].strip().lower()
    if kind in _AS_THEY_ARE:
        return Preview(kind, file.chunks, {"Content-Security-Policy": _NOTHING, "Content-Length": str(file.length)})
    if kind in _TEXTS:
        headers = {"Content-Security-Policy": f"sandbox; {_NOTHING}", "Content-Length": str(file.length)}
        return Preview("text/plain; charset=utf-8", file.chunks, headers)
    if kind == "text/html" and file.length <= _MAX_HTML_BYTES:
        content = b"".join([chunk async for chunk in file.chunks])
        page = safe_html(content.decode(errors="replace")).encode()
        return Preview("text/html; charset=utf-8", _once(page), {"Content-Security-Policy": _MAIL})
    raise Problem("not_viewable")


def safe_html(text: str) -> str:
    """Return the HTML of a mail without scripts, forms, frames, and URLs that are not web, mail or
    data."""
    cleaned = nh3.clean(
        text,
        tags=(nh3.ALLOWED_TAGS | {"font", "center", "address"}) - {"svg", "math"},
        clean_content_tags={"script", "style", "title", "head"},
        attributes=_ATTRIBUTES,
        attribute_filter=_without_data_links,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    return _PAGE.format(cleaned)


def _without_data_links(tag: str, attribute: str, value: str) -> str | None:
    """Keep data URLs for images inside the mail, but not for links, where they would be a page of
    their own."""
    is_link = (tag, attribute) == ("a", "href")
    return None if is_link and value.strip().lower().startswith("data:") else value


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content

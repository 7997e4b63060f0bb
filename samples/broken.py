"""Damage as real mail has it: each function takes the bytes of a sound message and returns broken
ones."""

import base64
import re
from collections.abc import Callable

Damage = Callable[[bytes], bytes]

_BOUNDARY = re.compile(rb'boundary="([^"]+)"')


def without_last_boundary(raw: bytes) -> bytes:
    """Cut the message off after its last part: no closing boundary."""
    boundary = _boundary(raw)
    return raw[: raw.rindex(b"--" + boundary + b"--")]


def without_boundary_parameter(raw: bytes) -> bytes:
    """Remove the parameter of a multipart that says where parts begin."""
    return raw.replace(b' boundary="' + _boundary(raw) + b'"', b" charset=none", 1)


def with_unknown_charset(raw: bytes) -> bytes:
    """Announce a character set that does not exist."""
    return re.sub(rb'charset="[^"]+"', b'charset="x-user-defined-7"', raw)


def with_stray_base64(raw: bytes) -> bytes:
    """Put characters that base64 does not have into the middle of the last attachment."""
    start = raw.rindex(b"JVBERi") + 76  # "%PDF-" in base64
    return raw[:start] + b"!*" + raw[start:]


def with_cut_base64(raw: bytes) -> bytes:
    """End the base64 of an attachment early, one character beyond a whole group."""
    start = raw.rindex(b"JVBERi")
    end = raw.index(b"--" + _boundary(raw), start)
    return raw[: start + 77] + b"\n\n" + raw[end:]


def with_raw_headers(raw: bytes) -> bytes:
    """Write the subject in bare Latin-1 and an organization in bare UTF-8, neither encoded nor
    announced."""
    subject = "Subject: Beleg für Möbel, reçu n° 7".encode("latin-1")
    raw = re.sub(rb"^Subject: .*(?:\n[ \t].*)*", subject, raw, count=1, flags=re.MULTILINE)
    return "Organization: Büro Größe\n".encode() + raw


def with_huge_header(raw: bytes) -> bytes:
    """Add a References header of some sixty kilobytes."""
    references = b"\n ".join(b"<%032x@lists.example.net>" % number for number in range(1100))
    return b"References: " + references + b"\n" + raw


def without_body(raw: bytes) -> bytes:
    """Keep the headers and nothing else."""
    return raw[: raw.index(b"\n\n") + 1]


def with_wrong_transfer_encoding(raw: bytes) -> bytes:
    """Announce base64 text under an encoding that does not exist."""
    head, _, body = raw.partition(b"\n\n")
    head = re.sub(rb"Content-Transfer-Encoding: \S+", b"Content-Transfer-Encoding: base-64-ish", head)
    return head + b"\n\n" + base64.encodebytes(body)


# Damage for mail with an attachment, and for any mail, after which nothing is left to find.
ATTACHED: tuple[Damage, ...] = (without_boundary_parameter, with_cut_base64)
EVERYDAY: tuple[Damage, ...] = (
    without_body,
    with_huge_header,
    with_raw_headers,
    with_unknown_charset,
    with_wrong_transfer_encoding,
)


def _boundary(raw: bytes) -> bytes:
    match = _BOUNDARY.search(raw)
    if match is None:
        raise ValueError("not a multipart message")
    return match[1]

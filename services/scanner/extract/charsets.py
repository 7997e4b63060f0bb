"""Decoding of bytes to text, whatever charset they claim to be in."""


def decode_bytes(data: bytes, charset: str | None) -> str:
    """Decode text in the declared charset, else as UTF-8, else as Windows-1252; never fails."""
    for name in (charset, "utf-8"):
        try:
            return data.decode(name) if name else data.decode("utf-8")
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")

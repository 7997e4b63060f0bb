"""Entity tags (RFC 9110 section 8.8.3)."""


def matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison with a list of entity tags (RFC 9110 section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags

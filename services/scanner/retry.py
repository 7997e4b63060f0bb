"""How long a unit waits after a transient failure. Pure."""

from shared.topology import RETRY_SECONDS


def delay_before(tries: int) -> int:
    """Seconds before the next attempt of a unit that was tried `tries` times (1 = the first attempt failed)."""
    return RETRY_SECONDS[min(max(tries, 1), len(RETRY_SECONDS)) - 1]

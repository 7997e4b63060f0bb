"""Deadlines of a request for the servers behind the api."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Deadlines:
    """Deadlines in seconds, so that a request which meets a silent server is answered within 5."""

    operation_s: float = 3.5
    """For one whole operation of the database."""
    confirm_s: float = 3.0
    """For the broker's confirm of one publish."""
    accept_s: float = 4.0
    """For another request of the same account to be confirmed."""
    abandoned_s: float = 6.0
    """Age at which no request waits any more for its confirm, as a publish ends within 5
    seconds."""


DEADLINES = Deadlines()

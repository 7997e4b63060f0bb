"""Sample mailboxes of three invented users, made by a script, with the truth about every
message."""

from samples.generate import make

__all__ = ["make"]

"""The error of the local stack."""


class StackError(Exception):
    """The stack cannot be started or stopped; the message says why and, if known, what to do."""

"""What may go wrong with the local stack, as sentences for the person at the terminal."""


class StackError(Exception):
    """The stack cannot be started or stopped; the message says why and, where it is known, what to do."""

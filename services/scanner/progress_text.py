"""What a scan tells of itself while it runs: its sentences, and how long it will take. Pure."""


def reading_mailbox(listed: int) -> str:
    """While the mailbox is listed."""
    return "Reading the mailbox" if listed == 0 else f"Reading the mailbox: {listed} messages so far"


def scanned_of(scanned: int, messages: int, skipped: int) -> str:
    """While slices are worked on."""
    known = f", {skipped} skipped" if skipped else ""
    return f"Scanned {scanned} of {messages} messages{known}"


class Pace:
    """Seconds a message, learnt from the slices that this process finished; weighs `_PRIOR` messages before any."""

    _PRIOR_MESSAGES = 100
    _PRIOR_SECONDS_EACH = 0.02
    _FORGET_BEYOND = 20_000

    def __init__(self) -> None:
        self._messages = float(self._PRIOR_MESSAGES)
        self._seconds = self._PRIOR_MESSAGES * self._PRIOR_SECONDS_EACH

    def learn(self, messages: int, seconds: float) -> None:
        """Take a finished slice into account; old ones fade."""
        self._messages += messages
        self._seconds += seconds
        if self._messages > self._FORGET_BEYOND:
            self._messages /= 2
            self._seconds /= 2

    def estimate(self, messages: int, *, at_once: int) -> float:
        """Seconds for that many messages when `at_once` slices are worked on at the same time."""
        return round(messages * self._seconds / self._messages / max(at_once, 1), 1)

"""Progress of a scan for people: its sentences, and the estimate of how long it takes. Pure."""


def listing_text(listed: int) -> str:
    """Return the sentence for a mailbox that is being listed."""
    return "Reading the mailbox" if listed == 0 else f"Reading the mailbox: {listed} messages so far"


def scanning_text(scanned: int, messages: int, skipped: int) -> str:
    """Return the sentence for a run whose slices are worked on."""
    known = f", {skipped} skipped" if skipped else ""
    return f"Scanned {scanned} of {messages} messages{known}"


class SpeedEstimate:
    """Seconds per message, learnt from the slices that this process has completed.

    Before any, it is as if `_PRIOR_MESSAGES` had been read at `_PRIOR_SECONDS_EACH`.
    """

    _PRIOR_MESSAGES = 100
    _PRIOR_SECONDS_EACH = 0.02
    _FORGET_BEYOND = 20_000

    def __init__(self) -> None:
        self._messages = float(self._PRIOR_MESSAGES)
        self._seconds = self._PRIOR_MESSAGES * self._PRIOR_SECONDS_EACH

    def add(self, messages: int, seconds: float) -> None:
        """Take a completed slice into account; old ones fade."""
        self._messages += messages
        self._seconds += seconds
        if self._messages > self._FORGET_BEYOND:
            self._messages /= 2
            self._seconds /= 2

    def seconds_for(self, messages: int, *, at_once: int) -> float:
        """Return the estimated seconds for `messages` when `at_once` slices are worked on at a
        time."""
        return round(messages * self._seconds / self._messages / max(at_once, 1), 1)

"""How long requests wait for servers that are away."""

from services.api.deadlines import DEADLINES

PROMISED_S = 5


def test_every_request_is_answered_within_five_seconds_and_nobody_waits_for_what_is_given_up() -> None:
    assert max(DEADLINES.operation_s, DEADLINES.confirm_s, DEADLINES.accept_s) < PROMISED_S
    assert DEADLINES.abandoned_s > max(DEADLINES.confirm_s, DEADLINES.accept_s)

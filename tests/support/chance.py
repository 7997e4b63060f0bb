"""Random choices of tests that can be made again: one seed for a session, printed at its start."""

import os
import random

VARIABLE = "MAILTALLY_TEST_SEED"
"""Environment variable with the seed of a session that shall be repeated."""


def choose_seed() -> None:
    """Called once by the process that the person started; its workers inherit the seed."""
    os.environ.setdefault(VARIABLE, str(random.SystemRandom().randrange(1_000_000)))


def chance(name: str) -> random.Random:
    """A source of its own for a test, the same in every session with the same seed."""
    return random.Random(f"{os.environ[VARIABLE]} {name}")  # noqa: S311 (chooses orders, guards nothing)

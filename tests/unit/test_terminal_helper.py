"""The terminal of the tests: what was shown is found even if it was read together with what came before."""

import sys

from tests.support.terminal import Terminal


def test_texts_that_arrive_together_are_found_one_after_the_other() -> None:
    with Terminal([sys.executable, "-c", "print('one two')"], environment={}) as terminal:
        terminal.wait_for("one")
        terminal.wait_for("two")
        assert terminal.wait() == 0

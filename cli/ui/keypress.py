"""Reading one key from the terminal, without Enter."""

import os
import sys
import termios
import tty


def read_key() -> str:
    """Wait for a key and return it; "" when the terminal is closed. Ctrl-C raises
    `KeyboardInterrupt`."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        # Not TCSAFLUSH, which throws away a key pressed while the question was being printed.
        tty.setcbreak(terminal, termios.TCSANOW)
        return os.read(terminal, 1).decode("ascii", "replace")
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)

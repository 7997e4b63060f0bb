"""What the command line loads before it does anything: a person waits for it at each command."""

import subprocess
import sys

HEAVY = {"aio_pika", "fastapi", "faststream", "motor", "pymongo"}


def test_no_client_of_a_server_is_loaded_before_a_command_needs_it() -> None:
    script = "import sys, cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert HEAVY & set(loaded.split()) == set()

"""How fast mailboxes are scanned: beside the obvious program, with more scanners, and what very large ones cost.

`./run bench scan [FOLDER] [--naive PATH]`
"""

from bench.scan.run import main

__all__ = ["main"]

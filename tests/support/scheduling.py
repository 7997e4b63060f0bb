"""Which tests share a worker: what is dear to start, a browser or a whole stack, is started once in a session.

pytest-xdist has marks for this (`xdist_group`), which its release 3.8 cannot pass on to pytest 9.2.
"""

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "tests/browser/": "browser",
    "tests/e2e/test_drill.py": "drill",
    "tests/e2e/test_stack_lifecycle.py": "stack lifecycle",
    "tests/e2e/": "stack",
    "tests/meta/": "rules",
}
"""The first prefix of a test's path that fits names its group; a test without one goes to any worker."""


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # ships no type hints
    """Hands out groups whole and every other test by itself, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for prefix, group in GROUPS.items() if nodeid.startswith(prefix)), nodeid)


def rank(nodeid: str, *, serial: bool) -> int:
    """Where a test belongs in the order: groups first, as they take longest, and serial tests last."""
    if serial:
        return 2
    return 0 if any(nodeid.startswith(prefix) for prefix in GROUPS) else 1

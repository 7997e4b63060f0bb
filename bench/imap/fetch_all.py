"""Yardstick: fetches every message of a mailbox whole and does nothing else with it, by imap-tools
in an environment of its own. Prints seconds, messages and bytes as JSON.

`python fetch_all.py HOST PORT CA USER PASSWORD ONE|BULK MESSAGES`
"""

import json
import ssl
import sys
import time

from imap_tools import MailBox  # type: ignore[import-not-found]


def main() -> None:
    """Fetch as the documentation of the library shows: `fetch` with nothing marked as seen."""
    host, port, authority, user, password, mode, limit = sys.argv[1:]
    began = time.perf_counter()
    messages = octets = 0
    context = ssl.create_default_context(cafile=authority)
    with MailBox(host, port=int(port), ssl_context=context).login(user, password, initial_folder=None) as mailbox:
        mailbox.folder.set("INBOX", readonly=True)
        for message in mailbox.fetch(mark_seen=False, bulk=500 if mode == "BULK" else False, limit=int(limit)):
            messages += 1
            octets += message.size
    print(json.dumps({"seconds": time.perf_counter() - began, "messages": messages, "octets": octets}))


if __name__ == "__main__":
    main()

"""Fetches every message of a mailbox whole and does nothing else with it: the yardstick, run in an environment of its
own with imap-tools. Prints seconds, messages and bytes as JSON.

`python fetch_all.py HOST PORT CA USER PASSWORD ONE|BULK MESSAGES`
"""

import json
import ssl
import sys
import time

from imap_tools import MailBox  # type: ignore[import-not-found]


def main() -> None:
    """As its documentation shows: `fetch` with nothing marked as seen."""
    host, port, authority, user, password, way, limit = sys.argv[1:]
    began = time.perf_counter()
    messages = octets = 0
    context = ssl.create_default_context(cafile=authority)
    with MailBox(host, port=int(port), ssl_context=context).login(user, password, initial_folder=None) as mailbox:
        mailbox.folder.set("INBOX", readonly=True)
        for message in mailbox.fetch(mark_seen=False, bulk=500 if way == "BULK" else False, limit=int(limit)):
            messages += 1
            octets += message.size
    print(json.dumps({"seconds": time.perf_counter() - began, "messages": messages, "octets": octets}))


if __name__ == "__main__":
    main()

"""The handler of aio_pika_consumer.py for the check: python check_handler.py -- python handler_under_test.py"""

import json
import sys

from aio_pika_consumer import handle, opened

store = opened(":memory:")
for line in sys.stdin:
    handle(store, json.loads(line))
for row in store.execute("SELECT * FROM invoices ORDER BY event"):
    print(*row)

"""Load by wrk, the usual generator, which is installed when it is missing."""

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

from bench.api.servers import Server
from tools.stack.packages import find_or_install

CONNECTIONS = 32
_DONE = "requests,errors,microseconds "
_SCRIPT = """
local first, n, paths = {first}, 0, {paths}
function request()
    n = n + 1
    return wrk.format({method}, {path} .. (first + n % {count}) .. {rest}, {headers}, {body})
end
function done(summary)
    local e = summary.errors
    io.write(string.format("{done}%d %d %d\\n", summary.requests,
        e.connect + e.read + e.write + e.timeout + e.status, summary.duration))
end
"""


async def load(
    server: Server, method: str, path: str, *, first: int, count: int, seconds: float, body: str | None = None
) -> float:
    """Return the responses per second, each of which must be a success; `{}` in the path is a
    number from `first` on, `count` of them."""
    await asyncio.to_thread(find_or_install, lambda: shutil.which("wrk"), ["wrk"], print)
    before, rest = f"{server.url}{path}".split("{}")
    headers = {**server.headers, "Content-Type": "application/json"}
    script = _SCRIPT.format(
        first=first,
        paths="{}",
        count=count,
        method=json.dumps(method),
        path=json.dumps("/" + before.split("/", 3)[3]),
        rest=json.dumps(rest),
        headers="{" + ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()) + "}",
        body="nil" if body is None else json.dumps(body),
        done=_DONE,
    )
    with tempfile.TemporaryDirectory(prefix="mailtally-bench-") as folder:
        file = Path(folder) / "load.lua"
        file.write_text(script, encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *(
                "wrk",
                "-t1",
                f"-c{CONNECTIONS}",
                f"-d{round(seconds)}s",
                "--timeout",
                "10s",
                "-s",
                str(file),
                server.url,
            ),
            stdout=asyncio.subprocess.PIPE,
        )
        output = (await process.communicate())[0].decode()
    requests, errors, microseconds = map(int, output.split(_DONE)[1].split())
    if errors:
        raise RuntimeError(f"{errors} of {requests} answers of {method} {path} were errors:\n{output}")
    return requests / (microseconds / 1e6)

#!/usr/bin/env bash
# Guess: WsgiToAsgi is a WSGI server, so it calls close() on the response, as PEP 3333 demands.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" asgiref==3.13.0
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

import asyncio

from asgiref.testing import ApplicationCommunicator
from asgiref.wsgi import WsgiToAsgi

print("asgiref", version("asgiref"))
print("guess: close() is called once the body is sent (Django's request_finished hangs on it)")
events = []


class Response:
    def __iter__(self):
        yield b"ok"

    def close(self):
        events.append("closed")


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Response()


async def main():
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    call = ApplicationCommunicator(WsgiToAsgi(wsgi), scope)
    await call.send_input({"type": "http.request"})
    start = await call.receive_output(5)
    events.append(start["status"])
    while True:
        part = await call.receive_output(5)
        events.append(part.get("body", b""))
        if not part.get("more_body"):
            break
    await call.wait(5)


asyncio.run(main())
seen = events
unexpected = [200, b"ok", b""]

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF

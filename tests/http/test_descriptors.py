"""A worker with few file descriptors calls many hosts, one after the other and at the same time."""

import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from jobs import targets
from jobs.targets import Context

HOSTS, AT_ONCE = 300, 8
SERVERS = """
import asyncio, sys
async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\\r\\n\\r\\n"):
            writer.write(b"HTTP/1.1 200 OK\\r\\nKeep-Alive: timeout=60\\r\\nContent-Length: 2\\r\\n\\r\\nok")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    ports = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(int(sys.argv[1]))]
    print(*(server.sockets[0].getsockname()[1] for server in ports), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
asyncio.run(main())
"""


@contextmanager
def descriptors(more):
    """Have so many left."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def call(port):
    ctx = Context(port, 1, datetime(2030, 1, 1, tzinfo=UTC))
    return targets.find("http").bind({"url": f"http://127.0.0.1:{port}/", "timeout": 20.0}, ctx)()["status"]


def test_three_hundred_hosts_are_called_with_forty_descriptors():
    serving = [sys.executable, "-c", SERVERS, str(HOSTS)]
    with subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as servers:
        ports = [int(port) for port in servers.stdout.readline().split()]
        with ThreadPoolExecutor(AT_ONCE) as slots, descriptors(40):
            assert set(slots.map(call, ports)) == {200}
        servers.stdin.close()

"""How long a connection may take for the headers of a request, and to take its answer: real sockets, short times."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from project.web import server as serving
from project.web.server import HEADERS_BYTES, Server

SHORT = 0.2  # seconds, in the place of the times of production
PATIENCE = 20.0  # seconds: a test's own
REQUEST = b"GET /%s HTTP/1.1\r\nHost: here\r\n\r\n"
LARGE = 8 * 1024 * 1024  # bytes of an answer: more than sockets hold
SLOW = 4 * SHORT  # seconds that an answer takes to be made


class Application:
    """Answers each path in its way."""

    def __init__(self):
        self.answered = 0

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/slow":
            await asyncio.sleep(SLOW)
        content = b"x" * (LARGE if scope["path"] == "/large" else 2)
        headers = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})
        self.answered += 1

    def stop(self):
        """As a door does."""

    close = stop


@pytest.fixture(autouse=True)
def _short_times(monkeypatch):
    monkeypatch.setattr(serving, "HEADERS_S", SHORT)
    monkeypatch.setattr(serving, "READER_S", SHORT)


@asynccontextmanager
async def started():
    """A server of this process, which listens as the web process does, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(Application(), keep_alive=int(PATIENCE))
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup(sockets=[listening])
        try:
            yield server, listening.getsockname()
        finally:
            await server.shutdown(sockets=[listening])


@asynccontextmanager
async def connected(**options):
    """A reader and a writer of one connection to a server of this process."""
    async with started() as (_, address):
        reader, writer = await asyncio.open_connection(*address, **options)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def within_patience(test):
    def run():
        async def bounded():
            async with asyncio.timeout(PATIENCE):
                await test()

        asyncio.run(bounded())

    run.__name__ = test.__name__
    return run


async def answer(reader):
    """The status of the next answer, read whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    await reader.readexactly(size)
    return int(head.split()[1])


@within_patience
async def test_who_says_nothing_is_told_and_cut_off():
    async with connected() as (reader, _):
        assert await answer(reader) == 408
        assert await reader.read() == b""


@within_patience
async def test_a_byte_now_and_then_does_not_help():
    async with connected() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        told = asyncio.ensure_future(reader.read())
        while not told.done():
            with suppress(ConnectionError):
                writer.write(b"a")
                await writer.drain()
            await asyncio.sleep(SHORT / 10)
        assert told.exception() is not None or b"408" in told.result()


@within_patience
async def test_the_second_request_of_a_kept_connection_has_its_time_too():
    async with connected() as (reader, writer):
        writer.write(REQUEST % b"")
        assert await answer(reader) == 200
        writer.write(b"GET /hea")
        assert await answer(reader) == 408


@within_patience
async def test_who_waits_for_an_answer_is_not_cut_off():
    async with connected() as (reader, writer):
        writer.write(REQUEST % b"slow")
        assert await answer(reader) == 200


@within_patience
async def test_headers_that_are_too_large_are_refused():
    async with connected() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"a" * 2 * HEADERS_BYTES)
        assert (await reader.read()).startswith(b"HTTP/1.1 400")


@within_patience
async def test_who_takes_nothing_of_its_answer_is_cut_off():
    async with connected(limit=1024) as (reader, writer):
        writer.write(REQUEST % b"large")
        await reader.readexactly(100)
        writer.transport.pause_reading()
        await asyncio.sleep(5 * SHORT)
        with suppress(RuntimeError):
            writer.transport.resume_reading()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(LARGE)


@within_patience
async def test_who_takes_it_in_the_end_gets_all_of_it_and_the_next():
    async with connected() as (reader, writer):
        writer.write(REQUEST % b"large")
        assert await answer(reader) == 200
        writer.write(REQUEST % b"slow")
        assert await answer(reader) == 200


@within_patience
async def test_an_answers_body_does_not_wait_until_its_caller_acknowledges_its_head():
    async with started() as (server, address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(REQUEST % b"")
        assert await answer(reader) == 200
        (connection,) = server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()

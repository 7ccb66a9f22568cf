"""A server behind a proxy of ours: what the network does to it is done there."""

from __future__ import annotations

import subprocess
from urllib.parse import urlsplit, urlunsplit

from launcher.process import Farewell, stop
from launcher.servers.server import Server
from verification.drill.services.tcp_proxy import Delays, Mode, TcpProxy


class BehindProxy:
    """`url` leads through the proxy and is what the drill's processes are given; `far` leads past it. A throw-away
    `server` of ours is stopped for real when it is to be away; another's is only out of our reach."""

    def __init__(self, url: str, standard_port: int, server: Server | None = None) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = server.start() if server else None
        self.far = server.url() if server else url  # a start may have moved its port
        self._standard_port = standard_port
        self._proxy = TcpProxy(*self._address())
        parts = urlsplit(self.far)
        login = parts.netloc.rpartition("@")[0]
        here = f"127.0.0.1:{self._proxy.port}"
        self.url = urlunsplit(parts._replace(netloc=f"{login}@{here}" if login else here))

    @property
    def open(self) -> bool:
        """Return whether nothing is being done to the server at the proxy: two faults there would end each other."""
        return self._proxy.mode == Mode.OPEN

    def down(self, farewell: Farewell | None = None) -> None:
        """Shut the server off from everybody. `farewell`: the signals that stop a server of ours, if not its own."""
        if self._server is not None and self._process is not None:
            stop(self._process, farewell or self._server.farewell)
            self._process = None
        self._proxy.turn(Mode.SHUT)

    def up(self) -> None:
        """Let the server be reached again, with what it has kept."""
        if self._server is not None and self._process is None:
            self._process = self._server.start()
            self.far = self._server.url()
            self._proxy.far = self._address()
        self._proxy.turn(Mode.OPEN)

    def swallow(self) -> None:
        """Connections are taken and nothing passes, until it is `up`."""
        self._proxy.turn(Mode.HOLE)

    def slow_down(self, delays: Delays) -> None:
        """Delay what passes by so much, until `up`."""
        self._proxy.turn(Mode.SLOW, delays)

    def _address(self) -> tuple[str, int]:
        parts = urlsplit(self.far)
        return parts.hostname or "127.0.0.1", parts.port or self._standard_port

"""The proxy before a server, the clocks that are made wrong, and the ledger that bodies write."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from launcher.home import temporary_home
from launcher.servers.binaries import find_valkey
from launcher.servers.valkey import Valkey
from verification.drill import ledger, wrongclock
from verification.drill.services.broker import Broker
from verification.drill.services.tcp_proxy import Delays, Mode, TcpProxy


@pytest.fixture
def echo():
    """A server that says everything back."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(one):
            with one, suppress(OSError):
                while data := one.recv(100):
                    one.sendall(data)

        def serve():
            with suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def proxy(echo):
    proxy = TcpProxy("127.0.0.1", echo)
    yield proxy
    proxy.turn(Mode.SHUT)


def through(proxy):
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def says(client, text):
    client.sendall(text)
    return client.recv(len(text)) == text


def test_a_gate_passes_cuts_refuses_and_opens_again(proxy):
    for _ in range(2):
        with through(proxy) as client:
            assert says(client, b"hello")
            proxy.turn(Mode.SHUT)
            with suppress(ConnectionResetError):
                assert client.recv(5) == b""
        with pytest.raises(ConnectionRefusedError):
            through(proxy)
        proxy.turn(Mode.OPEN)


def test_a_hole_takes_everything_and_lets_it_pass_when_it_is_over(proxy):
    with through(proxy) as old:
        assert says(old, b"hello")
        proxy.turn(Mode.HOLE)
        with through(proxy) as new:
            for client in (old, new):
                client.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    says(client, b"hello")
                client.settimeout(5)
            proxy.turn(Mode.OPEN)
            assert [client.recv(5) for client in (old, new)] == [b"hello", b"hello"]


def test_what_was_sent_into_a_hole_is_lost_when_the_gate_is_shut(proxy):
    with through(proxy) as client:
        assert says(client, b"hello")
        proxy.turn(Mode.HOLE)
        client.sendall(b"again")
        proxy.turn(Mode.SHUT)
        proxy.turn(Mode.OPEN)
        with suppress(ConnectionResetError):
            assert client.recv(5) == b""


def test_a_slow_gate_delays_each_way(proxy):
    with through(proxy) as client:
        proxy.turn(Mode.SLOW, Delays(way=(0.2, 0.3), answer=(0.2, 0.3)))
        asked = time.monotonic()
        assert says(client, b"hello")
        assert time.monotonic() - asked >= 0.4


def test_a_slow_gate_may_delay_the_answers_alone_and_is_fast_again_when_it_is_open(proxy):
    with through(proxy) as client:
        for delays, least, most in ((Delays(answer=(0.3, 0.3)), 0.3, 0.55), (None, 0.0, 0.25)):
            proxy.turn(Mode.OPEN) if delays is None else proxy.turn(Mode.SLOW, delays)
            spans = []
            for _ in range(3):  # the least of them: a busy machine delays too
                asked = time.monotonic()
                assert says(client, b"hello")
                spans.append(time.monotonic() - asked)
            assert least <= min(spans) < most


@pytest.mark.launcher
def test_a_server_of_ours_is_away_for_real_and_keeps_its_data():
    with temporary_home() as home:
        broker = Broker("", Valkey(home, find_valkey(home), durable=True))
        try:
            with Connection(broker.url) as connection:
                connection.default_channel.client.set("word", "kept")
            broker.down()
            assert not broker.open
            for url in (broker.url, broker.far):
                with pytest.raises(OperationalError), Connection(url) as connection:
                    connection.ensure_connection(max_retries=1, timeout=1)
            broker.up()
            assert broker.open
            with Connection(broker.url) as connection:
                assert connection.default_channel.client.get("word") == b"kept"
        finally:
            broker.down()


def test_a_process_has_the_clock_that_the_file_says_while_the_file_says_it(tmp_path):
    file = tmp_path / "clock"
    wrongclock.put(file, 60)
    code = "import time\nwhile input(): print(time.time() - time.clock_gettime(time.CLOCK_REALTIME), flush=True)"
    environment = {**os.environ, **wrongclock.environment(file)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for seconds in (60, -60, 0):
            wrongclock.put(file, seconds)
            process.stdin.write("now\n")
            process.stdin.flush()
            assert float(process.stdout.readline()) == pytest.approx(seconds, abs=1)
        process.communicate("\n")


def test_the_ledger_keeps_each_line_of_each_round(tmp_path, monkeypatch):
    file = tmp_path / "ledger"
    assert ledger.read(file, "a") == []
    monkeypatch.setenv(ledger.VARIABLE, str(file))
    for key in ("a-1", "b-1", "a-2"):
        ledger.write(ledger.ENTRY, key)
    ledger.write(ledger.END, "a-1")
    assert [(line.what, line.key) for line in ledger.read(file, "a")] == [
        ("entry", "a-1"),
        ("entry", "a-2"),
        ("end", "a-1"),
    ]

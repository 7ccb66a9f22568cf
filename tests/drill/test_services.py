"""The gate before a broker that is not ours, and the ledger that bodies write."""

import socket
import threading
from contextlib import suppress

import pytest

from jobs.drill import ledger
from jobs.drill.services.gate import Gate


@pytest.fixture
def echo():
    """A server that says everything back."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    while data := one.recv(100):
                        one.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_a_gate_passes_cuts_refuses_and_opens_again(echo):
    gate = Gate("127.0.0.1", echo)
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", gate.port), timeout=5) as client:
            client.sendall(b"hello")
            assert client.recv(5) == b"hello"
            gate.shut()
            with suppress(ConnectionResetError):
                assert client.recv(5) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", gate.port), timeout=5)
        gate.open()
    gate.shut()


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

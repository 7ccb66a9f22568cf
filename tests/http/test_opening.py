"""A new connection: each address gets its chance, and the instant waits for none of them."""

import errno
import socket
import threading
import time
from datetime import timedelta

import pytest

from jobs import targets
from jobs.clock import clock, steady
from jobs.targets import Context, TargetFailed
from jobs.targets.http import addresses, opening
from jobs.targets.http.connections import Lines
from tests.http.raw import answering, black_hole, listening

FINE = b"HTTP/1.1 204 X\r\n\r\n"


def bound(url, *, due=0.0, **request):
    due = clock.now() + timedelta(seconds=due)
    return targets.find("http").bind({"url": url, **request}, Context(7, 1, due, due=due))


def names(monkeypatch, *found):
    """Have each name lead to these addresses."""
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in found]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **kwargs: entries)


def test_the_next_address_is_tried_while_the_first_leads_nowhere(monkeypatch):
    with black_hole("127.0.0.3") as port, listening(answering(FINE), "127.0.0.1", port):
        names(monkeypatch, ("127.0.0.3", port), ("127.0.0.1", port))
        body = bound(f"http://two.example:{port}/", timeout=10.0, due=5.0)
        body.load()
        assert clock.now() < body._context.due, "it was there before its instant"
        assert body()["ms"]["connect"] < 1000


def test_the_next_address_is_tried_at_once_when_the_first_refuses(monkeypatch):
    with listening(answering(FINE), "127.0.0.1") as port:
        names(monkeypatch, ("127.0.0.3", port), ("127.0.0.1", port))
        assert bound(f"http://two.example:{port}/")()["status"] == 204


def test_all_addresses_have_their_turn_before_it_fails(monkeypatch):
    names(monkeypatch, ("127.0.0.3", 1), ("127.0.0.4", 1))
    with pytest.raises(TargetFailed, match=r"Nothing was sent: .*refused") as failed:
        bound("http://two.example:1/")()
    assert failed.value.kinds == ("unsent",)


def test_families_take_turns():
    six = [(socket.AF_INET6, 1, 6, "", (f"::{n}", 80)) for n in range(3)]
    four = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", 80))]
    assert opening._interleaved(six + four) == [six[0], four[0], six[1], six[2]]


def test_preparation_ends_before_the_instant(monkeypatch):
    with black_hole("127.0.0.3") as port:
        names(monkeypatch, ("127.0.0.3", port))
        body = bound(f"http://nowhere.example:{port}/", timeout=2.0, due=0.3)
        begun = steady()
        body.load()
        assert steady() - begun < 1.5, "some of it is the machine's own"
        with pytest.raises(TargetFailed, match="Nothing was sent: no connection in the time"):
            body()


def test_a_resolver_that_does_not_answer_holds_up_nobody(monkeypatch):
    over = threading.Event()

    def silent(*args, **kwargs):
        over.wait(10)
        raise socket.gaierror("at last")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", silent)
    body = bound("http://silent.example/", timeout=0.4, due=0.2)
    begun = steady()
    body.load()
    with pytest.raises(TargetFailed, match="Nothing was sent"):
        body()
    assert steady() - begun < 2
    over.set()


def test_what_is_on_its_way_at_the_instant_is_waited_for(monkeypatch):
    resolver = socket.getaddrinfo

    def slow(*args, **kwargs):
        time.sleep(0.4)
        return resolver(*args, **kwargs)

    with listening(answering(FINE)) as port:
        monkeypatch.setattr(addresses.socket, "getaddrinfo", slow)
        body = bound(f"http://127.0.0.1:{port}/", due=0.1)
        body.load()
        assert body._context.prepared._line is None
        assert body()["status"] == 204


@pytest.mark.parametrize("times", [3])
def test_a_shortage_of_descriptors_is_waited_out(monkeypatch, times):
    """Nothing but a full process has one: here the system says so a few times."""
    real, said, spared = opening.connect, [], []

    def full(found):
        if len(said) < times:
            said.append(errno.EMFILE)
            raise OSError(errno.EMFILE, "Too many open files")
        return real(found)

    monkeypatch.setattr(opening, "connect", full)
    monkeypatch.setattr(Lines, "close", lambda self: spared.append(1))
    with listening(answering(FINE)) as port:
        assert bound(f"http://127.0.0.1:{port}/")()["status"] == 204
    assert len(spared) == times, "the idle ones are given up for it"


def test_a_shortage_that_does_not_end_has_sent_nothing(monkeypatch):
    def full(found):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(opening, "connect", full)
    with pytest.raises(TargetFailed, match=r"Nothing was sent: .*file descriptor|no connection in the time"):
        bound("http://127.0.0.1:1/", timeout=0.3)()

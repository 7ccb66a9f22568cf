"""Nobody who may create a job can call what stands beside the worker."""

import ipaddress
import socket
from datetime import UTC, datetime

import pytest

from jobs import targets
from jobs.targets import Context, OutcomeUnknown, TargetFailed
from jobs.targets.http import addresses
from tests.http.raw import answering, listening

CTX = Context(job_id=7, attempt=1, run_at=datetime(2030, 1, 1, tzinfo=UTC))
NOT_PUBLIC = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
    "255.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "240.0.0.1", "192.88.99.1",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fec0::1", "3fff::1",
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_open(settings):
    settings.JOBS_HTTP_ALLOW, settings.JOBS_HTTP_PORTS = [], []


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_these_are_not_public(address):
    assert not addresses.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_these_are(address):
    assert addresses.is_public(ipaddress.ip_address(address))


def refused(url):
    with pytest.raises(TargetFailed, match="is not a public address; to open it, an operator adds it") as failed:
        targets.find("http").bind({"url": url}, CTX)()
    assert not isinstance(failed.value, OutcomeUnknown)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "LOCALHOST"])
def test_other_spellings_of_here(host):
    refused(f"http://{host}:8/")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:169.254.169.254]", "169.254.169.254"])
def test_an_address_is_refused_when_the_job_is_created(host):
    with pytest.raises(targets.InvalidArguments, match=r"Argument 'url' is wrong: [0-9a-f:.]+ is .*JOBS_HTTP_ALLOW"):
        targets.find("http").check({"url": f"http://{host}/latest/meta-data/"})


class Resolver:
    """Answers each question with the next of its answers; the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def __call__(self, host, port, *args, **kwargs):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        family = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(family[ipaddress.ip_address(a).version], socket.SOCK_STREAM, 6, "", (a, port)) for a in answer]


def test_a_name_with_one_address_that_is_not_public_is_refused(monkeypatch):
    monkeypatch.setattr(addresses.socket, "getaddrinfo", Resolver(["93.184.216.34", "127.0.0.1"]))
    refused("http://mixed.example/")


def test_a_name_that_is_rebound_after_the_check_gains_nothing(monkeypatch, settings):
    """What was checked is what is connected to: nobody asks the resolver a second time."""
    settings.JOBS_HTTP_ALLOW = ["127.0.0.2"]
    resolver = Resolver(["127.0.0.2"], ["127.0.0.1"])
    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolver)
    good = answering(b"HTTP/1.1 204 X\r\n\r\n")
    with listening(good, "127.0.0.2") as port, listening(pytest.fail, port=port):
        kept = targets.find("http").bind({"url": f"http://rebinding.example:{port}/"}, CTX)()
    assert kept["status"] == 204
    assert resolver.asked == 1


def test_every_address_of_a_name_must_be_open(monkeypatch, settings):
    settings.JOBS_HTTP_ALLOW = ["127.0.0.2"]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", Resolver(["127.0.0.2", "127.0.0.1"]))
    refused("http://mixed.example/")


@pytest.mark.parametrize(
    ("allowed", "host", "opens"),
    [
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.0.0/16", "10.2.2.3", False),
        ("10.1.2.3:80", "10.1.2.3", True),
        ("10.1.2.3:81", "10.1.2.3", False),
        ("corp.example:80", "corp.example", True),
        ("corp.example:81", "corp.example", False),
        (".corp.example", "a.corp.example", True),
        (".corp.example", "corp.example.evil.example", False),
        ("corp.example", "a.corp.example", False),
        (".CORP.example", "A.corp.Example.", True),
    ],
)
def test_what_an_operator_opens(settings, monkeypatch, allowed, host, opens):
    settings.JOBS_HTTP_ALLOW = [allowed]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", Resolver([host] if host[0] == "1" else ["10.9.9.9"]))
    if opens:
        assert addresses.resolve(host, 80)
    else:
        with pytest.raises(addresses.Refused):
            addresses.resolve(host, 80)


OF_THIS_MACHINE = [
    "127.0.0.1", "127.8.8.8", "169.254.169.254", "0.0.0.0", "::1", "::", "fe80::1", "::ffff:127.0.0.1",  # noqa: S104
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::127.0.0.1", "fd00:ec2::254", "100.100.100.200",
]  # fmt: skip


@pytest.mark.parametrize("address", OF_THIS_MACHINE)
def test_a_name_does_not_open_this_machine_and_an_address_does(settings, monkeypatch, address):
    """Whoever owns a name can have it lead anywhere."""
    monkeypatch.setattr(addresses.socket, "getaddrinfo", Resolver([address]))
    for name in ("hooks.corp.example", ".corp.example"):
        settings.JOBS_HTTP_ALLOW = [name]
        with pytest.raises(addresses.Refused, match="a name does not open it"):
            addresses.resolve("hooks.corp.example", 80)
    settings.JOBS_HTTP_ALLOW = [address]
    assert addresses.resolve("hooks.corp.example", 80)


def test_ports_can_be_limited(settings, monkeypatch):
    monkeypatch.setattr(addresses.socket, "getaddrinfo", Resolver(["93.184.216.34"]))
    settings.JOBS_HTTP_PORTS = [443]
    assert addresses.resolve("example.com", 443)
    with pytest.raises(addresses.Refused, match=r"port 22 of example\.com may not be called, only 443"):
        addresses.resolve("example.com", 22)
    settings.JOBS_HTTP_ALLOW = ["example.com:22"]
    assert addresses.resolve("example.com", 22)


@pytest.mark.parametrize("url", ["http://example.com/", "https://example.com:8443/", "http://93.184.216.34:22/"])
def test_a_port_is_refused_when_the_job_is_created(settings, url):
    settings.JOBS_HTTP_PORTS = [443]
    with pytest.raises(targets.InvalidArguments, match="JOBS_HTTP_PORTS"):
        targets.find("http").check({"url": url})

"""Checks of connections: whether they are encrypted, and until when the certificates of their servers are good."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from jobs.conf import conf
from jobs.database import alias
from jobs.doctor.checks import certificate
from jobs.doctor.checks.clocks import HERE
from jobs.doctor.finding import Finding, bad, note, ok, unknown, warn
from jobs.doctor.patient import Patient, brief
from jobs.models import Destination

MOST_DESTINATIONS = 3  # a check takes ten seconds at most
PATIENCE = 2.0  # seconds for any one server
SOON, VERY_SOON = timedelta(days=21), timedelta(days=5)
SSL_REQUEST = struct.pack("!II", 8, 80_877_103)  # how a client of PostgreSQL asks for TLS
ENCRYPTED = "SELECT ssl, coalesce(version, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


class Server(NamedTuple):
    """A server that speaks TLS. `is_secret`: where it is, is shown to nobody."""

    what: str
    host: str
    port: int
    is_postgresql: bool = False
    is_secret: bool = False

    @property
    def where(self) -> str:
        return "" if self.is_secret else f"{self.host}:{self.port}"


def encrypted(patient: Patient) -> Iterator[Finding]:
    """Yield connections that leave this machine without TLS."""
    wrong = False
    host = str(settings.DATABASES[alias()]["HOST"])
    away = [one for one in host.split(",") if one not in HERE and not one.startswith("/")]
    if away and not patient.rows(ENCRYPTED)[0][0]:
        wrong = True
        yield warn(
            "The connection to the database is not encrypted, and leaves this machine.",
            "Add ?sslmode=verify-full to DATABASE_URL, unless the network is yours alone.",
            away[0],
        )
    broker = urlsplit(patient.broker_url)
    if broker.hostname not in (*HERE, None) and broker.scheme in ("redis", "amqp", "pyamqp"):
        wrong = True
        yield warn(
            "The connection to the broker is not encrypted, and leaves this machine.",
            "Use rediss:// or amqps:// in BROKER_URL, unless the network is yours alone.",
            broker.hostname,
        )
    public = urlsplit(conf().public_url)
    if public.scheme == "http" and public.hostname not in HERE:
        wrong = True
        yield warn(
            "People reach web without TLS: their passwords can be read on the way.",
            "Put a proxy with TLS before web, and set JOBS_PUBLIC_URL to its https:// (docs/trust.md).",
            public.hostname,
        )
    if not wrong:
        yield ok("No connection leaves this machine without TLS, as far as is known here.")


def certificates(patient: Patient) -> Iterator[Finding]:
    """Yield until when the certificates of servers are good that this installation connects to, or people do."""
    servers = list(_servers(patient))
    yield from (_looked_at(server, patient) for server in servers)
    if not servers:
        yield ok("No server is configured that shows a certificate.")


def of_destinations(patient: Patient) -> Iterator[Finding]:
    """Yield until when the certificates are good of the servers to which alerts go, without their addresses."""
    webhooks = Destination.objects.in_use().filter(kind=Destination.Kind.WEBHOOK)[: MOST_DESTINATIONS + 1]
    servers = [server for one in webhooks[:MOST_DESTINATIONS] for server in _of_destination(one)]
    yield from (_looked_at(server, patient) for server in servers)
    if len(webhooks) > MOST_DESTINATIONS:
        yield note(f"Only the first {MOST_DESTINATIONS} webhooks were looked at.")
    if not servers:
        yield ok("No alert goes to a server that shows a certificate.")


def _of_destination(one: Destination) -> Iterator[Server]:
    with suppress(ValueError):  # SQL may have written any address
        parts = urlsplit(one.address.strip())
        if parts.scheme == "https" and parts.hostname:
            yield Server(f"the destination {one.name}", parts.hostname, parts.port or 443, is_secret=True)


def _looked_at(server: Server, patient: Patient) -> Finding:
    try:
        until = _good_until(server)
    except (OSError, ValueError) as error:
        said = type(error).__name__ if server.is_secret else brief(error)
        return unknown(f"The certificate of {server.what} cannot be looked at: {said}", "", server.where)
    left = until - patient.now
    figure = f"{server.where} until {until:%Y-%m-%d}, {left.days} days".strip()
    remedy = "Have it renewed, and see that whoever renews it does so by itself."
    if left < timedelta():
        return bad(f"The certificate of {server.what} has expired: who verifies it does not connect.", remedy, figure)
    if left < VERY_SOON:
        return bad(f"The certificate of {server.what} expires within days.", remedy, figure)
    if left < SOON:
        return warn(f"The certificate of {server.what} expires soon.", remedy, figure)
    return ok(f"The certificate of {server.what} is good.", figure)


def _servers(patient: Patient) -> Iterator[Server]:
    if not patient.database_away and patient.rows(ENCRYPTED)[0][0]:
        info = patient.connection_info
        yield Server("the database", info.host, info.port, is_postgresql=True)
    broker = urlsplit(patient.broker_url)
    if broker.scheme in ("rediss", "amqps") and broker.hostname:
        yield Server("the broker", broker.hostname, broker.port or (6379 if broker.scheme == "rediss" else 5671))
    for what, address in (("web", conf().public_url), ("the OpenID Connect provider", conf().oidc_issuer)):
        parts = urlsplit(address)
        if parts.scheme == "https" and parts.hostname:
            yield Server(what, parts.hostname, parts.port or 443)


def _good_until(server: Server) -> datetime:
    """Return when the server's certificate expires. Raises OSError, ValueError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # nothing is sent, and an expired one is seen, too
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as raw:
        if server.is_postgresql:
            raw.sendall(SSL_REQUEST)
            if raw.recv(1) != b"S":
                raise ValueError("it does not speak TLS")
        with context.wrap_socket(raw, server_hostname=server.host) as wrapped:
            shown = wrapped.getpeercert(binary_form=True)
    if not shown:
        raise ValueError("it shows none")
    return certificate.good_until(shown)

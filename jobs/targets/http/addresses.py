"""Which addresses jobs may call: public ones, and what JOBS_HTTP_ALLOW opens. Else a job could read the metadata of a
cloud's machine or talk to the database (server-side request forgery)."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What Python 3.11 takes for global although it leads elsewhere (IANA's registries of special-purpose addresses).
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "64:ff9b::/96",  # NAT64: an IPv4 address inside
        "64:ff9b:1::/48",  # the same, for local use
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "::/96",  # IPv4-compatible
        "fec0::/10",  # site-local
    )
)


HOST = re.compile(r"\.?([a-z0-9_-]+\.)*[a-z0-9_-]*[a-z_-][a-z0-9_-]*\.?")  # the last part of a name is no number


class Refused(OSError):
    """This host must not be called; the text says why and what to do."""


def is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def resolve(host: str, port: int) -> list[str]:
    """The addresses to connect to; whoever looks the name up again may find others. Raises Refused if any of them must
    not be called, OSError if there is none."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    names, networks = _allowed(tuple(settings.JOBS_HTTP_ALLOW))
    if not _is_named(host, names):
        for text in found:
            _refuse(host, ipaddress.ip_address(text.partition("%")[0]), networks)
    return list(dict.fromkeys(found))


def refuse_literal(host: str) -> None:
    """For a host that is an address already, when the job is created. Raises Refused as a ValueError."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    try:
        _refuse(host, address, _allowed(tuple(settings.JOBS_HTTP_ALLOW))[1])
    except Refused as refused:
        raise ValueError(str(refused)) from None


def _refuse(host: str, address: Address, networks: Iterable[Network]) -> None:
    if is_public(address) or any(address in network for network in networks):
        return
    where = f"{host} is {address}, which" if str(address) != host else host
    raise Refused(f"{where} is not a public address; to open it, an operator adds it to JOBS_HTTP_ALLOW")


def _is_named(host: str, names: frozenset[str]) -> bool:
    """`hooks.internal` opens this host, `.internal` all below it."""
    host = host.lower().rstrip(".")
    return host in names or any(host.endswith(name) for name in names if name.startswith("."))


def is_entry(text: str) -> bool:
    """Whether this can stand in JOBS_HTTP_ALLOW."""
    if _allowed((text,))[1]:
        return True
    return HOST.fullmatch(text.lower()) is not None


@lru_cache(maxsize=8)
def _allowed(entries: tuple[str, ...]) -> tuple[frozenset[str], tuple[Network, ...]]:
    """Names and networks."""
    names, networks = set(), []
    for entry in entries:
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            names.add(entry.lower())
    return frozenset(names), tuple(networks)

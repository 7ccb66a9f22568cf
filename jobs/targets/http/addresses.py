"""Addresses that jobs may call: public ones, and what JOBS_HTTP_ALLOW opens. Else a job could read the metadata of a
cloud's machine or talk to the database (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from jobs.conf import conf
from jobs.receivers import Address, Network, Receiver, literal, receiver

Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]  # an entry of getaddrinfo

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What Python 3.11 takes for global although it leads elsewhere (IANA's registries of special-purpose addresses).
NOT_PUBLIC: tuple[Network, ...] = (
    NAT64,  # an IPv4 address inside
    *(
        ipaddress.ip_network(network)
        for network in (
            "192.0.0.0/24",  # IETF protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "64:ff9b:1::/48",  # NAT64 for local use
            "2001::/23",  # IETF protocol assignments, Teredo among them
            "2002::/16",  # 6to4: an IPv4 address inside
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
            "::/96",  # IPv4-compatible
            "fec0::/10",  # site-local
        )
    ),
)
# What clouds answer their machines at, beside link-local addresses.
METADATA = frozenset(ipaddress.ip_address(one) for one in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192"))


class Refused(OSError):
    """Refusal to call a host; the text says why and what to do."""


def is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def is_of_this_machine(address: Address) -> bool:
    """Loopback, link-local, unspecified, or where a cloud tells its machines their secrets: whoever owns a name can
    have it lead there, so that an allowed name does not open it."""
    inner = _inside(address)
    return any(
        one.is_loopback or one.is_link_local or one.is_unspecified or one in METADATA
        for one in ([address] if inner is None else [address, inner])
    )


def _inside(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def resolve(host: str, port: int) -> Sequence[Found]:
    """The addresses to connect to, as getaddrinfo has them; whoever looks the name up again may find others. Raises
    Refused if any of them must not be called, OSError if there is none."""
    opened = _opened()
    _refuse_port(host, port, opened)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for entry in found:
        address = ipaddress.ip_address(str(entry[4][0]).partition("%")[0])
        if not any(one.contains(address, port) for one in opened):
            _refuse(host, port, address, opened)
    return list(dict.fromkeys(found))


def refuse_literal(host: str, port: int) -> None:
    """Judge a port, and a host that is an address already, when the job is created. Raises ValueError."""
    opened, address = _opened(), literal(host)
    try:
        _refuse_port(host, port, opened)
        if address is not None and not any(one.contains(address, port) for one in opened):
            _refuse(host, port, address, opened)
    except Refused as refused:
        raise ValueError(str(refused)) from None


def _refuse(host: str, port: int, address: Address, opened: Sequence[Receiver]) -> None:
    """Raise Refused for an address that no entry holds, unless it is public or its host's name is allowed."""
    where = f"{host} is {address}, which" if str(address) != host else host
    named = any(one.names(host, port) for one in opened)
    if named and is_of_this_machine(address):
        raise Refused(
            f"{where} is an address of this machine or link; a name does not open it: an operator adds the address "
            "itself to JOBS_HTTP_ALLOW"
        )
    if not named and not is_public(address):
        raise Refused(f"{where} is not a public address; to open it, an operator adds it to JOBS_HTTP_ALLOW")


def _refuse_port(host: str, port: int, opened: Sequence[Receiver]) -> None:
    ports = conf().http_ports
    if ports and port not in ports and not any(one.port == port and one.names(host, port) for one in opened):
        allowed = ", ".join(map(str, sorted(ports)))
        raise Refused(
            f"port {port} of {host} may not be called, only {allowed}; to open it, an operator adds {port} to "
            f"JOBS_HTTP_PORTS, or {host}:{port} to JOBS_HTTP_ALLOW"
        )


def _opened() -> Sequence[Receiver]:
    return _read(tuple(conf().http_allow))


@lru_cache(maxsize=8)
def _read(entries: tuple[str, ...]) -> Sequence[Receiver]:
    return [receiver(entry) for entry in entries]

"""Receivers as an operator writes them: `hooks.internal`, `.internal` (all below it), an address or a network, each
with a port of its own where one is meant. JOBS_HTTP_ALLOW, JOBS_HTTP_SIGNING_KEYS and JOBS_SECRETS share it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAME = re.compile(r"\.?([a-z0-9_-]+\.)*[a-z0-9_-]*[a-z_-][a-z0-9_-]*\.?")  # the last part of a name is no number
PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Receiver:
    """A host by its name, in lower case, or a network; `port` is None where any is meant."""

    name: str = ""
    network: Network | None = None
    port: int | None = None

    def names(self, host: str, port: int) -> bool:
        """Return whether this host, a name or an address as it stands in a URL, is meant by the entry."""
        if self.port not in (None, port):
            return False
        if self.network is not None:
            address = literal(host)
            return address is not None and address in self.network
        host = host.lower().rstrip(".")
        return host.endswith(self.name) if self.name.startswith(".") else host == self.name

    def contains(self, address: Address, port: int) -> bool:
        """Return whether the address lies in the entry's network; a name contains none."""
        return self.network is not None and self.port in (None, port) and address in self.network

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """More is more exact: an own port, then a host before a domain or network, then the longer of those."""
        if self.network is not None:
            return self.port is not None, self.network.num_addresses == 1, self.network.prefixlen
        return self.port is not None, not self.name.startswith("."), len(self.name)


def receiver(text: str) -> Receiver:
    """Read one entry. Raises ValueError for what is neither a name, nor an address, nor a network."""
    found = PORT.fullmatch(text)
    port = None if found is None else int(found["port"])
    host = (text if found is None else found["host"]).removeprefix("[").removesuffix("]")
    if port is not None and not 1 <= port <= 65535:
        raise ValueError(f"{port} is no port")
    try:
        return Receiver(network=ipaddress.ip_network(host), port=port)
    except ValueError:
        pass
    if not NAME.fullmatch(host.lower()):
        raise ValueError(f"{text!r} is neither a host, nor an address, nor a network")
    return Receiver(name=host.lower().rstrip("."), port=port)


def literal(host: str) -> Address | None:
    """The address that this host is, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

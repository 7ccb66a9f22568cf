"""The kinds of settings: how each reads the text of an environment variable, and which values it refuses.

Nothing here needs Django to be set up.
"""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting that is read from the environment variable of its name; empty there means its default."""

    name: str
    help: str  # for docs/deployment.md, Markdown
    default: Any = None
    shown: str  # the default in words
    allowed: str  # the values that it may have in words
    check: str = "jobs.E016"  # the id of the system check that refuses a value of Django's settings

    def read(self, text: str) -> Any:
        """Return the value of this text of an environment variable. Raises ValueError with a sentence."""
        return text

    def problem(self, value: Any) -> str:
        """Return why this value cannot work, a sentence; empty when it can."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Number(Setting):
    """A number from `low` to `high`, counted in `unit`."""

    unit: str = "seconds"
    low: float
    high: float
    whole: bool = False
    shown: str = ""
    allowed: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", self.shown or f"{self.default:g}")
        object.__setattr__(self, "allowed", self.allowed or f"{self.low:g} to {self.high:g}")

    def read(self, text: str) -> Any:
        value = _float(text)
        if not self.low <= value <= self.high:
            wanted = f"set it to a number of {self.unit} from {self.low:g} to {self.high:g}"
            raise ValueError(f"{self.name} is '{text}'; {wanted}.")
        return int(value) if self.whole else value

    def problem(self, value: Any) -> str:
        if self.low <= value <= self.high:
            return ""
        return f"{self.name} must be {self.low:g} to {self.high:g} {self.unit}."


@dataclass(frozen=True, kw_only=True)
class Limit(Number):
    """A number, or "off" (None): then there is no limit."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", "off" if self.default is None else f"{self.default:g}")

    def read(self, text: str) -> Any:
        if text.lower() == "off":
            return None
        if math.isnan(value := _float(text)):
            raise ValueError(f"{self.name} is '{text}'; set it to a number, or to off for no limit.")
        return value

    def problem(self, value: Any) -> str:
        return "" if value is None else super().problem(value)


@dataclass(frozen=True, kw_only=True)
class Flag(Setting):
    """Yes or no."""

    default: bool = False
    shown: str = "false"
    allowed: str = "true or false"

    def read(self, text: str) -> Any:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{self.name} is '{text}'; set it to true or false.")
        return text.lower() == "true"


@dataclass(frozen=True, kw_only=True)
class Choice(Setting):
    """Word that is one of a few, of which the first is the default."""

    choices: tuple[str, ...]
    shown: str = ""
    allowed: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "default", self.choices[0])
        object.__setattr__(self, "shown", self.choices[0])
        object.__setattr__(self, "allowed", " or ".join(self.choices))

    def read(self, text: str) -> Any:
        if text.lower() not in self.choices:
            raise ValueError(f"{self.name} is '{text}'; set it to {self.allowed}.")
        return text.lower()


@dataclass(frozen=True, kw_only=True)
class Origin(Setting):
    """Scheme, host and port of a web site, without a path; empty: it has none of its own."""

    default: str = ""
    shown: str = "empty"
    allowed: str = "`https://host`, `http://host:port`"

    def read(self, text: str) -> Any:
        wanted = f"{self.name} is '{text}'; write it like https://runat.example.com, without a path."
        try:
            parts = urlsplit(text.rstrip("/"))
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError(wanted) from None
        if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[a-z0-9.:-]+", host):
            raise ValueError(wanted)
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            raise ValueError(wanted)
        return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


@dataclass(frozen=True, kw_only=True)
class Issuer(Setting):
    """Address of an OpenID Connect provider, by TLS where it is another machine."""

    default: str = ""
    shown: str = "empty: none"
    allowed: str = "`https://...`"

    def read(self, text: str) -> Any:
        parts = urlsplit(text)
        is_local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not parts.hostname or not (parts.scheme == "https" or is_local) or parts.query or parts.fragment:
            raise ValueError(f"{self.name} is '{text}'; write it like https://id.example.com/realms/work.")
        return text.rstrip("/")


@dataclass(frozen=True, kw_only=True)
class Names(Setting):
    """Several texts, separated by commas."""

    default: tuple[str, ...] = ()
    shown: str = "empty"

    def read(self, text: str) -> Any:
        return [entry.strip() for entry in text.split(",") if entry.strip()]


@dataclass(frozen=True, kw_only=True)
class Networks(Names):
    """Addresses of hosts and networks."""

    def read(self, text: str) -> Any:
        for entry in (found := super().read(text)):
            try:
                ipaddress.ip_network(entry)
            except ValueError:
                raise ValueError(
                    f"{self.name} has '{entry}', which is neither an address nor a network; write it like "
                    "10.0.0.5,10.1.0.0/16."
                ) from None
        return found


@dataclass(frozen=True, kw_only=True)
class Ports(Names):
    """Numbers of TCP ports."""

    def read(self, text: str) -> Any:
        given = super().read(text)
        wrong = [port for port in given if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)]
        if wrong:
            raise ValueError(f"{self.name} has '{wrong[0]}', which is no port; set it to ports such as 443,8443.")
        return [int(port) for port in given]


@dataclass(frozen=True, kw_only=True)
class Apps(Names):
    """Names of Python packages that hold Django apps."""

    def read(self, text: str) -> Any:
        for entry in (found := super().read(text)):
            if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", entry):
                raise ValueError(
                    f"{self.name} has '{entry}', which is no name of a Python package; write it like payroll,mail."
                )
        return found


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan

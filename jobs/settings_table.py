"""The one list of RunAt's settings: name, default, bounds, unit and help text of each.

The environment (project/env.py), Django's settings, the system checks (jobs/checks.py) and the table of
docs/deployment.md are made from it. Nothing here needs Django to be set up.
"""

from __future__ import annotations

import difflib
import ipaddress
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


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


TABLE: tuple[Setting, ...] = (
    Setting(name="DATABASE_URL", shown="that of `make run`", allowed="`postgresql://...`", help="the database"),
    Setting(
        name="BROKER_URL",
        shown="that of `make run`",
        allowed="`redis[s]://...`, `amqp[s]://...`",
        help="the broker",
    ),
    Setting(
        name="SECRET_KEY",
        shown="that of `make run`",
        allowed="required otherwise, the same on all hosts",
        help="signs sessions",
    ),
    Setting(name="DEBUG", shown="false", allowed="true or false", help="pages with tracebacks; never in production"),
    Names(
        name="ALLOWED_HOSTS",
        default=("localhost", "127.0.0.1", "[::1]"),
        shown="localhost,127.0.0.1,[::1]",
        allowed="names, with commas",
        help="the host names web answers to",
    ),
    Apps(
        name="JOBS_APPS",
        allowed="Python packages, with commas",
        help="your own Django apps, with their `targets.py` ([targets.md](targets.md))",
    ),
    Number(
        name="JOBS_MIN_PREPARE_TIME",
        check="jobs.E001",
        default=10.0,
        low=1,
        high=3600,
        help="the window: one list query for each",
    ),
    Number(
        name="JOBS_MAX_DELAY_TIME",
        check="jobs.E002",
        default=30.0,
        low=1,
        high=86400,
        help="the delay that is promised; at least two windows",
    ),
    Number(
        name="JOBS_ARM_LEAD",
        check="jobs.E003",
        default=0.2,
        low=0,
        high=60,
        help="the row lock is taken this long before `run_at`; shorter than a window",
    ),
    Number(
        name="JOBS_LOOK_AHEAD",
        check="jobs.E004",
        default=2.0,
        low=0.1,
        high=600,
        help="a list query reaches this far beyond its window; longer than the arm lead",
    ),
    Number(
        name="JOBS_HEARTBEAT_INTERVAL", default=5.0, low=0.1, high=600, help="a worker says that it lives this often"
    ),
    Number(
        name="JOBS_HEARTBEAT_PATIENCE",
        check="jobs.E005",
        default=20.0,
        low=0.2,
        high=3600,
        help="a worker silent for this long is gone; at least twice the interval",
    ),
    Number(
        name="JOBS_FORM_CREATION_RATE",
        check="jobs.E008",
        default=10.0,
        unit="jobs a second",
        low=0,
        high=10_000,
        help="jobs a second that a person may create by form; 0: any ([limits.md](limits.md))",
    ),
    Number(
        name="JOBS_PAYLOAD_LIMIT",
        default=65_536,
        shown="65536",
        unit="bytes",
        low=1024,
        high=524_288,
        allowed="1024 to 524288",
        whole=True,
        help="bytes of JSON that a payload may have",
    ),
    Number(
        name="JOBS_LOGIN_FAILURES",
        default=5,
        unit="wrong passwords",
        low=1,
        high=1000,
        whole=True,
        help="wrong passwords for a user from one address, before that pair has to wait",
    ),
    Number(name="JOBS_LOGIN_LOCKED_FOR", default=300.0, low=1, high=86400, help="how long"),
    Networks(
        name="JOBS_PROXIES",
        allowed="addresses, networks, with commas",
        help="proxies in front of web whose `X-Forwarded-For` and `-Proto` are believed; nobody else's are",
    ),
    Number(
        name="JOBS_STATEMENT_TIMEOUT",
        default=20.0,
        low=0.1,
        high=3600,
        help="web gives up a database statement that takes so long, or waits for a lock",
    ),
    Limit(
        name="JOBS_NODE_MAX_CPU",
        check="jobs.E009",
        unit="percent",
        low=1,
        high=100,
        allowed="1 to 100 %, or off",
        help="a worker whose machine is over this takes no jobs ([health.md](health.md))",
    ),
    Limit(
        name="JOBS_NODE_MAX_MEMORY",
        check="jobs.E009",
        default=95.0,
        unit="percent",
        low=1,
        high=100,
        allowed="1 to 100 %, or off",
        help="the same for its memory",
    ),
    Limit(
        name="JOBS_NODE_MAX_LOAD",
        check="jobs.E009",
        unit="load a core",
        low=0.01,
        high=1000,
        allowed="0.01 to 1000, or off",
        help="the same for its load average, divided by the cores",
    ),
    Names(
        name="JOBS_HTTP_ALLOW",
        allowed="hosts, `.domains`, addresses, networks, each with a `:port` or none, with commas",
        help="what the target `http` may call beside public addresses ([http.md](http.md))",
    ),
    Ports(
        name="JOBS_HTTP_PORTS",
        shown="empty: any",
        allowed="ports, with commas",
        help="which ports the target `http` may call",
    ),
    Names(
        name="JOBS_CELERY_TASKS",
        allowed="names of tasks, with commas",
        help="which Celery tasks a job may start ([targets.md](targets.md))",
    ),
    Names(
        name="JOBS_HTTP_SIGNING_KEYS",
        allowed="`receiver=whsec_...`, with commas",
        help="the keys by which requests are signed, of each receiver its own ([http.md](http.md))",
    ),
)
BY_NAME = {setting.name: setting for setting in TABLE}

# Variables that RunAt's tests and drill set, and those that Kubernetes puts into every container beside a service that
# is called "jobs".
OTHERS = re.compile(r"JOBS_(FAILPOINTS|DRILL_\w+|SERVICE_(HOST|PORT)\w*|PORT(_\d+_(TCP|UDP)\w*)?)")
ALIKE = 0.85  # of 1: a name with one or two letters wrong


def unknown(names: Iterable[str]) -> dict[str, str]:
    """Return those of these names of variables that look like settings of RunAt and are none, each with the name that
    was probably meant, or with an empty text."""
    strangers = [name for name in names if name.startswith("JOBS_") and name not in BY_NAME]
    return {
        name: next(iter(difflib.get_close_matches(name, BY_NAME, n=1, cutoff=ALIKE)), "")
        for name in sorted(strangers)
        if not OTHERS.fullmatch(name)
    }


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan

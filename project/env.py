"""Reads the environment once, at start-up, and refuses what is wrong in one sentence."""

import ipaddress
import os
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from project import local
from project.postgresql import address
from project.secret import Secret

BROKER_SCHEMES = ("redis", "rediss", "amqp", "amqps", "pyamqp")
DATABASE_SCHEMES = ("postgresql", "postgres", "psql", "pgsql")


class ConfigurationError(SystemExit):
    """A setting is missing or wrong: a SystemExit, so that manage.py, celery and web all
    stop with this one sentence instead of a traceback."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"RunAt cannot start: {sentence}")


@dataclass(frozen=True)
class Environment:
    """What the environment says, checked. Times are in seconds; what is secret has no repr."""

    database: dict[str, Any]
    broker_url: Secret
    secret_key: Secret
    debug: bool
    allowed_hosts: list[str]
    min_prepare_time: float
    max_delay_time: float
    arm_lead: float
    look_ahead: float
    heartbeat_interval: float
    heartbeat_patience: float
    login_failures: int  # wrong passwords for one user from one address
    login_locked_for: float
    proxies: list[str]
    form_creation_rate: float  # jobs a second
    statement_timeout: float
    node_max_cpu: float | None
    node_max_memory: float | None
    node_max_load: float | None
    http_allow: list[str]
    http_ports: list[int]
    http_signing_keys: list[Secret]
    celery_tasks: list[str]


def read() -> Environment:
    """Return the checked environment.

    Raises ConfigurationError naming the variable, what is wrong with it and what to set instead.
    """
    debug = _boolean("DEBUG", default=False)
    services = local.running() if not (os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL")) else None
    database_url = os.environ.get("DATABASE_URL") or (services.database_url if services else "")
    broker_url = os.environ.get("BROKER_URL") or (services.broker_url if services else "")
    database = _database(database_url)
    _require_url("BROKER_URL", broker_url, BROKER_SCHEMES, "redis://host:6379/0 or amqp://user:password@host:5672//")
    secret_key = os.environ.get("SECRET_KEY") or (services.secret_key if services else "")
    if not secret_key and debug:
        secret_key = secrets.token_urlsafe(50)  # good for this process only, which is enough to debug
    if not secret_key:
        raise ConfigurationError(
            "SECRET_KEY is not set; set it to a long random text that all your hosts share, for instance from "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'."
        )
    min_prepare_time = _seconds("JOBS_MIN_PREPARE_TIME", default=10, low=1, high=3600)
    max_delay_time = _seconds("JOBS_MAX_DELAY_TIME", default=30, low=1, high=86400)
    arm_lead = _seconds("JOBS_ARM_LEAD", default=0.2, low=0, high=60)
    if arm_lead >= min_prepare_time:
        raise ConfigurationError(
            f"JOBS_ARM_LEAD ({arm_lead:g} s) must be shorter than JOBS_MIN_PREPARE_TIME ({min_prepare_time:g} s)."
        )
    return Environment(
        database=_without_repr(database),
        broker_url=Secret(broker_url),
        secret_key=Secret(secret_key),
        debug=debug,
        allowed_hosts=[h.strip() for h in os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")],
        min_prepare_time=min_prepare_time,
        max_delay_time=max_delay_time,
        arm_lead=arm_lead,
        look_ahead=_seconds("JOBS_LOOK_AHEAD", default=2, low=0.1, high=600),
        heartbeat_interval=_seconds("JOBS_HEARTBEAT_INTERVAL", default=5, low=0.1, high=600),
        heartbeat_patience=_seconds("JOBS_HEARTBEAT_PATIENCE", default=20, low=0.2, high=3600),
        login_failures=int(_number("JOBS_LOGIN_FAILURES", "wrong passwords", default=5, low=1, high=1000)),
        login_locked_for=_seconds("JOBS_LOGIN_LOCKED_FOR", default=300, low=1, high=86400),
        proxies=_networks("JOBS_PROXIES"),
        form_creation_rate=_number("JOBS_FORM_CREATION_RATE", "jobs a second", default=10, low=0, high=10_000),
        statement_timeout=_seconds("JOBS_STATEMENT_TIMEOUT", default=20, low=0.1, high=3600),
        node_max_cpu=_limit("JOBS_NODE_MAX_CPU", default=None),
        node_max_memory=_limit("JOBS_NODE_MAX_MEMORY", default=95),
        node_max_load=_limit("JOBS_NODE_MAX_LOAD", default=None),
        http_allow=_several("JOBS_HTTP_ALLOW"),
        http_ports=_ports("JOBS_HTTP_PORTS"),
        http_signing_keys=[Secret(key) for key in _several("JOBS_HTTP_SIGNING_KEYS")],
        celery_tasks=_several("JOBS_CELERY_TASKS"),
    )


def _database(url: str) -> dict[str, object]:
    example = "postgresql://user:password@host:5432/name"
    _require_url("DATABASE_URL", url, DATABASE_SCHEMES, example)
    try:
        return address.parse(url)
    except ValueError as error:
        raise ConfigurationError(f"DATABASE_URL is not a valid URL ({error}); write it like {example}.") from None


def _require_url(name: str, url: str, schemes: tuple[str, ...], example: str) -> None:
    if not url:
        raise ConfigurationError(
            f"{name} is not set and no local installation is running; set it, for instance to {example}, "
            "or type 'make run' to start one."
        )
    _require_readable(name, url, schemes, example)


def _require_readable(name: str, url: str, schemes: tuple[str, ...], example: str) -> None:
    """Refuse what cannot be an address. The value is not repeated: a half of it may be a password."""
    like = f"write it like {example}."
    if re.search(r"[\s\x00-\x1f]", url):
        raise ConfigurationError(f"{name} has a space or a line break in it; {like} In a password a space is %20.")
    scheme, separator, _ = url.partition("://")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        raise ConfigurationError(f"{name} is no address, it does not begin with '{schemes[0]}://'; {like}")
    if scheme.lower() not in schemes:
        raise ConfigurationError(f"{name} begins with '{scheme}://', which is not supported; {like}")
    try:
        parts = urlsplit(url)
        _ = parts.port if "," not in parts.netloc else None
    except ValueError:
        raise ConfigurationError(
            f"{name} is not a valid URL: its port is no number up to 65535, or its password has a '/', '?', '#' or '[' "
            f"in it, to be written as %2F, %3F, %23 and %5B; {like}"
        ) from None
    if schemes is BROKER_SCHEMES:
        if not parts.hostname:
            raise ConfigurationError(f"{name} names no host; {like}")
        if scheme.startswith("redis") and not re.fullmatch(r"/?\d*", parts.path):
            raise ConfigurationError(f"{name} names a database that is no number; {like}")
    elif not parts.path.strip("/") and "service=" not in parts.query:
        raise ConfigurationError(f"{name} names no database; {like}")


def _without_repr(database: dict[str, Any]) -> dict[str, Any]:
    """Hide the password, and the options that are one (sslpassword)."""
    hidden: dict[str, Any] = {}
    for name, value in database.items():
        if isinstance(value, dict):
            hidden[name] = _without_repr(value)
        else:
            hidden[name] = Secret(value) if "password" in name.lower() and isinstance(value, str) else value
    return hidden


def _boolean(name: str, *, default: bool) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if text in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if text == "" else text in ("1", "true", "yes", "on")
    raise ConfigurationError(f"{name} is '{text}'; set it to true or false.")


def _several(name: str) -> list[str]:
    return [entry.strip() for entry in os.environ.get(name, "").split(",") if entry.strip()]


def _networks(name: str) -> list[str]:
    for entry in (found := _several(name)):
        try:
            ipaddress.ip_network(entry)
        except ValueError:
            raise ConfigurationError(
                f"{name} has '{entry}', which is neither an address nor a network; write it like 10.0.0.5,10.1.0.0/16."
            ) from None
    return found


def _ports(name: str) -> list[int]:
    """Empty: any."""
    given = _several(name)
    wrong = [port for port in given if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)]
    if wrong:
        raise ConfigurationError(f"{name} has '{wrong[0]}', which is no port; set it to ports such as 443,8443.")
    return [int(port) for port in given]


def _limit(name: str, *, default: float | None) -> float | None:
    """None: there is none. What is a good limit is said in jobs/checks.py."""
    text = os.environ.get(name, "").strip().lower()
    if text in ("", "off"):
        return None if text else default
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{name} is '{text}'; set it to a number, or to off for no limit.") from None


def _seconds(name: str, *, default: float, low: float, high: float) -> float:
    return _number(name, "seconds", default=default, low=low, high=high)


def _number(name: str, unit: str, *, default: float, low: float, high: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ConfigurationError(f"{name} is '{text}'; set it to a number of {unit} from {low:g} to {high:g}.")
    return value

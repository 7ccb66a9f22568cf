"""Reads the environment once, at start-up, and refuses what is wrong in one sentence."""

import os
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from project import local
from project.postgresql import address

BROKER_SCHEMES = ("redis", "rediss", "amqp", "amqps", "pyamqp")
DATABASE_SCHEMES = ("postgresql", "postgres", "psql", "pgsql")


class ConfigurationError(SystemExit):
    """A setting is missing or wrong: a SystemExit, so that manage.py, celery and gunicorn all
    stop with this one sentence instead of a traceback."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"RunAt cannot start: {sentence}")


@dataclass(frozen=True)
class Environment:
    """What the environment says, checked. Times are in seconds."""

    database: dict[str, object]
    broker_url: str
    secret_key: str
    debug: bool
    allowed_hosts: list[str]
    min_prepare_time: float
    max_delay_time: float
    arm_lead: float
    look_ahead: float
    heartbeat_interval: float
    heartbeat_patience: float
    form_creation_rate: float  # jobs a second
    node_max_cpu: float | None
    node_max_memory: float | None
    node_max_load: float | None
    http_allow: list[str]
    http_signing_keys: list[str]
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
        database=database,
        broker_url=broker_url,
        secret_key=secret_key,
        debug=debug,
        allowed_hosts=[h.strip() for h in os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")],
        min_prepare_time=min_prepare_time,
        max_delay_time=max_delay_time,
        arm_lead=arm_lead,
        look_ahead=_seconds("JOBS_LOOK_AHEAD", default=2, low=0.1, high=600),
        heartbeat_interval=_seconds("JOBS_HEARTBEAT_INTERVAL", default=5, low=0.1, high=600),
        heartbeat_patience=_seconds("JOBS_HEARTBEAT_PATIENCE", default=20, low=0.2, high=3600),
        form_creation_rate=_number("JOBS_FORM_CREATION_RATE", "jobs a second", default=10, low=0, high=10_000),
        node_max_cpu=_limit("JOBS_NODE_MAX_CPU", default=None),
        node_max_memory=_limit("JOBS_NODE_MAX_MEMORY", default=95),
        node_max_load=_limit("JOBS_NODE_MAX_LOAD", default=None),
        http_allow=_several("JOBS_HTTP_ALLOW"),
        http_signing_keys=_several("JOBS_HTTP_SIGNING_KEYS"),
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
    try:
        scheme = urlsplit(url).scheme
        _ = urlsplit(url).port if "," not in urlsplit(url).netloc else None
    except ValueError as error:
        raise ConfigurationError(f"{name} is not a valid URL ({error}); write it like {example}.") from None
    if scheme not in schemes:
        raise ConfigurationError(f"{name} starts with '{scheme}:', which is not supported; write it like {example}.")


def _boolean(name: str, *, default: bool) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if text in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if text == "" else text in ("1", "true", "yes", "on")
    raise ConfigurationError(f"{name} is '{text}'; set it to true or false.")


def _several(name: str) -> list[str]:
    return [entry.strip() for entry in os.environ.get(name, "").split(",") if entry.strip()]


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

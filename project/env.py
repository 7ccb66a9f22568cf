"""Reads the environment once, at start-up, and refuses what is wrong in one sentence."""

import importlib.util
import os
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jobs import settings_table
from jobs.secrets.hidden import Secret
from jobs.setting_kinds import Setting
from jobs.settings_table import BY_NAME, NEW_KEY, SHORTEST_KEY
from project import database_url, mail

BROKER_SCHEMES = ("redis", "rediss", "amqp", "amqps", "pyamqp")
DATABASE_SCHEMES = ("postgresql", "postgres", "psql", "pgsql")


class ConfigurationError(SystemExit):
    """A setting is missing or wrong: a SystemExit, so that manage.py, celery and web all
    stop with this one sentence instead of a traceback."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"RunAt cannot start: {sentence}")


@dataclass(frozen=True)
class Environment:
    """Checked contents of the environment; secrets have no repr. `jobs`: as in jobs/settings_table.py."""

    database: dict[str, Any]
    broker_url: Secret
    secret_key: Secret
    debug: bool
    allowed_hosts: list[str]
    mail: dict[str, Any]
    mail_from: str
    jobs: dict[str, Any]


def read() -> Environment:
    """Return the checked environment.

    Raises ConfigurationError naming the variable, what is wrong with it and what to set instead.
    """
    debug = _boolean("DEBUG", default=False)
    services = _local_services() if not (os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL")) else None
    database_url = os.environ.get("DATABASE_URL") or (services.database_url if services else "")
    broker_url = os.environ.get("BROKER_URL") or (services.broker_url if services else "")
    database = _database(database_url)
    _require_url("BROKER_URL", broker_url, BROKER_SCHEMES, "redis://host:6379/0 or amqp://user:password@host:5672//")
    secret_key = os.environ.get("SECRET_KEY") or (services.secret_key if services else "")
    if secret_key and len(secret_key) < SHORTEST_KEY and not debug:
        raise ConfigurationError(
            f"SECRET_KEY has {len(secret_key)} characters, and needs {SHORTEST_KEY}: who guesses it is whoever he "
            f"wants to be; make another, for instance with {NEW_KEY}. It ends the sessions of those who are logged "
            "in, and nothing else."
        )
    if not secret_key and debug:
        secret_key = secrets.token_urlsafe(50)  # good for this process only, which is enough to debug
    if not secret_key:
        raise ConfigurationError(
            "SECRET_KEY is not set; set it to a long random text that all your hosts share, for instance from "
            f"{NEW_KEY}."
        )
    jobs = _jobs()
    return Environment(
        database=_without_repr(database),
        broker_url=Secret(broker_url),
        secret_key=Secret(secret_key),
        debug=debug,
        allowed_hosts=_hosts(jobs["JOBS_PUBLIC_URL"]),
        mail=_mail(),
        mail_from=_value(BY_NAME["DEFAULT_FROM_EMAIL"]),
        jobs=jobs,
    )


def _mail() -> dict[str, Any]:
    try:
        return mail.parse(os.environ.get("EMAIL_URL", "").strip())
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _hosts(public_url: str) -> list[str]:
    """Return ALLOWED_HOSTS with the host under which people reach web."""
    hosts: list[str] = _value(BY_NAME["ALLOWED_HOSTS"])
    public = urlsplit(public_url).hostname
    public = f"[{public}]" if public and ":" in public else public
    return [*hosts, public] if public and not {public, "*"} & set(hosts) else hosts


def _local_services() -> Any:
    """Return what `make run` has up on this machine; None when nothing is, or in the image, which has no launcher."""
    try:
        import launcher  # noqa: PLC0415 - only who has no addresses needs it
    except ModuleNotFoundError:
        return None
    return launcher.running()


def _jobs() -> dict[str, Any]:
    for name, meant in settings_table.unknown(os.environ).items():
        if meant:
            raise ConfigurationError(f"there is no setting {name}; did you mean {meant}?")
    jobs = {setting.name: _value(setting) for setting in settings_table.TABLE if setting.name.startswith("JOBS_")}
    arm_lead, window = jobs["JOBS_ARM_LEAD"], jobs["JOBS_MIN_PREPARE_TIME"]
    if arm_lead >= window:
        raise ConfigurationError(
            f"JOBS_ARM_LEAD ({arm_lead:g} s) must be shorter than JOBS_MIN_PREPARE_TIME ({window:g} s)."
        )
    for app in jobs["JOBS_APPS"]:
        if importlib.util.find_spec(app.partition(".")[0]) is None:
            raise ConfigurationError(
                f"JOBS_APPS has '{app}', and there is no such package; put its folder beside manage.py, or where "
                "PYTHONPATH says."
            )
    if jobs["JOBS_OIDC_ISSUER"]:
        if not jobs["JOBS_OIDC_CLIENT_ID"]:
            raise ConfigurationError("JOBS_OIDC_CLIENT_ID is not set; it is what your provider calls RunAt.")
        if importlib.util.find_spec("allauth") is None:
            raise ConfigurationError(
                "JOBS_OIDC_ISSUER needs django-allauth; install requirements-oidc.txt in the place of requirements.txt."
            )
    if jobs["JOBS_TRACES"] and importlib.util.find_spec("opentelemetry") is None:
        raise ConfigurationError(
            "JOBS_TRACES needs OpenTelemetry; install requirements-otel.txt in the place of requirements.txt."
        )
    jobs["JOBS_OIDC_CLIENT_SECRET"] = Secret(jobs["JOBS_OIDC_CLIENT_SECRET"])
    jobs["JOBS_HTTP_SIGNING_KEYS"] = [Secret(key) for key in jobs["JOBS_HTTP_SIGNING_KEYS"]]
    return jobs


def _value(setting: Setting) -> Any:
    text = os.environ.get(setting.name, "").strip()
    if not text:
        return list(setting.default) if isinstance(setting.default, tuple) else setting.default
    try:
        return setting.read(text)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _database(url: str) -> dict[str, object]:
    example = "postgresql://user:password@host:5432/name"
    _require_url("DATABASE_URL", url, DATABASE_SCHEMES, example)
    try:
        return database_url.parse(url)
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

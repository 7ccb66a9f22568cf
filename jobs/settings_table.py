"""The one list of RunAt's settings: name, default, bounds, unit and help text of each.

The environment (project/env.py), Django's settings, the system checks (jobs/checks.py) and the table of
docs/deployment.md are made from it. Nothing here needs Django to be set up.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from jobs.commands import Commands
from jobs.keeping import Keep
from jobs.secrets.declared import Secrets
from jobs.setting_kinds import Apps, Choice, Flag, Issuer, Limit, Names, Networks, Number, Origin, Ports, Setting

SHORTEST_KEY = 32  # characters of SECRET_KEY
NEW_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(50))'"

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
        allowed=f"{SHORTEST_KEY} characters and more; required otherwise, the same on all hosts",
        help="signs sessions",
    ),
    Setting(
        name="EMAIL_URL",
        shown="empty: no mail",
        allowed="`smtp+tls://user:password@host:587`, `smtps://...`, `smtp://...`",
        help="the mail server by which people who forgot their password get a new one",
    ),
    Setting(
        name="DEFAULT_FROM_EMAIL",
        default="runat@localhost",
        shown="runat@localhost",
        allowed="an address",
        help="whom these mails come from",
    ),
    Setting(name="DEBUG", shown="false", allowed="true or false", help="pages with tracebacks; never in production"),
    Names(
        name="ALLOWED_HOSTS",
        default=("localhost", "127.0.0.1", "[::1]"),
        shown="localhost,127.0.0.1,[::1]",
        allowed="names, with commas",
        help="the host names web answers to, beside that of `JOBS_PUBLIC_URL`",
    ),
    Origin(
        name="JOBS_PUBLIC_URL",
        help="where people reach web; with `https://` cookies, redirects and HSTS are as TLS wants them "
        "([trust.md](trust.md#behind-tls))",
    ),
    Number(
        name="JOBS_HSTS_DAYS",
        default=365.0,
        unit="days",
        low=0,
        high=730,
        help="days that a browser asks by `https://` only, where `JOBS_PUBLIC_URL` has it; 0: not said",
    ),
    Apps(
        name="JOBS_APPS",
        allowed="Python packages, with commas",
        help="your own Django apps, with their `targets.py` ([targets.md](targets.md))",
    ),
    Choice(
        name="JOBS_LOG_FORMAT",
        choices=("console", "json"),
        help="lines of the log for people, or as JSON, an object a line ([observability.md](observability.md))",
    ),
    Flag(
        name="JOBS_TRACES",
        help="a span of each attempt goes to the collector of `OTEL_EXPORTER_OTLP_ENDPOINT` "
        "([observability.md](observability.md#traces))",
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
        help="wrong passwords or codes for a user from one address, before that pair has to wait",
    ),
    Number(name="JOBS_LOGIN_LOCKED_FOR", default=300.0, low=1, high=86400, help="how long"),
    Flag(
        name="JOBS_STAFF_NEED_TOTP",
        help="who may enter the admin has to log in with an authenticator's code, too ([trust.md](trust.md#logins))",
    ),
    Limit(
        name="JOBS_TOKEN_MAX_DAYS",
        unit="days",
        low=1,
        high=3650,
        allowed="1 to 3650, or off",
        help="days that a new token may live at most ([tokens.md](tokens.md))",
    ),
    Issuer(
        name="JOBS_OIDC_ISSUER",
        help="the OpenID Connect provider by which people may log in ([trust.md](trust.md#single-sign-on))",
    ),
    Setting(name="JOBS_OIDC_CLIENT_ID", default="", shown="empty", allowed="text", help="what it calls RunAt"),
    Setting(name="JOBS_OIDC_CLIENT_SECRET", default="", shown="empty", allowed="text", help="by which it knows RunAt"),
    Setting(
        name="JOBS_OIDC_NAME",
        default="Single sign-on",
        shown="Single sign-on",
        allowed="text",
        help="how the login calls it",
    ),
    Setting(
        name="JOBS_OIDC_STAFF_GROUP",
        default="",
        shown="empty",
        allowed="a name",
        help="who is in this group of the provider may enter the admin",
    ),
    Networks(
        name="JOBS_PROXIES",
        allowed="addresses, networks, with commas",
        help="proxies in front of web whose `X-Forwarded-For` and `-Proto` are believed; nobody else's are",
    ),
    Networks(
        name="JOBS_METRICS_ALLOW",
        allowed="addresses, networks, with commas",
        help="who may read `/metrics` of web without a token ([metrics.md](metrics.md#who-may-read-them))",
    ),
    Number(
        name="JOBS_METRICS_PORT",
        default=0,
        unit="ports",
        low=0,
        high=65_535,
        whole=True,
        help="where a beat or a worker gives its own metrics; 0: nowhere. Each process of a host needs its own",
    ),
    Setting(
        name="JOBS_METRICS_HOST",
        default="127.0.0.1",
        shown="127.0.0.1",
        allowed="an address",
        help="at which of its addresses; there is no login, so at none that strangers reach",
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
    Commands(
        name="JOBS_COMMANDS",
        allowed="JSON, or the path of a file with it",
        help="which programs the target `command` may run ([command.md](command.md))",
    ),
    Secrets(
        name="JOBS_SECRETS",
        shown="empty: none",
        allowed="JSON, or the path of a file with it",
        help="which secrets payloads may refer to, and for what; the same on all hosts ([secrets.md](secrets.md))",
    ),
    Setting(
        name="JOBS_SECRETS_FOLDER",
        default="/run/secrets",
        shown="/run/secrets",
        allowed="path of a folder",
        help="where workers find the secrets that are files",
    ),
    Setting(
        name="JOBS_SCHEDULES",
        default="schedules.toml",
        shown="schedules.toml",
        allowed="path of a file",
        help="what `manage.py schedules` reads ([schedules.md](schedules.md#as-code))",
    ),
    Names(
        name="JOBS_HTTP_SIGNING_KEYS",
        allowed="`receiver=whsec_...`, with commas",
        help="the keys by which requests are signed, of each receiver its own ([http.md](http.md))",
    ),
    Setting(
        name="JOBS_WATCH_PING_URL",
        default="",
        shown="empty: none",
        allowed="`https://...`",
        help="what the watcher asks for each minute while it can judge ([alerts.md](alerts.md#its-own-death))",
    ),
    Keep(
        name="JOBS_KEEP",
        shown="completed=30, cancelled=30, skipped=30, failed=180, interrupted=180",
        allowed="`queue mail=7`, `target http failed=400`, `completed=60`, with commas",
        help="days that a job stays after its end ([retention.md](retention.md))",
    ),
    Number(
        name="JOBS_HOT_DAYS",
        default=2.0,
        unit="days",
        low=0.01,
        high=3650,
        help="days after its end that a job stays in `jobs_job`, before it goes to the history",
    ),
    Number(
        name="JOBS_KEEP_IDEMPOTENCY_KEYS",
        default=7.0,
        unit="days",
        low=7,
        high=3650,
        help="days that a repeat of a request is known by its `Idempotency-Key`; its job stays in `jobs_job` as long",
    ),
    Number(
        name="JOBS_KEEP_WORKER_LOG",
        default=14.0,
        unit="days",
        low=1,
        high=3650,
        help="days that the worker log stays",
    ),
    Number(
        name="JOBS_KEEP_AUDIT",
        default=730.0,
        unit="days",
        low=30,
        high=36_500,
        help="days that the audit stays",
    ),
    Number(
        name="JOBS_KEEP_SHADOW",
        default=90.0,
        unit="days",
        low=1,
        high=3650,
        help="days that notes of schedules in shadow stay",
    ),
    Flag(
        name="JOBS_REMOVE_EXPORTED_ONLY",
        help="what `manage.py export_history` has not written is not removed",
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

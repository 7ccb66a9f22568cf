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
from jobs.setting_kinds import Apps, Flag, Limit, Names, Networks, Number, Ports, Setting

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
    Commands(
        name="JOBS_COMMANDS",
        allowed="JSON, or the path of a file with it",
        help="which programs the target `command` may run ([command.md](command.md))",
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
        low=1,
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

"""The settings that RunAt's own code reads most, typed. jobs/settings_table.py lists all, with defaults and bounds."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings

from jobs.commands import Command
from jobs.keeping import KeepRule
from jobs.secrets.declared import DeclaredSecret
from jobs.settings_table import BY_NAME


class Conf:
    """The settings now in force, each read when it is asked for: tests override them, and a worker asks for one of them
    with each job. jobs/checks.py refuses values that cannot work."""

    __slots__ = ()

    min_prepare_time: float  # W: the length of a window; every job is committed at least this long ahead
    max_delay_time: float  # a job must have started this long after its run_at
    arm_lead: float  # the row lock is taken this long before run_at
    look_ahead: float  # how far beyond its window a list query reaches, so that a late beat is not a late job
    heartbeat_interval: float  # a worker says that it lives this often
    heartbeat_patience: float  # a worker silent for this long is gone
    form_creation_rate: float  # jobs a second that a person without a limit of their groups may create; 0: any
    payload_limit: int  # bytes of JSON
    node_max_cpu: float | None  # percent; a node over this takes no jobs. None: no limit
    node_max_memory: float | None  # percent
    node_max_load: float | None  # a core
    public_url: str  # scheme, host and path of the `include` by which people reach web; empty: as they ask
    staff_need_totp: bool  # whether who may enter the admin has to come with a code
    token_max_days: float | None  # that a new token may live at most. None: for ever
    oidc_issuer: str  # the OpenID Connect provider; empty: none
    oidc_name: str  # how the login calls it
    oidc_client_secret: str
    oidc_staff_group: str  # whose members may enter the admin; empty: it does not say
    proxies: Sequence[str]  # addresses and networks whose word about who calls is believed
    metrics_allow: Sequence[str]  # addresses and networks that may read the metrics of web without a token
    metrics_port: int  # of a beat or a worker; 0: none
    metrics_host: str
    statement_timeout: float  # of web's statements
    http_allow: Sequence[str]  # what HTTP jobs may call beside public addresses
    http_ports: Sequence[int]  # the ports that they may call; empty: any
    http_signing_keys: Sequence[str]  # "receiver=key key", secrets
    celery_tasks: Sequence[str]  # that a job may start
    commands: Mapping[str, Command]  # programs that a job may run, by name
    secrets: Mapping[str, DeclaredSecret]  # that payloads may refer to, by name
    secrets_folder: str  # where workers find those that are files
    schedules: str  # the file that declares schedules
    watch_ping_url: str  # asked for each minute while the watcher can judge; empty: none
    keep: Sequence[KeepRule]  # days that jobs stay after their ends
    hot_days: float  # that one stays in jobs_job
    keep_idempotency_keys: float  # days
    keep_worker_log: float  # days
    keep_audit: float  # days
    keep_shadow: float  # days; what schedules in shadow have noted
    traces: bool  # whether attempts have spans
    remove_exported_only: bool  # whether what was not exported is not removed

    def __getattr__(self, field: str) -> Any:
        if (name := NAMES.get(field)) is None:
            raise AttributeError(f"RunAt has no setting {field}")
        setting = BY_NAME[name]
        value = getattr(settings, name, setting.default)
        if isinstance(value, str) and not isinstance(setting.default, str):
            return _read(name, value)
        return value

    @property
    def patience(self) -> timedelta:
        return timedelta(seconds=self.heartbeat_patience)


@cache
def _read(name: str, text: str) -> Any:
    """Return what a text in somebody's settings.py means: what it does in the environment. Raises ValueError."""
    return BY_NAME[name].read(text)


NAMES = {field: f"JOBS_{field.upper()}" for field in Conf.__annotations__}
_CONF = Conf()


def conf() -> Conf:
    """Return the settings, typed."""
    return _CONF

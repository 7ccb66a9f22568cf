"""System checks: what would make jobs late or lost is refused at start-up, with the remedy."""

import os
import zoneinfo
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from jobs import receivers
from jobs.conf import conf
from jobs.models.creation_limit import FASTEST, SLOWEST
from jobs.secrets import Unreadable
from jobs.setting_kinds import Setting
from jobs.settings_table import TABLE, unknown
from jobs.targets import celery_tasks
from jobs.targets.http import signing
from jobs.targets.registry import registered, why_uncheckable


@register("jobs")
def check_targets(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"Target '{target.name}': its arguments cannot be checked ({why}).",
            hint="Annotate them with what JSON has, and define the classes that it names.",
            id="jobs.E015",
        )
        for target in registered().values()
        if (why := why_uncheckable(target))
    ]


@register("jobs")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    c = conf()
    found: list[CheckMessage] = [
        Error(sentence, hint=f"{setting.shown} suits most.", id=setting.check)
        for setting in TABLE
        if hasattr(settings, setting.name) and (sentence := _problem(setting, getattr(settings, setting.name)))
    ]
    if c.arm_lead >= c.min_prepare_time:
        found.append(
            Error(
                "JOBS_ARM_LEAD must be shorter than JOBS_MIN_PREPARE_TIME.",
                hint="0.2 suits most.",
                id="jobs.E003",
            )
        )
    if c.look_ahead <= c.arm_lead:
        found.append(
            Error(
                "JOBS_LOOK_AHEAD must be longer than JOBS_ARM_LEAD, or the first jobs of a window are listed too late.",
                hint="2.0 suits most.",
                id="jobs.E004",
            )
        )
    if c.heartbeat_patience < 2 * c.heartbeat_interval:
        found.append(
            Error(
                "JOBS_HEARTBEAT_PATIENCE must be at least twice JOBS_HEARTBEAT_INTERVAL, "
                "or living workers are declared gone.",
                hint="20 and 5 suit most.",
                id="jobs.E005",
            )
        )
    if 0 < c.form_creation_rate < SLOWEST:
        found.append(
            Error(
                f"JOBS_FORM_CREATION_RATE must be {SLOWEST:g} to {FASTEST:,} jobs a second, or 0 for no limit.",
                hint="10 suits most.",
                id="jobs.E008",
            )
        )
    found += [
        Warning(
            f"{name} is no setting of RunAt, and is ignored.", hint="docs/deployment.md lists them.", id="jobs.W003"
        )
        for name in unknown(os.environ)
    ]
    found += _http_problems() + _task_problems() + _command_problems() + _secret_problems()
    if c.max_delay_time < 2 * c.min_prepare_time:
        found.append(
            Warning(
                "JOBS_MAX_DELAY_TIME is under two windows: a job whose message is lost is found by the next "
                "window and may start later than promised.",
                hint="Make it at least twice JOBS_MIN_PREPARE_TIME.",
                id="jobs.W001",
            )
        )
    return found


def _problem(setting: Setting, value: Any) -> str:
    """Return why this value cannot work: a text is read as the environment's is."""
    if not isinstance(value, str) or isinstance(setting.default, str):
        return setting.problem(value)
    try:
        return setting.problem(setting.read(value))
    except ValueError as error:
        return str(error)


@register("jobs")
def check_time_zones(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not zoneinfo.TZPATH:
        return []
    return [
        Error(
            f"Time zones are read from {', '.join(zoneinfo.TZPATH)}, which may say something else on each host.",
            hint="Something has called zoneinfo.reset_tzpath() after us: take that out. The package tzdata counts.",
            id="jobs.E011",
        )
    ]


def _http_problems() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for number, text in enumerate(conf().http_signing_keys, 1):
        try:
            signing.entry(text)
        except ValueError as error:
            hint = 'Make a key: echo "whsec_$(head -c 32 /dev/urandom | base64)"'
            message = f"Entry {number} of JOBS_HTTP_SIGNING_KEYS is wrong: {error}."
            found.append(Error(message, hint=hint, id="jobs.E006"))
    for name in conf().http_allow:
        try:
            opened = receivers.receiver(name)
        except ValueError as error:
            hint = "Write hooks.internal, .internal (all below it), 10.1.2.3, 10.1.0.0/16 or any of them with a port, "
            message = f"JOBS_HTTP_ALLOW is wrong: {error}."
            found.append(Error(message, hint=f"{hint}hooks.internal:8443, separated by commas.", id="jobs.E007"))
            continue
        if opened.name == "localhost":
            found.append(
                Warning(
                    "JOBS_HTTP_ALLOW names localhost, which opens nothing: a name opens no address of this machine.",
                    hint="Write the addresses themselves: 127.0.0.1,::1.",
                    id="jobs.W002",
                )
            )
    return found


def _task_problems() -> list[CheckMessage]:
    return [
        Error(
            f"JOBS_CELERY_TASKS has {entry!r}, which is no name of a task that a job may start.",
            hint="Write the names of Celery tasks such as shop.tasks.send_invoices, separated by commas.",
            id="jobs.E010",
        )
        for entry in conf().celery_tasks
        if not celery_tasks.is_name(entry)
    ]


def _command_problems() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, command in conf().commands.items():
        found += [
            Error(
                f"The command '{name}' of JOBS_COMMANDS cannot be allowed: {why}",
                hint="Only its owner and root should be able to change what jobs may run.",
                id="jobs.E012",
            )
            for why in command.faults()
        ]
        found += [
            Warning(
                f"The command '{name}' of JOBS_COMMANDS cannot be run here: {why}.",
                hint="On machines without workers that does no harm.",
                id="jobs.W004",
            )
            for why in command.lacks()
        ]
    return found


def _secret_problems() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, secret in conf().secrets.items():
        try:
            secret.value(conf().secrets_folder)
        except Unreadable as error:
            hint = "On machines without workers that does no harm."
            message = f"The secret '{name}' of JOBS_SECRETS cannot be lent here: it {error}."
            found.append(Warning(message, hint=hint, id="jobs.W005"))
    return found

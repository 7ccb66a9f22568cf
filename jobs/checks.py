"""System checks: what would make jobs late or lost is refused at start-up, with the remedy."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register

from jobs.conf import conf


@register("jobs")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    c = conf()
    found: list[CheckMessage] = []
    if not 1 <= c.min_prepare_time <= 3600:
        found.append(Error("JOBS_MIN_PREPARE_TIME must be 1 to 3600 seconds.", hint="10 suits most.", id="jobs.E001"))
    if not 0 < c.max_delay_time <= 86400:
        found.append(Error("JOBS_MAX_DELAY_TIME must be 1 to 86400 seconds.", hint="30 suits most.", id="jobs.E002"))
    if not 0 <= c.arm_lead < c.min_prepare_time:
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
